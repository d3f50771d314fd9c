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
    "restart": ["restart", "kafka-topics"],
    "plan": ["up", "--dry-run"],
    "config": ["config", "show"],
    "health": ["health", "infra"],
    "doctor": ["doctor"],
    "watch": ["watch", "--once"],
    "outbox-status": ["outbox", "status"],
    "outbox-list": ["outbox", "list"],
    "dlq-inspect": ["dlq", "inspect"],
    "dlq-list": ["dlq", "list"],
    "smoke": ["smoke", "--timeout", "0", "--gateway", "http://127.0.0.1:1"],
}
"""A run of each command that a stack of servers alone can answer; smoke finds nobody there."""


LINES = {"logs": ["logs", "infra", "--tail", "20"]}
"""Runs of those that print one document a line."""

IN_CONTAINERS = {"build"}
"""Run in tests/docker, because only containers have it."""

OF_REPLAYS = {"dlq-replay", "dlq-apply", "dlq-discard", "dlq-history"}
"""Run in tests/integration/replay, where there are letters."""

OF_EVENTS = {"dlq-letter", "outbox-show", "outbox-change", "outbox-doctor"}
"""Run in tests/integration/events, where there are letters and rows."""

OF_CONTEXTS = {
    "context",
    "context-baseline",
    "context-explain",
    "context-files",
    "context-rules",
    "context-suggest",
}
"""Run in tests/unit/output/test_context_reports.py: they need no server."""

OF_A_WHOLE_STACK = {"open", "trace", "verify"}
"""Run in tests/e2e, for the servers alone have no page."""

OF_BREAKERS = {"breaker-status", "breaker-test"}
"""Run in tests/chaos, where something is broken."""

OF_THE_PIPELINE = {"pipeline", "pipeline-baseline"}
"""Written in tests/integration/pipeline."""


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
    assert {path.stem for path in SCHEMAS.glob("*.json")} == {
        *COMMANDS,
        *LINES,
        *IN_CONTAINERS,
        *OF_REPLAYS,
        *OF_EVENTS,
        *OF_CONTEXTS,
        *OF_A_WHOLE_STACK,
        *OF_BREAKERS,
        *OF_THE_PIPELINE,
    }


@pytest.mark.parametrize(
    "name",
    sorted(
        {
            *COMMANDS,
            *LINES,
            *IN_CONTAINERS,
            *OF_REPLAYS,
            *OF_EVENTS,
            *OF_CONTEXTS,
            *OF_A_WHOLE_STACK,
            *OF_BREAKERS,
            *OF_THE_PIPELINE,
        }
    ),
)
def test_every_schema_names_itself(name: str) -> None:
    document = schema(name)
    jsonschema.Draft202012Validator.check_schema(document)
    assert document["properties"]["schema"] == {"const": f"paystack.{name}/v1"}
