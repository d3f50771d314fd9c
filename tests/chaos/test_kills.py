"""Each process of the stack is killed once under load, and no payment suffers."""

import secrets
from pathlib import Path

from tests.chaos.campaign import line, run_campaign
from tests.support.stack import StackUnderTest


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
