"""apt and dpkg, played by scripts on the PATH that note how they are called."""

from pathlib import Path

import pytest

from paystack_cli.engines.local.programs import apt
from paystack_cli.engines.local.programs.apt import Apt
from paystack_cli.engines.local.programs.catalog import Packages
from paystack_cli.engines.local.programs.model import FetchError

APT_GET = r"""#!/bin/sh
echo "$*" >> "$CALLS"
case "$*" in
  *" update "*) exit ${UPDATE_EXIT:-0} ;;
  *install*)
    case "$*" in *"${UNKNOWN:-none at all}"*)
      echo "E: Unable to locate package" >&2; exit 100 ;;
    esac
    echo "Reading package lists..."
    echo "Inst libneeded:amd64 (1.0 Debian:12 [amd64])"
    echo "Inst server (10.11 Debian:12 [amd64])"
    echo "Conf server (10.11 Debian:12 [amd64])" ;;
  *download*) for name in libneeded server; do : > "${name}_1.0_amd64.deb"; done ;;
esac
"""
DPKG = r"""#!/bin/sh
mkdir -p "$3/usr/bin" && : > "$3/usr/bin/$(basename "$2" _1.0_amd64.deb)"
"""


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file to which the scripts write the arguments of each call."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name, text in {"apt-get": APT_GET, "dpkg": DPKG}.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    parts = tmp_path / "sources.list.d"
    parts.mkdir()
    (parts / "debian.sources").write_text("Types: deb\n")
    (parts / "vendor.list").write_text("deb http://127.0.0.1:9/ stable main\n")
    monkeypatch.setattr(apt, "SOURCE_PARTS", parts)
    return tmp_path / "calls"


@pytest.fixture
def staging(tmp_path: Path) -> Path:
    folder = tmp_path / "with space"
    folder.mkdir()
    return folder


SERVER = Packages((("server",),))


def test_a_program_comes_with_what_the_machine_lacks(calls: Path, staging: Path) -> None:
    Apt(staging / "apt").fetch(SERVER, staging / "server")
    unpacked = {path.name for path in (staging / "server" / "usr" / "bin").iterdir()}
    assert unpacked == {"libneeded", "server"}
    update, simulate, download = calls.read_text().splitlines()
    assert " update " in update
    assert "--simulate" in simulate
    assert download.endswith("download libneeded server")


def test_apt_works_in_our_folder_alone(calls: Path, staging: Path) -> None:
    Apt(staging / "apt").fetch(SERVER, staging / "server")
    for call in calls.read_text().splitlines():
        assert f"-o=Dir::State::lists={staging}" in call
        assert f"-o=Dir::Cache={staging}" in call
        assert "-o=APT::Sandbox::User=root" in call


def test_the_lists_are_read_once_for_all_programs(calls: Path, staging: Path) -> None:
    fetcher = Apt(staging / "apt")
    fetcher.fetch(SERVER, staging / "one")
    fetcher.fetch(SERVER, staging / "two")
    assert sum(" update " in call for call in calls.read_text().splitlines()) == 1


def test_the_distributions_own_sources_come_first(calls: Path, staging: Path) -> None:
    Apt(staging / "apt").fetch(SERVER, staging / "server")
    assert str(apt.SOURCE_PARTS) not in calls.read_text()
    assert [path.name for path in (staging / "apt" / "sources").iterdir()] == ["debian.sources"]


def test_a_broken_source_does_not_hide_the_others(
    calls: Path, staging: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UPDATE_EXIT", "100")
    Apt(staging / "apt").fetch(SERVER, staging / "server")
    assert (staging / "server" / "usr" / "bin" / "server").exists()


def test_the_next_alternative_is_taken_when_a_name_is_unknown(
    calls: Path, staging: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNKNOWN", "server-core-new")
    packages = Packages((("server-core-new",), ("server-core",)))
    Apt(staging / "apt").fetch(packages, staging / "server")
    assert calls.read_text().splitlines()[-1].endswith("download libneeded server server-core")


def test_what_no_source_has_is_told_in_apts_words(
    calls: Path, staging: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNKNOWN", "server")
    with pytest.raises(FetchError, match="apt-get: E: Unable to locate package"):
        Apt(staging / "apt").fetch(SERVER, staging / "server")
    assert str(apt.SOURCE_PARTS) in calls.read_text(), "the machine's other sources were not tried"


NEWER = Packages((("server",),), from_next_release=True)


@pytest.mark.parametrize(
    ("machine", "suites"), [("bookworm", "trixie trixie-updates"), ("trixie", None)]
)
def test_a_newer_package_comes_from_the_next_release(
    calls: Path,
    staging: Path,
    monkeypatch: pytest.MonkeyPatch,
    machine: str,
    suites: str | None,
) -> None:
    monkeypatch.setattr(
        apt.platform, "freedesktop_os_release", lambda: {"VERSION_CODENAME": machine}
    )
    (apt.SOURCE_PARTS / "debian.sources").write_text(
        f"URIs: http://127.0.0.1:9/debian\nSuites: {machine} {machine}-updates\n"
    )
    Apt(staging / "apt").fetch(NEWER, staging / "server")
    sources = staging / "apt" / "next" / "sources"
    if suites is None:
        assert not sources.exists(), "the machine's own release is new enough"
        return
    assert f"Suites: {suites}\n" in (sources / "debian.sources").read_text()
    for call in calls.read_text().splitlines():
        assert f"-o=Dir::Etc::sourceparts={sources}" in call
        assert "-o=Dir::Etc::sourcelist=/dev/null" in call


def test_without_apt_the_error_says_so(staging: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(staging))
    with pytest.raises(FetchError, match="apt-get does not run"):
        Apt(staging / "apt").fetch(SERVER, staging / "server")
