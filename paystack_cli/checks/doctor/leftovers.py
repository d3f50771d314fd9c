"""What an interrupted command, a killed supervisor or a renamed service has left behind."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psutil

from paystack_cli.checks.doctor.model import Finding, Repair, failure, warning, well
from paystack_cli.checks.doctor.scene import Docker, Scene
from paystack_cli.engines.compose.daemon import Daemon
from paystack_cli.engines.compose.take_down import sort_out
from paystack_cli.engines.compose.versions import parse_version
from paystack_cli.engines.local.programs.provision import take_inventory
from paystack_cli.engines.local.programs.store import Store
from paystack_cli.engines.local.state import StateFolder
from paystack_cli.engines.local.strays import find_strays
from paystack_cli.engines.local.supervisor import Supervisor
from paystack_cli.engines.state import LOCK

COMMAND, SUPERVISOR = "Commands at work", "The local engine's supervisor"
FOLDERS, DATA = "Folders of the local engine", "MariaDB's data"
CONTAINERS, NETWORKS, VOLUMES = "Leftover containers", "Leftover networks", "Leftover volumes"

UPGRADE_INFO = ("mariadb_upgrade_info", "mysql_upgrade_info")
"""Where a data folder says which release it was last made or upgraded by (MariaDB, before 11)."""


def examine_leftovers(scene: Scene) -> Iterator[Finding]:
    """Of both engines, whichever runs the stack."""
    folder = StateFolder(scene.settings.state_dir(scene.stack.name))
    if (folder.root / LOCK).is_file():
        yield _command(folder.root / LOCK)
    if folder.root.is_dir():
        yield from _supervisor(scene, folder)
        yield from _folders(scene, folder)
        yield from _data(scene, folder)
    if scene.daemon is not None:
        yield from _containers(scene, scene.daemon)
        yield from _networks(scene.daemon)
        yield from _volumes(scene, scene.daemon)


def _command(lock: Path) -> Finding:
    """The kernel frees the lock of a dead process, so what the file says is all there is to it."""
    try:
        holder = json.loads(lock.read_text("utf-8"))
        at_work = "paystack" in " ".join(psutil.Process(holder["pid"]).cmdline())
    except (OSError, ValueError, psutil.Error):
        at_work = False
    if not at_work:
        return well("state.lock", COMMAND, "none; the lock is free")
    seen = f"paystack {holder['command']} (pid {holder['pid']}, since {holder['since']})"
    return well("state.lock", COMMAND, seen)


def _supervisor(scene: Scene, folder: StateFolder) -> Iterator[Finding]:
    supervisor = Supervisor(folder)
    if supervisor.running():
        yield well("state.supervisor", SUPERVISOR, "it runs")
        return
    strays = find_strays(folder.root)
    if strays:
        pids = ", ".join(str(process.pid) for process in strays)
        seen = f"it was killed, and processes of its services are left: {pids}"
        yield warning("state.strays", SUPERVISOR, seen, "paystack --engine local down")
    elif folder.has_begun:
        # As long as the mark is there, `auto` means the engine that the data belongs to.
        only_engine = scene.settings.engine == "local" or not isinstance(scene.docker, Docker)
        forget = Repair("forget the killed supervisor", supervisor.shut_down)
        yield warning(
            "state.supervisor",
            SUPERVISOR,
            "it was killed, and its services ended with it",
            "paystack up",
            forget if only_engine else None,
        )
    else:
        yield well("state.supervisor", SUPERVISOR, "it does not run, as it should not")


def _folders(scene: Scene, folder: StateFolder) -> Iterator[Finding]:
    known = {volume.name for s in scene.stack.services.values() for volume in s.volumes}
    there = folder.volumes.iterdir() if folder.volumes.is_dir() else ()
    for path in sorted(path for path in there if path.name not in known):
        seen = f"{path} is the data of no service"
        yield warning(f"state.folder.{path.name}", FOLDERS, seen, f"rm -r '{path}'")


def _data(scene: Scene, folder: StateFolder) -> Iterator[Finding]:
    """A MariaDB does not start on the data of a newer one."""
    for service in scene.stack.services.values():
        if service.local.program != "mariadb":
            continue
        written = _written_by(folder.volumes / service.volumes[0].name)
        store = Store(scene.settings.tools_dir, scene.settings.locks_dir)
        found = take_inventory({"mariadb"}, store, scene.settings.variables).programs
        if not written or "mariadb" not in found:
            continue
        installed = found["mariadb"].version
        # The first two numbers are the release series.
        if parse_version(written)[:2] <= parse_version(installed)[:2]:
            yield well("state.mariadb", DATA, f"of {written}, read by {installed}")
        else:
            yield failure(
                "state.mariadb",
                DATA,
                f"{service.volumes[0].name} was written by MariaDB {written}, here is {installed}",
                "PAYSTACK_MARIADB=/path/of/a/newer/mariadbd paystack up;"
                " or without the data: paystack down --volumes",
            )


def _written_by(data: Path) -> str:
    files = [data / name for name in UPGRADE_INFO]
    found = next((path for path in files if path.is_file()), None)
    return found.read_text("ascii").strip("\0\n ") if found else ""


def _containers(scene: Scene, daemon: Daemon) -> Iterator[Finding]:
    """Of no service; those that run are left to the user."""
    strays = sort_out(scene.stack, daemon.containers(), (), everything=True).strays
    # A one-off one that runs is a command under way.
    leftover = [one for one in strays if not (one.pid and one.one_off)]
    for one in leftover:
        seen = f"{one.name} belongs to no service of the stack and {'runs' if one.pid else 'ended'}"
        remove = Repair(f"remove the container {one.name}", partial(daemon.remove, one.id))
        yield warning(
            f"state.container.{one.name}",
            CONTAINERS,
            seen,
            f"docker rm --force {one.name}",
            None if one.pid else remove,
        )
    if not leftover:
        yield well("state.container", CONTAINERS, "none")


def _networks(daemon: Daemon) -> Iterator[Finding]:
    unused = daemon.unused_networks()
    if not unused:
        yield well("state.network", NETWORKS, "none")
        return
    yield warning(
        "state.network",
        NETWORKS,
        f"no container belongs to {', '.join(unused)}",
        f"docker network rm {' '.join(unused)}",
        Repair(f"remove the networks {', '.join(unused)}", daemon.remove_unused_networks),
    )


def _volumes(scene: Scene, daemon: Daemon) -> Iterator[Finding]:
    """Never removed by `--fix`: they are data."""
    known = {volume.name for s in scene.stack.services.values() for volume in s.volumes}
    unknown = sorted(volume.name for volume in daemon.volumes() if volume.key not in known)
    if not unknown:
        yield well("state.volume", VOLUMES, "none")
        return
    yield warning(
        "state.volume",
        VOLUMES,
        f"no service has {', '.join(unknown)}",
        f"docker volume rm {' '.join(unknown)}",
    )
