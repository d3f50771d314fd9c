"""The committed sizes of the stack's contexts, against which growth is judged."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from paystack_cli.context.measurement import Amount
from paystack_cli.context.survey import SurveyedContext
from paystack_cli.errors import UsageError

SCHEMA = "paystack.context-baseline/v1"
FILE_NAME = "context-baseline.json"
"""Beside compose.yaml."""

WRITE = "paystack context baseline"


def read_baseline(path: Path) -> Mapping[str, Amount]:
    """Sizes by the context's name; none without a file. Raises UsageError for another file."""
    try:
        return _sizes(json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"cannot read the baseline {path}: {error}", hint=WRITE) from error


def _sizes(document: dict[str, Any]) -> Mapping[str, Amount]:
    if document["schema"] != SCHEMA:
        raise ValueError(f"its schema is {document['schema']}")
    return {
        name: Amount(files=int(size["files"]), bytes=int(size["bytes"]))
        for name, size in document["contexts"].items()
    }


def write_baseline(path: Path, contexts: Iterable[SurveyedContext]) -> dict[str, object]:
    """Write the sizes of these contexts, and return what the file holds now.

    Those of other contexts stay as they are.
    """
    sizes = {**read_baseline(path), **{found.name: found.measurement.after for found in contexts}}
    document: dict[str, object] = {
        "schema": SCHEMA,
        "contexts": {name: size._asdict() for name, size in sorted(sizes.items())},
    }
    path.write_text(json.dumps(document, indent=2) + "\n", "utf-8")
    return document


def growth_percent(now: Amount, before: Amount | None) -> float | None:
    """By how much a context has grown; None without a baseline to compare with."""
    if before is None:
        return None
    if before.bytes == 0:
        return 0.0 if now.bytes == 0 else float("inf")
    return 100 * (now.bytes - before.bytes) / before.bytes
