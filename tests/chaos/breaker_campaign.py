"""The breaker campaign: the circuit-breaker test of every variant, many times, and with mutants.

tests/chaos/breakers                20 runs of each variant, each mutant once
tests/chaos/breakers --runs 2       a short one
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.chaos.conftest import BREAKER_OPEN_MS
from tests.support.mutants import mutated
from tests.support.stack import StackUnderTest, own_stack

VARIANTS = ("broker-down", "card-network")
RUNS = 20
TEST_MAX_S = 240.0


@dataclass(frozen=True, slots=True)
class Mutant:
    """A relay that does wrong, and the step of the test that must find it."""

    name: str
    step: str


MUTANTS = (
    Mutant("breaker_never_opens", "opens"),
    Mutant("breaker_probes_four", "probes"),
    Mutant("breaker_open_lets_through", "kept-away"),
    Mutant("marks_before_acknowledged", "opens"),
)
"""The last one hears of no failure, so its breaker never opens."""
MUTANT_OPENS_WITHIN_S = 10.0
"""A whole stack opens after about 7 s."""
RELAY = "outbox-relay"


def run_test(stack: StackUnderTest, variant: str) -> dict[str, Any]:
    """The document of one test that must pass."""
    answer = stack.paystack(
        *("breaker", "test", "--variant", variant, "--output", "json"), timeout_s=TEST_MAX_S
    )
    return answer.document


def failed_step(stack: StackUnderTest, mutant: Mutant, folder: Path) -> str | None:
    """The step at which the test finds the mutant; None when it passes."""
    with mutated(stack, RELAY, mutant.name, folder):
        answer = stack.paystack(
            *("breaker", "test", "--opens-within", str(MUTANT_OPENS_WITHIN_S)),
            *("--output", "json"),
            expect=None,
            timeout_s=TEST_MAX_S,
        )
    failed = [check["name"] for check in answer.document["checks"] if check["outcome"] == "failed"]
    return failed[0] if failed else None


def figures(document: dict[str, Any]) -> dict[str, float]:
    """What was measured in one test, by name."""
    return {
        name: value
        for check in document["checks"]
        for name, value in check["facts"].items()
        if isinstance(value, (int, float))
    }


def line(number: int, variant: str, document: dict[str, Any]) -> str:
    """One row of the table."""
    seen = figures(document)
    return (
        f"{number:>3}  {variant:<12}  open {seen['time_to_open_s']:5.1f} s"
        f"  close {seen['time_to_close_s']:5.1f} s  probes {seen['probes']:.0f}"
        f"  backlog {seen['largest_backlog_rows']:5.0f}  drain {seen['drain_rate_per_s']:5.0f}/s"
        f"  p99 {seen['p99_s'] * 1000:4.0f} ms"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when every run was green and every mutant was found."""
    parser = argparse.ArgumentParser(prog="tests/chaos/breakers", description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS, help=f"of each variant ({RUNS})")
    options = parser.parse_args(arguments)
    unseen = []
    with tempfile.TemporaryDirectory(prefix="paystack-breakers-") as folder:
        state = Path(folder) / "state"
        opening = {"PAYSTACK_BREAKER_OPEN_MS": str(BREAKER_OPEN_MS)}
        with own_stack("breakers", state, **opening) as stack:
            for number in range(1, options.runs + 1):
                for variant in VARIANTS:
                    print(line(number, variant, run_test(stack, variant)), flush=True)
            for mutant in MUTANTS:
                step = failed_step(stack, mutant, Path(folder) / mutant.name)
                print(f"mutant {mutant.name}: {step or 'NOT FOUND'}", flush=True)
                if step != mutant.step:
                    unseen.append(mutant.name)
    if unseen:
        print(f"not found as they should be: {', '.join(unseen)}")
    return 1 if unseen else 0


if __name__ == "__main__":
    sys.exit(main())
