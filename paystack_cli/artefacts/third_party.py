"""Fetches the wheels of others that the images install, exactly those of a lock file."""

import hashlib
import platform
import re
import sys
from pathlib import Path

from paystack_cli.engines.local.programs.model import FetchError
from paystack_cli.engines.local.programs.tool import run_tool
from paystack_cli.errors import PreflightError

PYTHON = "3.11"
"""Of the base image (PAYSTACK_PYTHON_IMAGE)."""

ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}
"""The machine's name for its processor, in lower case -> the name in a wheel's platform tag."""

PLATFORMS = ("manylinux_2_28", "manylinux2014")
"""Base images have glibc 2.28 or newer."""

FETCH_TIMEOUT_S = 600
"""15 MB; for a slow line."""

_REQUIREMENT = re.compile(r"^[\w.-]+==", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def is_complete(folder: Path, lock: Path, architecture: str) -> bool:
    """Whether `folder` holds one unharmed wheel of each requirement, for this processor."""
    pinned = lock.read_text(encoding="utf-8")
    wheels = sorted(folder.glob("*.whl"))
    hashes = set(_HASH.findall(pinned))
    return len(wheels) == len(_REQUIREMENT.findall(pinned)) and all(
        wheel.stem.endswith(("-any", f"_{architecture}"))
        and hashlib.sha256(wheel.read_bytes()).hexdigest() in hashes
        for wheel in wheels
    )


def fetch_wheels(lock: Path, architecture: str, output: Path) -> list[Path]:
    """Fetch the wheels of the lock into the folder `output`, by pip and its own settings.

    Raises PreflightError with pip's reason.
    """
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-input", "--no-deps", "--require-hashes", "--only-binary", ":all:"]
    command += ["--implementation", "cp", "--python-version", PYTHON]
    for abi in (f"cp{PYTHON.replace('.', '')}", "abi3", "none"):
        command += ["--abi", abi]
    for name in PLATFORMS:
        command += ["--platform", f"{name}_{architecture}"]
    command += ["--dest", str(output), "--requirement", str(lock)]
    try:
        run_tool(command, folder=output, timeout_s=FETCH_TIMEOUT_S)
    except FetchError as error:
        raise PreflightError(
            f"cannot fetch the packages of {lock}: {error}",
            hint="check the network and pip's settings (.venv/bin/pip config list), then again",
        ) from error
    return sorted(output.glob("*.whl"))


def machine_architecture() -> str:
    """This machine's processor as wheels name it; its Docker Engine runs images for the same.

    Raises PreflightError for one that the services' packages have no wheels for.
    """
    machine = platform.machine().lower()
    if machine not in ARCHITECTURES:
        raise PreflightError(
            f"the services' packages have no wheels for {machine}",
            hint=f"build on a machine with one of: {', '.join(sorted(ARCHITECTURES))}",
        )
    return ARCHITECTURES[machine]
