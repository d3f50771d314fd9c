"""What the commands print with `--output json` keeps the schemas in docs/schemas."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.support.stack import PROJECT, StackUnderTest

SCHEMAS = PROJECT / "docs" / "schemas"

COMMANDS = {
    "version": ["version"],
    "status": ["status"],
    "up": ["up", "--only", "mariadb,kafka"],
    "down": ["down", "gateway"],
    "health": ["health", "infra"],
    "outbox-status": ["outbox", "status"],
    "dlq-inspect": ["dlq", "inspect"],
    "smoke": ["smoke", "--timeout", "0", "--gateway", "http://127.0.0.1:1"],
}
"""A run of each command that a stack of servers alone can answer; smoke finds nobody there."""


LINES = {"logs": ["logs", "infra", "--tail", "20"]}
"""Runs of those that print one document a line."""


def schema(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((SCHEMAS / f"{name}.json").read_text("utf-8"))
    return document


@pytest.mark.parametrize("name", COMMANDS)
def test_the_document_keeps_its_schema(servers: StackUnderTest, name: str) -> None:
    answer = servers.paystack(
        *COMMANDS[name], "--output", "json", expect=5 if name == "smoke" else 0
    )
    jsonschema.Draft202012Validator(schema(name)).validate(answer.document)


@pytest.mark.parametrize("name", LINES)
def test_every_line_keeps_its_schema(servers: StackUnderTest, name: str) -> None:
    lines = servers.paystack(*LINES[name], "--output", "json").stdout.splitlines()
    assert lines
    for line in lines:
        jsonschema.Draft202012Validator(schema(name)).validate(json.loads(line))


def test_every_schema_is_that_of_a_command() -> None:
    assert {path.stem for path in Path(SCHEMAS).glob("*.json")} == {*COMMANDS, *LINES}


@pytest.mark.parametrize("name", [*COMMANDS, *LINES])
def test_every_schema_names_itself(name: str) -> None:
    document = schema(name)
    jsonschema.Draft202012Validator.check_schema(document)
    assert document["properties"]["schema"] == {"const": f"paystack.{name}/v1"}
