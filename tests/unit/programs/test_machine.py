"""Programs of this machine, played by shell scripts that answer as the real ones do."""

from pathlib import Path

import pytest

from paystack_cli.engines.local.programs import Program, ProgramUnavailable, Source, machine
from paystack_cli.engines.local.programs.catalog import EXECUTABLES
from paystack_cli.engines.local.programs.machine import Unfit, find_on_machine
from paystack_cli.errors import ExitCode

ANSWERS = {
    "mariadb": (
        "mariadbd  Ver 10.11.14-MariaDB-0+deb12u2 for debian-linux-gnu on x86_64",
        "10.11.14",
    ),
    "nginx": ("nginx version: nginx/1.22.1", "1.22.1"),
    "java": ('openjdk version "17.0.15" 2025-04-15\nOpenJDK Runtime Environment', "17.0.15"),
    "dockerd": ("Docker version 20.10.24+dfsg1, build 5d6db84", "20.10.24"),
    "docker-compose": ("Docker Compose version 2.26.1-4", "2.26.1"),
    "docker-buildx": ("github.com/docker/buildx 0.13.1+ds1 0.13.1+ds1-3", "0.13.1"),
    "debootstrap": ("debootstrap 1.0.128+nmu2+deb12u2", "1.0.128"),
    "wrk": ("wrk debian/4.1.0-3+b2 [epoll] Copyright (C) 2012 Will Glozer", "4.1.0"),
    "hyperfine": ("hyperfine 1.15.0", "1.15.0"),
    "kcat": (
        "kcat - Apache Kafka producer and consumer tool\nVersion 1.7.1 (librdkafka 2)",
        "1.7.1",
    ),
}
TOO_OLD = {
    "mariadb": "mysqld  Ver 10.5.29-MariaDB-0+deb11u1 for debian-linux-gnu on x86_64",
    "nginx": "nginx version: nginx/1.14.2",
    "java": 'java version "1.8.0_392"',
    "docker-compose": "docker-compose version 1.29.2, build unknown",
}


@pytest.fixture(autouse=True)
def only_our_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "SERVER_FOLDERS", ())


def install(folder: Path, executable: str, says: str) -> Path:
    """An executable that prints its version on stderr and fails, which some of them do."""
    folder.mkdir(exist_ok=True)
    path = folder / executable
    path.write_text(f"#!/bin/sh\ncat >&2 <<'END'\n{says}\nEND\nexit 1\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("name", EXECUTABLES)
def test_a_program_on_the_path_is_found_with_its_version(name: str, tmp_path: Path) -> None:
    spec = EXECUTABLES[name]
    says, version = ANSWERS[name]
    folder = tmp_path / "with space" / "bin"
    folder.parent.mkdir()
    path = install(folder, spec.executable, says)
    for companion in spec.companions:
        install(folder, companion, "")
    program = find_on_machine(spec, {"PATH": str(folder)})
    assert program == Program(
        name=name,
        argv=(str(path),),
        home=folder.parent,
        version=version,
        source=Source.MACHINE,
        environment={},
    )


@pytest.mark.parametrize("name", TOO_OLD)
def test_one_that_is_too_old_is_unfit(name: str, tmp_path: Path) -> None:
    spec = EXECUTABLES[name]
    install(tmp_path / "bin", spec.executable, TOO_OLD[name])
    found = find_on_machine(spec, {"PATH": str(tmp_path / "bin")})
    assert isinstance(found, Unfit)
    assert "or newer is needed" in found.reason


def test_another_program_of_that_name_is_unfit(tmp_path: Path) -> None:
    install(tmp_path / "bin", "mariadbd", "mysqld  Ver 8.0.36 for Linux on x86_64 (MySQL)")
    found = find_on_machine(EXECUTABLES["mariadb"], {"PATH": str(tmp_path / "bin")})
    assert isinstance(found, Unfit)
    assert "is no mariadb" in found.reason


def test_a_server_without_its_companions_is_unfit(tmp_path: Path) -> None:
    install(tmp_path / "bin", "mariadbd", ANSWERS["mariadb"][0])
    found = find_on_machine(EXECUTABLES["mariadb"], {"PATH": str(tmp_path / "bin")})
    assert isinstance(found, Unfit)
    assert "mariadb-install-db" in found.reason


def test_none_is_none(tmp_path: Path) -> None:
    assert find_on_machine(EXECUTABLES["nginx"], {"PATH": str(tmp_path)}) is None


def test_a_forced_program_wins_over_the_path(tmp_path: Path) -> None:
    install(tmp_path / "bin", "nginx", ANSWERS["nginx"][0])
    forced = install(tmp_path / "opt", "my-nginx", "nginx version: nginx/1.27.0")
    environment = {"PATH": str(tmp_path / "bin"), "PAYSTACK_NGINX": str(forced)}
    program = find_on_machine(EXECUTABLES["nginx"], environment)
    assert isinstance(program, Program)
    assert (program.argv, program.version) == ((str(forced),), "1.27.0")


@pytest.mark.parametrize("says", [TOO_OLD["java"], "no version at all"])
def test_a_forced_program_that_will_not_do_is_an_error(says: str, tmp_path: Path) -> None:
    forced = install(tmp_path, "java", says)
    with pytest.raises(ProgramUnavailable) as caught:
        find_on_machine(EXECUTABLES["java"], {"PAYSTACK_JAVA": str(forced)})
    assert caught.value.exit_code is ExitCode.PREFLIGHT
    assert str(forced) in caught.value.message
    assert "PAYSTACK_JAVA" in caught.value.hint


def test_a_forced_program_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ProgramUnavailable, match="does not run"):
        find_on_machine(EXECUTABLES["java"], {"PAYSTACK_JAVA": str(tmp_path / "absent")})
