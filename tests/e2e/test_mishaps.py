"""What goes wrong on a machine: a clear error, the right exit code, the next command, no orphan.

Most of it is shown with pg-simulator alone, which needs no other service and starts in a second.
"""

import os
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.processes import processes_of
from tests.support.stack import Answer, StackUnderTest, stack_environment
from tests.support.waiting import wait_for

ONE = ("up", "--only", "pg-simulator")
GONE_WITHIN_S = 15.0


def _told(answer: Answer, *words: str) -> None:
    """The error names what it is about and the next command, without a traceback."""
    assert "Traceback" not in answer.stderr, str(answer)
    assert "next: " in answer.stderr, str(answer)
    for word in words:
        assert word in answer.stderr, str(answer)


def test_a_taken_port_names_its_owner_before_anything_starts(idle: StackUnderTest) -> None:
    with socket.create_server(("127.0.0.1", idle.port("pg-simulator"))):
        answer = idle.paystack(*ONE, expect=3)
    _told(answer, str(idle.port("pg-simulator")), str(os.getpid()), "PAYSTACK_PG_SIMULATOR_PORT")
    assert processes_of(idle) == []


def test_a_wrong_engine_name_lists_the_right_ones(idle: StackUnderTest) -> None:
    answer = idle.paystack("--engine", "dokcer", "status", expect=3)
    _told(answer, "dokcer", "local")


def test_an_engine_that_is_not_there_is_named_with_its_next_command(idle: StackUnderTest) -> None:
    nowhere = f"unix://{idle.state_dir}/docker.sock"
    answer = idle.paystack("--engine", "compose", "up", expect=3, DOCKER_HOST=nowhere)
    _told(answer, "docker", "--engine local")
    assert processes_of(idle) == []


def test_a_wrong_service_name_gets_the_nearest(idle: StackUnderTest) -> None:
    _told(idle.paystack("up", "ingest-servise", expect=2), "ingest-service")


def test_of_two_ups_at_once_the_second_names_the_first(idle: StackUnderTest) -> None:
    with idle.start("up", "--only", "mariadb,pg-simulator") as first:
        wait_for(lambda: processes_of(idle), "the first up at work", GONE_WITHIN_S, 0.02)
        second = idle.paystack(*ONE, expect=None)
        _, stderr = first.communicate()
    assert first.returncode == 0, stderr
    assert second.exit_code == 3, str(second)
    _told(second, str(first.pid))
    assert idle.status()["pg-simulator"]["health"] == "healthy"


def test_a_killed_supervisor_leaves_no_orphan_and_up_repairs(idle: StackUnderTest) -> None:
    idle.paystack(*ONE)
    pid = idle.pid("pg-simulator")
    supervisor = next(p for p in psutil.Process(pid).parents() if "supervisor" in str(p.cmdline()))
    supervisor.kill()
    wait_for(
        lambda: not processes_of(idle), "children of the killed supervisor gone", GONE_WITHIN_S
    )
    answer = idle.paystack("status", expect=None)
    assert "supervisor" in answer.stdout + answer.stderr, str(answer)
    idle.paystack(*ONE)
    assert idle.status()["pg-simulator"]["health"] == "healthy"


def test_an_interrupted_up_ends_at_once_and_is_simply_run_again(idle: StackUnderTest) -> None:
    with idle.start("up", "--only", "mariadb,kafka") as up:
        wait_for(lambda: processes_of(idle), "up at work", GONE_WITHIN_S, 0.02)
        up.send_signal(signal.SIGINT)
        _, stderr = up.communicate(timeout=GONE_WITHIN_S)
    assert up.returncode == 130, stderr
    assert "Traceback" not in stderr
    idle.paystack("up", "--only", "mariadb,kafka")
    rows = idle.status()
    assert (rows["mariadb"]["health"], rows["kafka"]["health"]) == ("healthy", "healthy")


def test_a_program_that_is_too_old_is_named(idle: StackUnderTest, tmp_path: Path) -> None:
    old = tmp_path / "mariadbd"
    old.write_text("#!/bin/sh\necho 'mariadbd  Ver 10.3.39-MariaDB for debian-linux-gnu'\n")
    old.chmod(old.stat().st_mode | stat.S_IXUSR)
    answer = idle.paystack("up", "--only", "mariadb", expect=3, PAYSTACK_MARIADB=str(old))
    _told(answer, "10.3.39", "10.6")
    assert processes_of(idle) == []


DISK_MIB = 24
"""Too little for a MariaDB data folder with its redo log."""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk that is soon full."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small file system needs root and the right to mount")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_told(small_disk: Path) -> None:
    stack = StackUnderTest(stack_environment("full", small_disk / "state"))
    try:
        answer = stack.paystack("up", "--only", "mariadb", expect=None)
        assert answer.exit_code in {3, 4}, str(answer)
        _told(answer, "disk")
    finally:
        stack.paystack("down", "--volumes", "--yes")
    assert processes_of(stack) == []


FILE_BYTES_MAX = 1024 * 1024


def test_a_file_that_cannot_grow_is_told(idle: StackUnderTest) -> None:
    """What comes near a full disk for somebody who is not root: no file may pass a limit."""
    limited = ("prlimit", f"--fsize={FILE_BYTES_MAX}", "--")
    answer = idle.paystack("up", "--only", "mariadb", expect=None, prefix=limited)
    assert answer.exit_code in {3, 4}, str(answer)
    _told(answer, "mariadb")
