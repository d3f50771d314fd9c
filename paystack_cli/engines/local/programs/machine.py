"""Finds a program on this machine and asks it for its version."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from paystack_cli.engines.local.programs.catalog import Executable, Version
from paystack_cli.engines.local.programs.model import Program, ProgramUnavailable, Source

SERVER_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")
"""Where distributions put servers; not on an ordinary user's PATH."""

VERSION_TIMEOUT_S = 20


@dataclass(frozen=True, slots=True)
class Unfit:
    """A program that is there and cannot be used; `reason` says what is wrong with which file."""

    reason: str


def find_on_machine(spec: Executable, environment: Mapping[str, str]) -> Program | Unfit | None:
    """The program of this machine; None when there is none.

    Raises ProgramUnavailable when the environment forces one that cannot be used.
    """
    forced = environment.get(spec.override)
    if forced:
        program = inspect(spec, Path(forced), Source.MACHINE, environment={})
        if isinstance(program, Unfit):
            raise ProgramUnavailable(
                f"{spec.override} asks for {forced}, but {program.reason}",
                hint=f"unset {spec.override}, or point it at a newer {spec.executable}",
            )
        return program
    search = os.pathsep.join((environment.get("PATH", os.defpath), *SERVER_FOLDERS))
    path = shutil.which(spec.executable, path=search)
    return inspect(spec, Path(path), Source.MACHINE, environment={}) if path else None


def inspect(
    spec: Executable, path: Path, source: Source, environment: Mapping[str, str]
) -> Program | Unfit:
    """The program at `path`, run with `environment`, when it is what `spec` asks for."""
    try:
        answer = subprocess.run(
            [path, *spec.version_arguments],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=VERSION_TIMEOUT_S,
            check=False,
        ).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        return Unfit(f"{path} does not run: {error}")
    match = spec.version.search(answer)
    if match is None:
        return Unfit(f"{path} is no {spec.name}: it says {answer.strip()[:200]!r}")
    version = match[1]
    if _parsed(version) < spec.minimum:
        minimum = ".".join(map(str, spec.minimum))
        return Unfit(f"{path} is {spec.name} {version} and {minimum} or newer is needed")
    program = Program(
        name=spec.name,
        argv=(str(path),),
        home=path.resolve().parent.parent,
        version=version,
        source=source,
        environment=environment,
    )
    for companion in spec.companions:
        if program.companion(companion) is None:
            return Unfit(f"{path} has no {companion} beside it")
    return program


def _parsed(version: str) -> Version:
    return tuple(int(part) for part in version.split("."))
