"""Where this machine's Debian comes from, read from either format of apt's sources."""

from pathlib import Path

import pytest

from paystack_cli.closed_network import debian
from paystack_cli.closed_network.debian import find_mirror, image_sources, mirror_of
from paystack_cli.errors import PreflightError

STANZAS = """\
Types: deb
# a comment
URIs: http://security.example/debian-security
Suites: bookworm-security
Components: main

Types: deb
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""
CONTINUED = """\
Types: deb
URIs:
 https://mirror.example/debian
 https://other.example/debian
Suites: bookworm-updates
 bookworm
"""
ONE_LINE = """\
# deb http://old.example/debian bookworm main
deb-src http://sources.example/debian bookworm main
deb http://security.example/debian-security bookworm-security main
deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian bookworm main contrib
"""


@pytest.mark.parametrize(
    ("sources", "mirror"),
    [
        (STANZAS, "http://mirror.example/debian"),
        (CONTINUED, "https://mirror.example/debian"),
        (ONE_LINE, "http://mirror.example/debian"),
        ("deb http://mirror.example/debian trixie main\n", None),
        ("", None),
    ],
)
def test_the_mirror_of_the_release_itself(sources: str, mirror: str | None) -> None:
    assert mirror_of(sources, "bookworm") == mirror


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the machine says it is, to be changed; its sources are those of Debian 13."""
    system = {"ID": "debian", "VERSION_CODENAME": "trixie"}
    sources = tmp_path / "debian.sources"
    sources.write_text(STANZAS.replace("bookworm", "trixie"))
    monkeypatch.setattr(debian.platform, "freedesktop_os_release", lambda: system)
    monkeypatch.setattr(debian, "distribution_sources", lambda: [sources])
    return system


def test_a_newer_debian_makes_images_of_the_same_release(machine: dict[str, str]) -> None:
    assert find_mirror() == "http://mirror.example/debian"
    assert dict(image_sources()) == {"debian.sources": STANZAS}


def test_a_machine_with_the_old_format(
    machine: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine["VERSION_CODENAME"] = "bookworm"
    (tmp_path / "sources.list").write_text(ONE_LINE)
    monkeypatch.setattr(debian, "distribution_sources", list)
    monkeypatch.setattr(debian, "SOURCE_LIST", tmp_path / "sources.list")
    assert find_mirror() == "http://mirror.example/debian"
    [(name, text)] = image_sources()
    assert name.endswith(".list"), "apt would not read it without that ending"
    assert text == ONE_LINE


def test_another_distribution_is_refused(machine: dict[str, str]) -> None:
    machine.update(ID="fedora", PRETTY_NAME="Fedora Linux 41")
    with pytest.raises(PreflightError, match="this is Fedora Linux 41"):
        find_mirror()


def test_sources_without_the_release_are_named(machine: dict[str, str]) -> None:
    machine["VERSION_CODENAME"] = "forky"
    with pytest.raises(PreflightError, match="no mirror of forky"):
        find_mirror()
