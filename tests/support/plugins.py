"""Plug-ins as installed packages: their folders, without installing anything."""

from collections.abc import Mapping
from pathlib import Path

import pytest


def announce(
    site_packages: Path,
    distribution: str,
    group: str,
    entries: Mapping[str, str],
    *,
    source: str = "PLUGIN_API = 1\n",
) -> None:
    """A package with the module `<distribution>`, whose text is `source`, and entry points."""
    site_packages.mkdir(exist_ok=True)
    (site_packages / f"{distribution}.py").write_text(source)
    info = site_packages / f"{distribution}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    lines = [f"{name} = {distribution}:{attribute}" for name, attribute in entries.items()]
    (info / "entry_points.txt").write_text("\n".join([f"[{group}]", *lines, ""]))


def installed_in(monkeypatch: pytest.MonkeyPatch, site_packages: Path) -> None:
    """From now on the packages of that folder can be imported."""
    monkeypatch.syspath_prepend(str(site_packages))
