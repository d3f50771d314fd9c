"""Each process of the stack is killed once under load, and no payment suffers."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.campaign import BREAKER_OPEN_MS, line, run_campaign
from tests.support.stack import StackUnderTest, own_stack

pytestmark = pytest.mark.chaos


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackUnderTest]:
    state = tmp_path_factory.mktemp("kills")
    with own_stack("kills", state, PAYSTACK_BREAKER_OPEN_MS=str(BREAKER_OPEN_MS)) as running:
        yield running


def test_every_acknowledged_payment_reaches_the_ledger_once_whatever_is_killed(
    stack: StackUnderTest, tmp_path: Path
) -> None:
    seed = secrets.randbelow(1_000_000)
    print(f"seed {seed}")
    episodes = []
    for episode in run_campaign(stack, tmp_path, seed=seed):
        print(line(episode), flush=True)
        episodes.append(episode)
    assert sum(episode.acknowledged for episode in episodes) > 0
    failed = [line(episode) for episode in episodes if not episode.passed]
    assert not failed, "\n".join([f"replay: tests/chaos/kills --seed {seed}", *failed])
