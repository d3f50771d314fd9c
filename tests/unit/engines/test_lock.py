"""One command at a time changes a stack."""

import subprocess
import sys
from pathlib import Path

import pytest

from paystack_cli.engines.lock import exclusive
from paystack_cli.errors import PreflightError

HOLD = """
import pathlib, sys
from paystack_cli.engines.lock import exclusive
with exclusive(pathlib.Path(sys.argv[1]), "up"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_held_lock_names_its_holder_and_is_freed_by_its_death(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with (
        pytest.raises(PreflightError, match=f"paystack up .*pid {holder.pid}, since 20"),
        exclusive(path, "down"),
    ):
        pytest.fail("two held it")
    holder.kill()
    holder.communicate()
    with exclusive(path, "down"):
        assert '"down"' in path.read_text()


def test_a_lock_whose_file_was_deleted_is_taken_anew(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with exclusive(path, "down"):
        path.unlink()
        with exclusive(path, "up"):
            assert '"up"' in path.read_text()
