"""Steps run in parallel, in order of need, and stop together."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from paystack_cli.engines.base import Action
from paystack_cli.engines.executor import Cancelled, Gate, execute
from paystack_cli.engines.plan import Step

WAIT_S = 10.0


def _step(name: str, *after: str) -> Step:
    return Step(service=name, action=Action.STARTED, reason="", after=after)


def test_outcomes_come_in_the_order_of_the_steps() -> None:
    def act(step: Step, gate: Gate) -> str:
        gate.wait_for_needs()
        return step.service.upper()

    assert execute([_step("b", "a"), _step("a"), _step("c", "b")], act) == ("B", "A", "C")


def test_no_steps_have_no_outcomes() -> None:
    assert execute([], lambda step, _gate: step) == ()


def test_independent_steps_run_at_the_same_time() -> None:
    both = threading.Barrier(2, timeout=WAIT_S)
    outcomes = execute([_step("a"), _step("b")], lambda _step, _gate: both.wait())
    assert sorted(outcomes) == [0, 1]


def test_a_step_does_what_needs_nobody_before_it_waits() -> None:
    prepared = threading.Event()

    def act(step: Step, gate: Gate) -> None:
        if step.service == "late":
            prepared.set()
            gate.wait_for_needs()
        else:
            assert prepared.wait(WAIT_S)

    execute([_step("early"), _step("late", "early")], act)


def test_a_failure_cancels_the_others_and_is_the_one_that_is_raised() -> None:
    cancelled = []

    def act(step: Step, gate: Gate) -> None:
        try:
            gate.wait_for_needs()
            if step.service == "broken":
                raise ValueError("broken")
            gate.pause(WAIT_S)
            pytest.fail("it was not cancelled")
        except Cancelled:
            cancelled.append(step.service)
            raise

    with pytest.raises(ValueError, match="broken"):
        execute([_step("busy"), _step("waiting", "broken"), _step("broken")], act)
    assert sorted(cancelled) == ["busy", "waiting"]


def test_an_interrupt_while_the_steps_are_handed_out_ends_those_that_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One step runs, another waits for one that was never handed out."""
    submit = ThreadPoolExecutor.submit
    handed_out: list[object] = []

    def interrupted(pool: ThreadPoolExecutor, *work: Any) -> Any:
        if len(handed_out) == 2:
            raise KeyboardInterrupt
        handed_out.append(work)
        return submit(pool, *work)

    def act(step: Step, gate: Gate) -> None:
        gate.wait_for_needs()
        gate.pause(WAIT_S)

    monkeypatch.setattr(ThreadPoolExecutor, "submit", interrupted)
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        execute([_step("runs"), _step("waits", "never"), _step("never")], act)
    assert time.monotonic() - began < WAIT_S
