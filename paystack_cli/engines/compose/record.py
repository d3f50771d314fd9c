"""What the engine remembers of its own work: small JSON files in the state folder of the stack."""

import json
from pathlib import Path
from typing import Any


def read_record(path: Path) -> dict[str, Any]:
    """The record at `path`; empty when it was never written, or only half."""
    try:
        record: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return record


def write_record(path: Path, record: dict[str, Any]) -> None:
    """Replace the record at `path`."""
    path.write_text(json.dumps(record, indent=2, sort_keys=True), "utf-8")
