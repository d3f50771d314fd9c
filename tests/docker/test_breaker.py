"""The circuit-breaker test on containers: what it broke is whole again, although it failed."""

from tests.support.container_stack import ContainerStack
from tests.support.waiting import wait_for

CLOSED_WITHIN_S = 60.0


def test_a_test_that_fails_heals_what_it_broke(stack: ContainerStack) -> None:
    before = stack.lives()
    answer = stack.paystack(
        *("breaker", "test", "--opens-within", "1", "--output", "json"), expect=1
    )
    outcomes = {check["name"]: check["outcome"] for check in answer.document["checks"]}
    assert outcomes["calm"] == "passed"
    assert outcomes["opens"] == "failed"
    assert outcomes["closes"] == "not_run"
    after = stack.lives()
    assert after.keys() == before.keys()
    assert {name for name in before if after[name] != before[name]} == {f"{stack.name}-kafka"}
    wait_for(lambda: _nothing_waits(stack), "drained", CLOSED_WITHIN_S)


def _nothing_waits(stack: ContainerStack) -> bool:
    closed = stack.paystack("breaker", "status", expect=None).exit_code == 0
    return (
        closed and stack.paystack("outbox", "status", "--output", "json").document["pending"] == 0
    )
