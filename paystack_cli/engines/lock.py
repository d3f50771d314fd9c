"""One command at a time changes a stack: an exclusive lock on a file of the state folder."""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from paystack_cli.errors import PreflightError


@contextlib.contextmanager
def exclusive(path: Path, command: str) -> Iterator[None]:
    """Hold the lock at `path` while the block runs.

    Raises PreflightError at once, naming the holder, when another process has it. The kernel frees
    the lock of a process that died.
    """
    descriptor = _acquire(path)
    try:
        holder = {
            "pid": os.getpid(),
            "command": command,
            "since": datetime.now().astimezone().isoformat(timespec="seconds"),
        }
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(holder).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _acquire(path: Path) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _holder(descriptor)
            os.close(descriptor)
            raise PreflightError(
                f"paystack {holder['command']} is at work on this stack"
                f" (pid {holder['pid']}, since {holder['since']})",
                hint=f"wait for it, or end it: kill -INT {holder['pid']}",
            ) from None
        # `down --volumes` deletes the file it holds; a lock on a deleted file protects nothing.
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), path.stat()):
                return descriptor
        os.close(descriptor)


def _holder(descriptor: int) -> dict[str, object]:
    try:
        holder: dict[str, object] = json.loads(os.pread(descriptor, 4096, 0))
    except ValueError:  # it was taken this very moment and nothing is written yet
        return {"command": "up or down", "pid": "?", "since": "now"}
    return holder
