"""The door, with the machine played by scripts and the network by a function."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from paystack_cli.engines.local.programs import ProgramUnavailable, Source, ensure, machine
from paystack_cli.engines.local.programs.apt import Apt
from paystack_cli.engines.local.programs.catalog import Packages
from paystack_cli.engines.local.programs.model import FetchError
from paystack_cli.errors import ExitCode


def install_nginx(folder: Path, version: str) -> Path:
    folder.mkdir(parents=True)
    path = folder / "nginx"
    path.write_text(f"#!/bin/sh\necho nginx version: nginx/{version}\n")
    path.chmod(0o755)
    return path


def unpack(_: Apt, packages: Packages, folder: Path) -> None:
    install_nginx(folder / "usr" / "sbin", "1.22.1")


def refuse(_: Apt, packages: Packages, folder: Path) -> None:
    (folder / "half").mkdir(parents=True)
    raise FetchError("apt-get: Temporary failure resolving a name")


@pytest.fixture(autouse=True)
def only_our_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "SERVER_FOLDERS", ())


@dataclass
class Asking:
    """Asks for nginx and keeps what it was told."""

    tools_dir: Path
    bin: Path
    told: list[str] = field(default_factory=list)

    def __call__(self, **environment: str) -> tuple[str, Source]:
        program = ensure(
            ["nginx"],
            tools_dir=self.tools_dir,
            locks_dir=self.tools_dir,
            environment={"PATH": str(self.bin), **environment},
            progress=self.told.append,
        )["nginx"]
        return program.version, program.source


@pytest.fixture
def ask(tmp_path: Path) -> Asking:
    return Asking(tools_dir=tmp_path / "tools", bin=tmp_path / "bin")


def test_the_machines_own_is_taken_and_nothing_written(
    ask: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Apt, "fetch", refuse)
    install_nginx(ask.bin, "1.24.0")
    assert ask() == ("1.24.0", Source.MACHINE)
    assert ask.told == []
    assert not ask.tools_dir.exists()


def test_what_is_missing_is_fetched_once(ask: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Apt, "fetch", unpack)
    assert ask() == ("1.22.1", Source.FETCHED)
    monkeypatch.setattr(Apt, "fetch", refuse)
    assert ask() == ("1.22.1", Source.FETCHED)


def test_one_that_is_too_old_is_passed_over_with_a_note(
    ask: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Apt, "fetch", unpack)
    install_nginx(ask.bin, "1.14.2")
    assert ask() == ("1.22.1", Source.FETCHED)
    assert "1.14.2 and 1.18 or newer is needed" in ask.told[0]


def test_what_cannot_be_fetched_names_the_next_command_and_leaves_nothing(
    ask: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Apt, "fetch", refuse)
    with pytest.raises(ProgramUnavailable, match="Temporary failure") as caught:
        ask()
    assert caught.value.exit_code is ExitCode.PREFLIGHT
    assert "sudo apt-get install nginx" in caught.value.hint
    assert [path.name for path in ask.tools_dir.iterdir()] == [".lock"]


def test_an_unknown_name_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ProgramUnavailable, match="postgres"):
        ensure(["postgres"], tools_dir=tmp_path, locks_dir=tmp_path, environment={}, progress=print)
