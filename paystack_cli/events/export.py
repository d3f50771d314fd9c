"""Dead letters to a file, one JSON object a line: masked for reading, or whole for import."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from paystack_cli.errors import PreflightError

OWNER_ONLY = 0o600


@contextmanager
def export_file(path: Path) -> Iterator[TextIO]:
    """The file for the lines, readable by its owner alone; whole or not there at all.

    Raises PreflightError when it cannot be written, and when it exists.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        if path.exists():
            raise PreflightError(f"{path} exists", hint="choose another --to FILE, or remove it")
        with open(partial, "w", encoding="utf-8", opener=_for_owner) as file:
            yield file
        partial.rename(path)
    except OSError as error:
        raise PreflightError(
            f"cannot write {path}: {error.strerror}", hint="choose a writable place: --to FILE"
        ) from error
    finally:
        partial.unlink(missing_ok=True)


def _for_owner(name: str, flags: int) -> int:
    return os.open(name, flags, OWNER_ONLY)
