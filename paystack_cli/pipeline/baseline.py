"""The committed times of the stages, beside which those of a run are shown."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from paystack_cli.errors import UsageError
from paystack_cli.pipeline.summary import Summary

SCHEMA = "paystack.pipeline-baseline/v1"
FILE_NAME = "pipeline-baseline.json"
"""Beside compose.yaml."""

TIME_DECIMALS = 1
"""A tenth of a second says enough of a stage."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """Seconds of a whole run with one engine, and of each stage by name."""

    total_s: float | None = None
    stages_s: Mapping[str, float] = field(default_factory=dict)


def read_baseline(path: Path, engine: str) -> Baseline:
    """The baseline of an engine; an empty one where there is none.

    Raises UsageError for a file that is none.
    """
    try:
        times = _engines(path).get(engine, {"total_s": None, "stages_s": {}})
        return Baseline(times["total_s"], times["stages_s"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"cannot read the baseline {path}: {error}", hint="scripts/pipeline --write-baseline"
        ) from error


def write_baseline(path: Path, engine: str, summary: Summary) -> None:
    """Write the times of this run; those of another engine stay as they are."""
    stages_s = {run.name: round(run.duration_s, TIME_DECIMALS) for run in summary.runs}
    times = {"total_s": round(summary.total_s, TIME_DECIMALS), "stages_s": stages_s}
    document = {"schema": SCHEMA, "engines": {**_engines(path), engine: times}}
    path.write_text(json.dumps(document, indent=2) + "\n", "utf-8")


def _engines(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    if document["schema"] != SCHEMA:
        raise ValueError(f"its schema is {document['schema']}")
    engines: dict[str, Any] = document["engines"]
    return engines
