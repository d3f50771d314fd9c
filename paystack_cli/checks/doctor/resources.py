"""Memory and disk: is there room for the stack."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil

from paystack_cli.checks.doctor.model import Finding, failure, warning, well
from paystack_cli.checks.doctor.scene import Scene
from paystack_cli.engines.local.preflight import FREE_BYTES_MIN

MEBIBYTE = 1024 * 1024

MEMORY_BYTES_MIN = 700 * MEBIBYTE
"""What a stack that has just started takes (docs/operations.md, "Memory and disk")."""

CGROUP = Path("/sys/fs/cgroup")
"""Where the limits of the container or slice that this runs in are told (cgroup v2)."""


def examine_resources(scene: Scene) -> Iterator[Finding]:
    """Memory for what does not run yet; disk where data, images and volumes are."""
    yield _memory(scene)
    folder = scene.settings.state_dir(scene.stack.name)
    yield _disk("disk.state", "Disk of the state folder", folder, "PAYSTACK_STATE_DIR=FOLDER")
    if scene.daemon is not None and scene.daemon.is_local:
        root = scene.daemon.about().root
        if root.is_dir():  # with Docker Desktop it is a folder of the virtual machine
            yield _disk("disk.docker", "Disk of Docker", root, "docker system prune")


def _memory(scene: Scene) -> Finding:
    available = min(psutil.virtual_memory().available, _left_in_cgroup())
    seen = f"{available // MEBIBYTE} MiB available"
    if available >= MEMORY_BYTES_MIN or scene.running:
        return well("memory", "Memory", seen)
    return warning(
        "memory",
        "Memory",
        f"{seen}, a stack takes {MEMORY_BYTES_MIN // MEBIBYTE}",
        "end what takes it: ps -eo rss,pid,args --sort -rss | head",
    )


def _left_in_cgroup() -> float:
    """Bytes below the limit of this process's control group; infinite where there is no limit."""
    try:
        limit = (CGROUP / "memory.max").read_text("ascii").strip()
        used = (CGROUP / "memory.current").read_text("ascii")
    except OSError:
        return float("inf")
    return float("inf") if limit == "max" else int(limit) - int(used)


def _disk(id: str, title: str, folder: Path, elsewhere: str) -> Finding:
    """`elsewhere` says what makes room where the folder's own disk has none."""
    there = next(parent for parent in (folder, *folder.parents) if parent.is_dir())
    free = shutil.disk_usage(there).free
    seen = f"{free // MEBIBYTE} MiB free at {folder}"
    if free >= FREE_BYTES_MIN:
        return well(id, title, seen)
    needed = f"{seen}, the stack needs {FREE_BYTES_MIN // MEBIBYTE}"
    return failure(id, title, needed, f"df -h '{there}', then make room: {elsewhere}")
