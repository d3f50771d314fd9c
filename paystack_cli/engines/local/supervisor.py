"""The supervisor of one stack: its configuration, its daemon, and its RPC over a unix socket.

The daemon's working folder is the state folder and its configuration holds relative paths only, so
that neither a long path (unix sockets allow 108 bytes) nor a space or `%` in it can do harm.
"""

import http.client
import os
import resource
import shlex
import shutil
import socket
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

from paystack_cli.engines.command_log import log_command
from paystack_cli.engines.local.launch import Launch
from paystack_cli.engines.local.state import PID_FILE, StateFolder
from paystack_cli.engines.local.strays import STATE_VARIABLE
from paystack_cli.errors import PreflightError, StartFailed

SOCKET = "supervisor.sock"
CONFIGURATION = "supervisord.conf"
LOG = "supervisord.log"
SECTION = "program.conf"

RPC_TIMEOUT_S = 2.0
DAEMON_START_TIMEOUT_S = 15.0
POLL_S = 0.05

OPEN_FILES = 4096  # MariaDB's tables and ingest-service's connections
SERVICE_LOG_BYTES_MAX = 10 * 1024 * 1024
SERVICE_LOG_BACKUPS = 2
DAEMON_LOG_BYTES_MAX = 1024 * 1024

START_SECONDS = 1
"""A process that lives shorter is started again after a pause: 1 s, then 2 s, and so on."""

START_RETRIES = 1_000_000
"""Practically for ever: a service must come back by itself once what it lacks is there again."""

INHERITED = ("PATH", "HOME", "USER", "LOGNAME", "TMPDIR")

_DAEMON = """\
[unix_http_server]
file=/proc/self/cwd/{socket}
chmod=0700

[supervisord]
logfile=logs/{log}
logfile_maxbytes={log_bytes}
logfile_backups=1
pidfile={pid_file}
umask=077
minfds={open_files}

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""

_PROGRAM = """
[program:{name}]
command=/bin/sh services/{name}/start.sh {digest}
autostart=false
autorestart={restarts}
startsecs={start_seconds}
startretries={start_retries}
exitcodes=0
stopwaitsecs={stop_grace}
killasgroup=true
redirect_stderr=true
stdout_logfile=logs/{name}.log
stdout_logfile_maxbytes={log_bytes}
stdout_logfile_backups={log_backups}
"""

_START = """\
#!/bin/sh
# Written by paystack: starts {name} as the supervisor does.
cd {folder} || exit 127
{exports}
exec {command}
"""


class SupervisorGone(StartFailed):
    """The daemon does not answer: not started, or killed."""


class ProcessState(IntEnum):
    """Supervisor's process states. Source: supervisor, docs, "Subprocesses"."""

    STOPPED = 0
    STARTING = 10
    RUNNING = 20
    BACKOFF = 30
    STOPPING = 40
    EXITED = 100
    FATAL = 200
    UNKNOWN = 1000


ALIVE = {ProcessState.STARTING, ProcessState.RUNNING, ProcessState.BACKOFF}
"""Supervisor keeps such a process running."""


@dataclass(frozen=True, slots=True)
class ProcessInfo:
    """What supervisor knows of one process; times are seconds since the epoch."""

    name: str
    state: ProcessState
    pid: int
    started_at: int
    exit_status: int


@dataclass(frozen=True, slots=True)
class ProgramConfig:
    """One supervised program."""

    launch: Launch
    restarts: bool
    stop_grace_s: float


class Supervisor:
    """The supervisor daemon of one state folder."""

    def __init__(self, folder: StateFolder) -> None:
        self._folder = folder

    @property
    def log(self) -> Path:
        """The daemon's own log."""
        return self._folder.logs / LOG

    @property
    def killed(self) -> bool:
        """It was running and did not shut down, yet does not answer any more."""
        return self._folder.has_begun and not self.running()

    def running(self) -> bool:
        """Whether the daemon answers."""
        try:
            self._call("getState")
        except SupervisorGone:
            return False
        return True

    def processes(self) -> dict[str, ProcessInfo]:
        """Every known process by name; empty when the daemon does not answer."""
        try:
            answer = self._call("getAllProcessInfo")
        except SupervisorGone:
            return {}
        return {
            entry["name"]: ProcessInfo(
                name=entry["name"],
                state=ProcessState(entry["state"]),
                pid=entry["pid"],
                started_at=entry["start"],
                exit_status=entry["exitstatus"],
            )
            for entry in answer
        }

    def changed(self, programs: Iterable[ProgramConfig]) -> set[str]:
        """Those of the programs whose configuration differs from what the daemon has loaded."""
        if not self.running():
            return set()
        return {
            name
            for program in programs
            if (loaded := self._loaded(name := program.launch.service)).is_file()
            and loaded.read_text("utf-8") != _section(program)
        }

    def configure(self, programs: Iterable[ProgramConfig], known: Iterable[str]) -> None:
        """Write the programs' files, start the daemon or make it read them.

        Programs outside `known` are forgotten. What has changed waits until `load` takes it over.
        """
        for program in programs:
            self._write(program)
        for folder in (self._folder.root / "services").iterdir():
            if folder.name not in set(known):
                shutil.rmtree(folder)
        self._write_configuration()
        if not self.running():
            self._start_daemon()
            for section in (self._folder.root / "services").glob(f"*/{SECTION}"):
                self._keep_loaded(section.parent.name)
            return
        added, _changed, removed = self._call("reloadConfig")[0]
        for name in removed:
            self.stop(name)
            self._call("removeProcessGroup", name)
        for name in added:
            self._add(name)

    def load(self, name: str) -> None:
        """Take over the changed configuration of a stopped program."""
        self._call("removeProcessGroup", name)
        self._add(name)

    def start(self, name: str) -> None:
        """Start a program; it may well be dead again when this returns."""
        try:
            self._call("startProcess", name, False)
        except xmlrpc.client.Fault as fault:
            if _fault(fault) not in {"ALREADY_STARTED", "SPAWN_ERROR"}:
                raise StartFailed(
                    f"supervisor cannot start {name}: {fault.faultString}",
                    hint=f"sh '{self._folder.service(name)}/start.sh'",
                ) from fault

    def stop(self, name: str) -> bool:
        """Stop a program and wait for its end; False when it was not running."""
        try:
            self._call("stopProcess", name, False)
        except xmlrpc.client.Fault as fault:
            if _fault(fault) in {"NOT_RUNNING", "BAD_NAME"}:
                return False
            raise
        while (found := self.processes().get(name)) and found.state is ProcessState.STOPPING:
            time.sleep(POLL_S)
        return True

    def shut_down(self) -> None:
        """End the daemon and wait until it is gone; nothing happens when it does not run."""
        try:
            self._call("shutdown")
        except SupervisorGone:
            pass
        else:
            while self._folder.has_begun and self.running():
                time.sleep(POLL_S)
        for name in (SOCKET, PID_FILE):
            (self._folder.root / name).unlink(missing_ok=True)

    def _add(self, name: str) -> None:
        self._call("addProcessGroup", name)
        self._keep_loaded(name)

    def _loaded(self, name: str) -> Path:
        """The section that the daemon works with, which it cannot be asked for."""
        return self._folder.service(name) / "loaded.conf"

    def _keep_loaded(self, name: str) -> None:
        section = self._folder.service(name) / SECTION
        _write_private(self._loaded(name), section.read_text("utf-8"))

    def _write(self, program: ProgramConfig) -> None:
        launch = program.launch
        folder = self._folder.service(launch.service)
        folder.mkdir(mode=0o700, exist_ok=True)
        for path, text in launch.files.items():
            _write_private(path, text)
        exports = "\n".join(
            f"export {name}={shlex.quote(value)}" for name, value in launch.environment.items()
        )
        _write_private(
            folder / "start.sh",
            _START.format(
                name=launch.service,
                folder=shlex.quote(str(folder)),
                exports=exports,
                command=shlex.join([*_dies_with_its_parent(), *launch.argv]),
            ),
        )
        _write_private(folder / SECTION, _section(program))

    def _write_configuration(self) -> None:
        _, hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)
        open_files = OPEN_FILES if hard_limit < 0 else min(OPEN_FILES, hard_limit)
        daemon = _DAEMON.format(
            socket=SOCKET,
            log=LOG,
            log_bytes=DAEMON_LOG_BYTES_MAX,
            pid_file=PID_FILE,
            open_files=open_files,
        )
        sections = sorted((self._folder.root / "services").glob(f"*/{SECTION}"))
        text = daemon + "".join(path.read_text(encoding="utf-8") for path in sections)
        _write_private(self._folder.root / CONFIGURATION, text)

    def _start_daemon(self) -> None:
        (self._folder.root / SOCKET).unlink(missing_ok=True)
        command = [sys.executable, "-m", "supervisor.supervisord", "-c", CONFIGURATION]
        environment = self._daemon_environment()
        log_command(command, environment)
        started = subprocess.run(
            command,
            cwd=self._folder.root,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        deadline = time.monotonic() + DAEMON_START_TIMEOUT_S
        while started.returncode == 0 and time.monotonic() < deadline:
            if self.running():
                return
            time.sleep(POLL_S)
        raise StartFailed(
            f"the supervisor did not start (exit {started.returncode}): {started.stderr.strip()}",
            hint=f"tail '{self.log}'",
        )

    def _daemon_environment(self) -> Mapping[str, str]:
        """What every service inherits: little, not what the shell of the moment happens to hold."""
        kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
        return {**kept, "LANG": "C.UTF-8", STATE_VARIABLE: str(self._folder.root)}

    def _call(self, method: str, *arguments: object) -> Any:
        """One RPC. Raises SupervisorGone, or xmlrpc's Fault when the daemon refuses."""
        try:
            with _short_path(self._folder.root / SOCKET) as path:
                proxy = xmlrpc.client.ServerProxy("http://supervisor", transport=_Transport(path))
                return getattr(proxy.supervisor, method)(*arguments)
        except (OSError, http.client.HTTPException, xmlrpc.client.ProtocolError) as error:
            raise SupervisorGone(
                f"the supervisor of {self._folder.root} does not answer: {error}",
                hint="paystack status, then: paystack up",
            ) from error


class _Transport(xmlrpc.client.Transport):
    """XML-RPC over a unix socket, with a time-out."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        return _UnixConnection(self._path)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=RPC_TIMEOUT_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(RPC_TIMEOUT_S)
        self.sock.connect(self._path)


@contextmanager
def _short_path(path: Path) -> Iterator[str]:
    """A name of the socket that fits into a socket address, however deep its folder is."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def _section(program: ProgramConfig) -> str:
    """What the daemon's configuration says of the program."""
    return _PROGRAM.format(
        name=program.launch.service,
        digest=program.launch.digest,
        restarts="true" if program.restarts else "false",
        start_seconds=START_SECONDS if program.restarts else 0,
        start_retries=START_RETRIES,
        stop_grace=round(program.stop_grace_s),
        log_bytes=SERVICE_LOG_BYTES_MAX,
        log_backups=SERVICE_LOG_BACKUPS,
    )


def _fault(fault: xmlrpc.client.Fault) -> str:
    """The name of a fault, which supervisor puts first in its text."""
    return str(fault.faultString).partition(":")[0]


def _write_private(path: Path, text: str) -> None:
    """Start scripts and generated files hold passwords."""
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


def _dies_with_its_parent() -> tuple[str, ...]:
    """So that no service outlives a supervisor that was killed: the kernel ends it cleanly."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise PreflightError(
            "setpriv is missing on this machine", hint="sudo apt-get install util-linux"
        )
    return (setpriv, "--pdeathsig", "TERM", "--")
