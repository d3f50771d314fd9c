"""The JSON documents of `--output json`: one a command, versioned, on stdout."""

import json
from collections.abc import Mapping

import typer

TIME_DECIMALS = 3
"""Of seconds in a document."""


def versioned(command: str, /, **fields: object) -> dict[str, object]:
    """A document `paystack.<command>/v1`, described in docs/schemas."""
    return {"schema": f"paystack.{command}/v1", **fields}


def print_document_line(document: Mapping[str, object]) -> None:
    """Write one of many documents to stdout, where a reader may take it at once (JSON lines)."""
    typer.echo(json.dumps(document))


def print_document(document: Mapping[str, object]) -> None:
    """Write the one document of a command to stdout."""
    typer.echo(json.dumps(document, indent=2))
