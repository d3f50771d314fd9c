"""This project with another compose.yaml: everything else is the same, linked."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from tests.support.stack import PROJECT


def changed_project(folder: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """`folder` as a project whose services (of compose.yaml, by name) `change` has changed."""
    (folder / "stack").mkdir(parents=True)
    for part in (PROJECT / "stack").iterdir():
        (folder / "stack" / part.name).symlink_to(part)
    (folder / "requirements").symlink_to(PROJECT / "requirements")
    compose = folder / "stack" / "compose.yaml"
    document = yaml.safe_load(compose.read_text("utf-8"))
    change(document["services"])
    compose.unlink()
    compose.write_text(yaml.safe_dump(document), "utf-8")
    return folder
