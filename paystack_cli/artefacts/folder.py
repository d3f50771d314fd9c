"""Brings a folder to hold exactly the files it should, and touches only what differs."""

import filecmp
import shutil
from collections.abc import Sequence
from pathlib import Path

BUILD = "build"
"""The folder beside each pyproject.toml that its `.dockerignore` lets through."""


def settle(folder: Path, wanted: Sequence[Path]) -> list[Path]:
    """Make `folder` hold copies of the wanted files under their names and nothing else.

    Each file is replaced whole, and in the order given. Returns what was written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = [folder / file.name for file in wanted if _place(file, folder / file.name)]
    names = {file.name for file in wanted}
    for stray in folder.iterdir():
        if stray.name in names:
            continue
        if stray.is_dir():
            shutil.rmtree(stray)
        else:
            stray.unlink()
    return written


def _place(file: Path, target: Path) -> bool:
    if target.is_file() and filecmp.cmp(file, target, shallow=False):
        return False
    unfinished = target.with_name(f".{target.name}.new")
    shutil.copyfile(file, unfinished)
    unfinished.replace(target)
    return True
