"""A slice of the bench `startup`: `status` costs little more than Compose's own answer."""

import pytest

from tests.bench.startup_bench import CASES, ROUNDS, RUNS, report, time_status_in_containers
from tests.support.container_stack import ContainerStack


def test_status_beside_compose(stack: ContainerStack, capsys: pytest.CaptureFixture[str]) -> None:
    stack.paystack("restart", "pg-simulator")  # how its last process ended is asked for as well
    taken = time_status_in_containers(stack, ROUNDS, RUNS)
    kept = report(taken, CASES["compose"].goals)
    assert kept, capsys.readouterr().out
