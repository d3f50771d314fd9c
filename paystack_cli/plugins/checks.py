"""Checks of plug-ins, which `paystack health` makes beside those of the services."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import replace

from paystack_cli.checks.model import AttemptFailed, Check, Evidence, Hopeless, Probe
from paystack_cli.checks.translation import client_errors_as_attempts
from paystack_cli.plugins.contract import CheckPlugin, Site
from paystack_cli.plugins.discovery import Group, Plugin, PluginUnusable, announced


def plugin_checks(site: Site) -> dict[str, list[Check]]:
    """All of them by plug-in; one that cannot be used is a check that fails and says why.

    So that a check which somebody relies on never goes missing in silence.
    """
    checks: defaultdict[str, list[Check]] = defaultdict(list)
    taken = {*site.stack.services, *site.stack.groups}
    for plugin in announced(Group.CHECKS, taken):
        try:
            made = list(_made_by(plugin, site, taken))
        except PluginUnusable as error:
            made = [Check(f"{plugin.name} ({plugin.package})", _refused(error), error.hint)]
        checks[plugin.name] += made
        taken |= {check.name for check in made}
    return dict(checks)


def _made_by(plugin: Plugin, site: Site, taken: Collection[str]) -> Iterator[Check]:
    make: CheckPlugin = plugin.load()  # type: ignore[assignment]  # found out by calling it
    try:
        checks = list(make(site))
        guarded = [replace(check, probe=_guarded(check.probe)) for check in checks]
    except Exception as error:
        raise plugin.unusable(f"{type(error).__name__}: {error}") from error
    for check in guarded:
        if check.name in taken:
            raise plugin.unusable(f"there is a check {check.name} already")
        yield check


def _guarded(probe: Probe) -> Probe:
    """The probe with every error made a failed attempt; a bug in it is not mended by waiting."""

    def attempt(timeout_s: float) -> Evidence:
        try:
            with client_errors_as_attempts():
                return probe(timeout_s)
        except AttemptFailed:
            raise
        except Exception as error:
            raise Hopeless(f"the check itself failed: {type(error).__name__}: {error}") from error

    return attempt


def _refused(error: PluginUnusable) -> Probe:
    def probe(_timeout_s: float) -> Evidence:
        raise Hopeless(error.message, hint=error.hint)

    return probe
