"""The schemas of the documents that `--output json` prints."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
from referencing import Registry, Resource

SCHEMAS = Path(__file__).resolve().parents[2] / "docs" / "schemas"


def schema(name: str) -> dict[str, Any]:
    """The schema of `paystack.<name>/v1`."""
    document: dict[str, Any] = json.loads((SCHEMAS / f"{name}.json").read_text("utf-8"))
    return document


def keeps_schema(name: str, document: object) -> None:
    """Raises jsonschema's ValidationError where the document does not keep its schema."""
    jsonschema.Draft202012Validator(schema(name), registry=_all()).validate(document)


@cache
def _all() -> Registry[Any]:
    """Every schema by its `$id`: one may refer to a part of another."""
    return Registry[Any]().with_resources(
        (one["$id"], Resource.from_contents(one))
        for one in (schema(path.stem) for path in SCHEMAS.glob("*.json"))
    )
