"""A private Docker Engine of one project folder.

It has a socket, data, network bridge, addresses and pid file of its own, and nothing is installed
on the machine. Where another engine answers already, that one is used as it is.
"""

import fcntl
import os
import shlex
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil

from paystack_cli.closed_network import engine_process, network
from paystack_cli.closed_network.answering import answers, selected_engine_version
from paystack_cli.closed_network.engine_programs import EnginePrograms, provide
from paystack_cli.closed_network.place import Place
from paystack_cli.closed_network.script import require_root
from paystack_cli.closed_network.tool import run
from paystack_cli.engines.local.programs import Progress
from paystack_cli.errors import PreflightError, StartFailed
from paystack_cli.stack.settings import Settings

SCRIPT = "bash scripts/docker-engine"


class PrivateEngine:
    """The engine of one project folder."""

    def __init__(self, settings: Settings, progress: Progress) -> None:
        self.place = Place(settings.project_dir)
        self._settings = settings
        self._progress = progress

    def start(self) -> None:
        """Start it and wait until it answers; where an engine answers already, only say so.

        Raises PreflightError without root or programs, StartFailed, TimedOut.
        """
        if self.answers():
            self._progress(f"the private engine runs already ({self.place.address})")
            return
        version = selected_engine_version(self._settings.variables)
        if version:
            self._progress(f"Docker Engine {version} answers already and is used as it is")
            return
        require_root(
            "a private Docker Engine",
            hint=f"sudo {SCRIPT} start, or start the machine's own engine",
        )
        with self._lock():
            self._start()

    def stop(self) -> None:
        """Stop it and its containers; data and images stay.

        Raises PreflightError without root, TimedOut when it does not end.
        """
        if not self._is_made():
            self._progress("no private engine was started in this folder")
            return
        require_root("stopping the private Docker Engine", hint=f"sudo {SCRIPT} stop")
        with self._lock():
            self._stop()

    def clean(self) -> None:
        """Stop it, and remove its data, its network and its configuration.

        The programs stay in `.paystack/tools`. Raises as `stop` does.
        """
        if not self._is_made():
            self._progress("there is nothing to clean")
            return
        require_root("removing the private Docker Engine", hint=f"sudo {SCRIPT} clean")
        with self._lock():
            self._stop()
            if network.exists(self.place.bridge):
                programs = provide(self.place, self._settings, self._progress)
                network.remove(self.place.bridge, programs.environment)
            for folder in (self.place.run, self.place.home):
                _remove(folder)
        self._progress("removed the engine's data, network and configuration")

    def answers(self) -> bool:
        """Whether this engine answers."""
        return self.place.socket.exists() and answers(self.place.address)

    def describe(self) -> str:
        """Which engine answers, on one line. Raises PreflightError when none does."""
        if self.answers():
            process = engine_process.find(self.place)
            pid = process.pid if process else "unknown"
            return f"the private engine answers: {self.place.address}, pid {pid}, {self.place.log}"
        version = selected_engine_version(self._settings.variables)
        if version:
            return f"Docker Engine {version} answers; it is not the private one of this folder"
        raise PreflightError(self._why_silent(), hint=f"{SCRIPT} start")

    def shell_lines(self) -> str:
        """What a shell evaluates to use this engine; a comment where another one is used.

        Raises PreflightError when no engine answers.
        """
        if not self.answers():
            return f"# {self.describe()}; nothing to set"
        lines = [f"export {name}={shlex.quote(value)}" for name, value in self._selection().items()]
        return "\n".join([*lines, f'export PATH={shlex.quote(self._client_folder)}:"$PATH"'])

    def client_variables(self) -> dict[str, str]:
        """What to set for a client that is to use this engine."""
        path = os.pathsep.join((self._client_folder, self._settings.variables["PATH"]))
        return {**self._selection(), "PATH": path}

    @property
    def _client_folder(self) -> str:
        return str(self.place.client_programs)

    def _selection(self) -> dict[str, str]:
        return {
            "DOCKER_HOST": self.place.address,
            "DOCKER_CONFIG": str(self.place.client_configuration),
            "PAYSTACK_DOCKER_SOCKET": str(self.place.socket),
        }

    def _start(self) -> None:
        if self.answers():
            return
        silent = engine_process.find(self.place)
        if silent:
            self._progress("it runs but does not answer: ending it first")
            engine_process.end(silent, self.place)
        self._refuse_second()
        programs = provide(self.place, self._settings, self._progress)
        pool = self._lay_out_network(programs.environment)
        self._progress(f"starting Docker Engine {programs.dockerd.version}")
        started = time.monotonic()
        engine_process.launch(self.place, programs, self._options(programs, pool))
        self._progress(
            f"the private engine answers after {time.monotonic() - started:.1f} s;"
            f' to use it: eval "$({SCRIPT} env)"'
        )

    def _refuse_second(self) -> None:
        """A starting engine flushes firewall chains that keep the other's networks apart."""
        other = engine_process.other_engine()
        if other:
            raise PreflightError(
                f"another Docker Engine runs on this machine (pid {other.pid}:"
                f" {shlex.join(other.cmdline())}), and two weaken each other's firewall",
                hint="use that one (DOCKER_HOST; in the folder of a private one:"
                f' eval "$({SCRIPT} env)"), or stop it',
            )

    def _lay_out_network(self, environment: Mapping[str, str]) -> network.Network:
        """A bridge that is there keeps its addresses: networks of containers go with them."""
        address = network.address_of(self.place.bridge, environment)
        if address:
            return network.pool_of(address)
        pool = network.choose_pool(self.place.digest, network.taken_networks(environment))
        network.make_bridge(self.place.bridge, network.gateway_of(pool), environment)
        return pool

    def _options(self, programs: EnginePrograms, pool: network.Network) -> dict[str, object]:
        options: dict[str, object] = {
            "hosts": [self.place.address],
            "data-root": str(self.place.data),
            "exec-root": str(self.place.run),
            "pidfile": str(self.place.pid_file),
            "bridge": self.place.bridge,
            "default-address-pools": [{"base": str(pool), "size": network.NETWORK_PREFIX}],
            "ip": "127.0.0.1",  # for ports of the default network that name no address
            "oom-score-adjust": 0,  # a lower score needs a capability that root may lack
            "features": {"buildkit": True},
        }
        if programs.dockerd.version.startswith("20."):
            # Newer engines have no such key; this one would write it to /etc/docker.
            options["deprecated-key-path"] = str(self.place.home / "key.json")
        return options

    def _stop(self) -> None:
        process = engine_process.find(self.place)
        if process is None and engine_process.left_containers(self.place):
            self._progress(f"{self._why_silent()}; starting it to end the containers it left")
            self._start()
            process = engine_process.find(self.place)
        if process is None:
            self._progress(self._why_silent())
            return
        self._progress("stopping the private engine")
        engine_process.end(process, self.place)
        self._progress("the private engine has ended")

    def _why_silent(self) -> str:
        if engine_process.find(self.place):
            return f"the private engine runs but does not answer; its log: {self.place.log}"
        if self.place.pid_file.exists():
            number = self.place.pid_file.read_text(encoding="utf-8").strip()
            return f"the private engine was killed (it was process {number}) and does not run"
        return "no private engine runs in this folder"

    def _is_made(self) -> bool:
        return self.place.home.exists() or self.place.run.exists()

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """One command at a time; the kernel frees the lock of one that died."""
        self.place.lock.parent.mkdir(exist_ok=True)
        with self.place.lock.open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._progress("waiting for another docker-engine command of this folder")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _remove(folder: Path) -> None:
    """Remove the folder; what a killed engine left mounted below it is taken off first."""
    mounts = [Path(partition.mountpoint) for partition in psutil.disk_partitions(all=True)]
    for mount in sorted((one for one in mounts if folder in one.parents), reverse=True):
        run(["umount", "--lazy", str(mount)], {})
    try:
        if folder.exists():
            shutil.rmtree(folder)
    except OSError as error:
        raise StartFailed(
            f"cannot remove {error.filename}: {error.strerror}",
            hint=f"see what still uses it (lsof, mount), then: {SCRIPT} clean",
        ) from error
