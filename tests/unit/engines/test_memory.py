"""Memory of processes with what they have started, from /proc."""

import os
import subprocess
import sys

import psutil

from paystack_cli.engines.memory import resident_bytes

NOBODY = 2**22 + 1
"""Above the largest process id that Linux gives."""


def test_a_process_counts_with_all_below_it() -> None:
    hold = "import sys; held = bytearray(64 * 2**20); print(1, flush=True); sys.stdin.read()"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {hold!r}])"
    with subprocess.Popen(
        [sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()  # the child holds its memory
        found = resident_bytes([process.pid, NOBODY])
        process.communicate()
    assert found.keys() == {process.pid}
    assert found[process.pid] > 64 * 2**20


def test_of_a_family_each_that_is_asked_for_has_its_own() -> None:
    me, parent = os.getpid(), os.getppid()
    found = resident_bytes([me, parent])
    assert found.keys() == {me, parent}
    own = psutil.Process(me).memory_info().rss
    assert abs(found[me] - own) < own / 2


def test_of_nobody_nothing_is_known() -> None:
    assert resident_bytes([]) == {}
