"""The engine's programs: the machine's own or fetched, and what unpacked packages need to run."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from paystack_cli.closed_network.place import Place
from paystack_cli.engines.local.programs import Program, Progress, ensure
from paystack_cli.errors import PreflightError
from paystack_cli.stack.settings import Settings

CLIENT_PLUGINS = ("docker-compose", "docker-buildx")

FIREWALL_FLAVOURS = ("xtables-nft-multi", "xtables-legacy-multi")
"""One program has every iptables command, by the name it is called with. Which flavour works is
the kernel's choice; packages leave it to their installation."""

FIREWALL_COMMANDS = ("iptables", "ip6tables", "iptables-save", "iptables-restore")
INIT_PROGRAMS = ("tini-static", "tini")
"""What `docker run --init` may use, under the name docker-init."""

PROBE_TIMEOUT_S = 10


@dataclass(frozen=True, slots=True)
class EnginePrograms:
    """dockerd with the environment in which it finds all that it calls."""

    dockerd: Program
    environment: Mapping[str, str]


def provide(place: Place, settings: Settings, progress: Progress) -> EnginePrograms:
    """Find or fetch the programs, and lay out the names that engine and client look for.

    Raises PreflightError (ProgramUnavailable) naming what cannot be had.
    """
    programs = ensure(
        ["dockerd", *CLIENT_PLUGINS],
        tools_dir=settings.tools_dir,
        locks_dir=settings.locks_dir,
        environment=settings.variables,
        progress=progress,
    )
    dockerd = programs["dockerd"]
    environment = _environment(place, dockerd)
    place.programs.mkdir(parents=True, exist_ok=True)
    _link_firewall(place.programs, dockerd, environment)
    _link_init(place.programs, environment)
    plugins = place.client_configuration / "cli-plugins"
    plugins.mkdir(parents=True, exist_ok=True)
    for name in CLIENT_PLUGINS:
        _link(plugins / name, Path(programs[name].argv[0]))
    _link_client(place.client_programs, dockerd)
    return EnginePrograms(dockerd, environment)


def _environment(place: Place, dockerd: Program) -> dict[str, str]:
    """The machine's programs come before the fetched ones: apt fetches only what is not there."""
    search = [place.programs, os.environ["PATH"], "/usr/sbin", "/sbin"]
    search += [dockerd.home / "sbin", dockerd.home / "bin"]
    extensions = next(dockerd.home.glob("lib/*-linux-*/xtables"), None)
    return {
        **dockerd.environment,
        **({"XTABLES_LIBDIR": str(extensions)} if extensions else {}),
        "PATH": os.pathsep.join(map(str, search)),
    }


def _link_firewall(folder: Path, dockerd: Program, environment: Mapping[str, str]) -> None:
    if shutil.which("iptables", path=environment["PATH"]):
        return
    for flavour in FIREWALL_FLAVOURS:
        program = dockerd.home / "sbin" / flavour
        for command in FIREWALL_COMMANDS:
            _link(folder / command, program)
        if _succeeds([str(folder / "iptables"), "--table", "nat", "--list-rules"], environment):
            return
    raise PreflightError(
        "this kernel lets neither flavour of iptables (nft, legacy) work",
        hint="load its modules (modprobe ip_tables iptable_nat nf_tables), or use a machine "
        "that has a Docker Engine",
    )


def _link_init(folder: Path, environment: Mapping[str, str]) -> None:
    if shutil.which("docker-init", path=environment["PATH"]):
        return
    for name in INIT_PROGRAMS:
        program = shutil.which(name, path=environment["PATH"])
        if program:
            _link(folder / "docker-init", Path(program))
            return


def _link_client(folder: Path, dockerd: Program) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    client = dockerd.companion("docker")
    if client and shutil.which("docker") in (None, str(folder / "docker")):
        _link(folder / "docker", client)


def _link(link: Path, target: Path) -> None:
    link.unlink(missing_ok=True)
    link.symlink_to(target)


def _succeeds(command: list[str], environment: Mapping[str, str]) -> bool:
    done = subprocess.run(
        command,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PROBE_TIMEOUT_S,
        check=False,
    )
    return done.returncode == 0
