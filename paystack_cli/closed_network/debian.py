"""The Debian release that images are made of, and where this machine gets Debian from."""

import platform
import re
from collections.abc import Iterator

from paystack_cli.engines.local.programs.apt import SOURCE_LIST, distribution_sources
from paystack_cli.errors import PreflightError

RELEASE = "bookworm"
"""Debian 12, on whatever release of Debian the images are built: its Python is the 3.11 that the
services' wheels are made for."""

_ONE_LINE = re.compile(r"^deb\s+(?:\[[^]]*\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)", re.MULTILINE)
_FIELD = re.compile(r"^(?P<name>URIs|Suites):(?P<value>(?:.*\n?(?:[ \t].*\n?)*))", re.MULTILINE)


def find_mirror() -> str:
    """The address from which this machine gets its own release; it has the others, too.

    Raises PreflightError when this is not Debian or apt's sources name no address.
    """
    codename = _codename()
    for text in _sources().values():
        mirror = mirror_of(text, codename)
        if mirror:
            return mirror
    raise PreflightError(
        f"apt's sources name no mirror of {codename}",
        hint="look at /etc/apt/sources.list.d/debian.sources",
    )


def image_sources() -> Iterator[tuple[str, str]]:
    """The machine's sources for packages of an image: name and content of each file."""
    codename = _codename()
    for name, text in _sources().items():
        yield name, text.replace(codename, RELEASE)


def mirror_of(sources: str, codename: str) -> str | None:
    """The first address that has the release itself, in either format of apt's sources."""
    for match in _ONE_LINE.finditer(sources):
        if match["suite"] == codename:
            return match["uri"]
    for stanza in re.split(r"\n\s*\n", sources):
        fields = {match["name"]: match["value"].split() for match in _FIELD.finditer(stanza)}
        if codename in fields.get("Suites", ()):
            return next(iter(fields.get("URIs", ())), None)
    return None


def _sources() -> dict[str, str]:
    """The files that name where the distribution comes from, by a name with the right ending."""
    files = {path.name: path for path in distribution_sources()} or {"machine.list": SOURCE_LIST}
    return {name: path.read_text("utf-8") for name, path in files.items() if path.is_file()}


def _codename() -> str:
    system = platform.freedesktop_os_release()
    if system.get("ID") != "debian":
        raise PreflightError(
            f"base images are made from Debian's packages, and this is {system.get('PRETTY_NAME')}",
            hint="run it on Debian 12 or newer, or take the official images",
        )
    return system["VERSION_CODENAME"]
