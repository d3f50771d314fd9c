"""Finds the plug-ins that installed packages announce, and loads them.

Asking `importlib.metadata` about every package takes half as long as the rest of `paystack --help`,
so it is asked about those whose `entry_points.txt` names a group of ours. Packages that are not
installed as folders of `sys.path` (eggs, zip files) are not looked at.
"""

import contextlib
import sys
from collections import Counter
from collections.abc import Collection, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from paystack_cli.errors import PreflightError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

MARK = b"[paystack."
"""How the section of any of our groups begins."""

VERSION_NAME = "PLUGIN_API"
"""In the module that an entry point names: the version of the contract it is written for."""


class Group(StrEnum):
    """The entry point groups of paystack."""

    CHECKS = "paystack.checks"
    COMMANDS = "paystack.commands"


class PluginUnusable(PreflightError):
    """A plug-in cannot be loaded, or has a name that is taken."""


class Plugin(NamedTuple):
    """A check or a command that the package `package` ("name version") announces.

    `refusal` says why it cannot be used, as far as that is known without importing it.
    """

    entry_point: "EntryPoint"
    package: str
    refusal: str = ""

    @property
    def name(self) -> str:
        """The entry point's name: that of the command, or what the checks are listed under."""
        return self.entry_point.name

    def load(self) -> object:
        """What the entry point names. Raises PluginUnusable, whatever goes wrong."""
        from paystack_cli.plugins.contract import PLUGIN_API

        if self.refusal:
            raise self.unusable(self.refusal)
        try:
            offered: object = self.entry_point.load()
        except Exception as error:  # a plug-in may raise what it likes
            raise self.unusable(f"{type(error).__name__}: {error}") from error
        written_for = getattr(sys.modules[self.entry_point.module], VERSION_NAME, None)
        if written_for != PLUGIN_API:
            raise self.unusable(
                f"its module says {VERSION_NAME} = {written_for}, this paystack has {PLUGIN_API}"
            )
        return offered

    def unusable(self, reason: str) -> PluginUnusable:
        """The error for this plug-in."""
        return PluginUnusable(
            f"plug-in {self.name} of {self.package} cannot be used: {reason}",
            hint=f"mend it (docs/plugins.md), or: pip uninstall {self.package.split()[0]}",
        )


def announced(group: Group, taken: Collection[str]) -> list[Plugin]:
    """The plug-ins of a group by name; nothing of them is imported.

    `taken` are the names that are paystack's own. Of two plug-ins of one name none is used.
    """
    found = sorted(
        (plugin for folder in _packages() for plugin in _of_package(folder, group)),
        key=lambda plugin: (plugin.name, plugin.package),
    )
    count = Counter(plugin.name for plugin in found)
    return [p._replace(refusal=p.refusal or _refusal(p.name, taken, count)) for p in found]


def _refusal(name: str, taken: Collection[str], count: Counter[str]) -> str:
    if name in taken:
        return f"{name} is a name of paystack itself"
    return f"{count[name]} plug-ins are called {name}" if count[name] > 1 else ""


def _of_package(folder: Path, group: Group) -> list[Plugin]:
    """What one package announces; a folder that cannot be read is a plug-in that is refused."""
    from importlib.metadata import Distribution, EntryPoint

    package = folder.stem.replace("-", " ")  # as wheels name the folder: NAME-VERSION.dist-info
    try:
        entries = [e for e in Distribution.at(folder).entry_points if e.group == group]
    except Exception as error:  # the parser promises no types
        unreadable = EntryPoint(name=package.split()[0], value="", group=group)
        return [Plugin(unreadable, package, f"its entry points cannot be read: {error}")]
    return [Plugin(entry, package) for entry in entries]


def _packages() -> Iterator[Path]:
    """The folders of packages that may have plug-ins, each once: the first one of `sys.path`."""
    seen = set()
    for place in dict.fromkeys(sys.path):
        for announcement in Path(place).glob("*.dist-info/entry_points.txt"):
            folder = announcement.parent
            with contextlib.suppress(OSError):  # not for this user to read
                if MARK in announcement.read_bytes() and folder.name not in seen:
                    seen.add(folder.name)
                    yield folder
