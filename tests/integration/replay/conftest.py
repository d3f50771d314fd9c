"""A plan of the letters of one test alone."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.dead_letters import DEAD_LETTER_TOPIC, TARGET, Dead, forget_letters
from tests.support.stack import Answer, StackUnderTest
from tests.support.topics import Record, read_topics


@dataclass(frozen=True, slots=True)
class Bench:
    """A stack, a plan file, and what they give."""

    stack: StackUnderTest
    plan: Path

    def make_plan(self, *arguments: str, expect: int = 0) -> dict[str, Any]:
        """The document of a new plan, which the file holds too."""
        answer = self.stack.paystack(
            *("dlq", "replay", DEAD_LETTER_TOPIC, "--plan", str(self.plan), "--output", "json"),
            *arguments,
            expect=expect,
        )
        return answer.document

    def verdicts(self, *, expect: int = 0) -> list[tuple[str, list[str]]]:
        """Of a new plan."""
        letters = self.make_plan(expect=expect)["letters"]
        return [(letter["verdict"], letter["reasons"]) for letter in letters]

    def apply(self, *arguments: str, expect: int = 0, **environment: str) -> Answer:
        command = ("dlq", "apply", str(self.plan), "--yes", "--output", "json")
        return self.stack.paystack(*command, *arguments, expect=expect, **environment)

    def change_plan(self, **changed: Any) -> None:
        """As somebody with an editor would."""
        document = json.loads(self.plan.read_text("utf-8"))
        self.plan.write_text(json.dumps(document | changed), "utf-8")

    def sent(self, dead: Sequence[Dead]) -> list[Record]:
        """What readers of committed records find of these events in their topic."""
        wanted = {str(letter.event_id).encode() for letter in dead}
        records = read_topics(self.stack.bootstrap, [TARGET])
        return [record for record in records if record.header("ce_id") in wanted]


@pytest.fixture
def bench(servers: StackUnderTest, tmp_path: Path) -> Bench:
    forget_letters(servers)
    return Bench(servers, tmp_path / "plan.json")
