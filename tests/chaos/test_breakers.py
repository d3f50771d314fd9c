"""The circuit-breaker test passes on a stack that is well, and finds a breaker that does wrong."""

import random
import signal
from pathlib import Path

import pytest

from tests.chaos.breaker_campaign import MUTANTS, VARIANTS, failed_step, line, run_test
from tests.support.documents import keeps_schema
from tests.support.stack import StackUnderTest
from tests.support.waiting import wait_for

INTERRUPTED = 130
ANSWER_MAX_S = 60.0


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_step_passes(stack: StackUnderTest, variant: str) -> None:
    document = run_test(stack, variant)
    print(line(1, variant, document))
    keeps_schema("breaker-test", document)
    assert {check["outcome"] for check in document["checks"]} == {"passed"}
    breakers = stack.paystack("breaker", "status", "--output", "json").document
    keeps_schema("breaker-status", breakers)
    assert {breaker["state"] for breaker in breakers["breakers"]} == {"CLOSED"}


def test_a_breaker_that_does_wrong_is_found(stack: StackUnderTest, tmp_path: Path) -> None:
    mutant = random.choice(MUTANTS)  # the campaign has all of them
    assert failed_step(stack, mutant, tmp_path / "project") == mutant.step, mutant.name


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_what_was_broken_is_healed_although_it_is_interrupted(
    stack: StackUnderTest, asked: signal.Signals
) -> None:
    with stack.start("breaker", "test") as testing:
        wait_for(lambda: stack.status("kafka")["kafka"]["pid"] is None, "broken", ANSWER_MAX_S)
        testing.send_signal(asked)
        _, told = testing.communicate(timeout=ANSWER_MAX_S)
    assert testing.returncode == INTERRUPTED, told
    assert stack.status("kafka")["kafka"]["state"] == "running"
    wait_for(lambda: _all_closed(stack), "closed again", ANSWER_MAX_S)


def _all_closed(stack: StackUnderTest) -> bool:
    answer = stack.paystack("breaker", "status", "--output", "json", expect=None)
    return answer.exit_code == 0
