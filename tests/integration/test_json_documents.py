"""What the commands print with `--output json` keeps the schemas in docs/schemas."""

import json

import jsonschema
import pytest

from tests.support.documents import SCHEMAS, keeps_schema, schema
from tests.support.stack import StackUnderTest

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

IN_CONTAINERS = {"build"}
"""Run in tests/docker, because only containers have it."""


@pytest.mark.parametrize("name", COMMANDS)
def test_the_document_keeps_its_schema(servers: StackUnderTest, name: str) -> None:
    answer = servers.paystack(
        *COMMANDS[name], "--output", "json", expect=5 if name == "smoke" else 0
    )
    keeps_schema(name, answer.document)


@pytest.mark.parametrize("name", LINES)
def test_every_line_keeps_its_schema(servers: StackUnderTest, name: str) -> None:
    lines = servers.paystack(*LINES[name], "--output", "json").stdout.splitlines()
    assert lines
    for line in lines:
        keeps_schema(name, json.loads(line))


def test_every_schema_is_that_of_a_command() -> None:
    assert {path.stem for path in SCHEMAS.glob("*.json")} == {*COMMANDS, *LINES, *IN_CONTAINERS}


@pytest.mark.parametrize("name", [*COMMANDS, *LINES, *IN_CONTAINERS])
def test_every_schema_names_itself(name: str) -> None:
    document = schema(name)
    jsonschema.Draft202012Validator.check_schema(document)
    assert document["properties"]["schema"] == {"const": f"paystack.{name}/v1"}
