"""Plug-ins that cannot be used."""

from collections.abc import Iterator

from paystack_cli.checks.doctor.model import Finding, failure, well
from paystack_cli.checks.doctor.scene import Scene
from paystack_cli.plugins.discovery import Group, PluginUnusable, announced

TITLE = "Plug-ins"


def examine_plugins(scene: Scene) -> Iterator[Finding]:
    """Each is loaded, as it will be when it is used; nothing is said where there are none."""
    plugins = [
        *announced(Group.CHECKS, scene.stack.services),
        *announced(Group.COMMANDS, scene.commands),
    ]
    unusable = False
    for plugin in plugins:
        try:
            plugin.load()
        except PluginUnusable as error:
            unusable = True
            yield failure(f"plugin.{plugin.name}", TITLE, error.message, error.hint)
    if plugins and not unusable:
        names = ", ".join(f"{plugin.name} ({plugin.package})" for plugin in plugins)
        yield well("plugin", TITLE, names)
