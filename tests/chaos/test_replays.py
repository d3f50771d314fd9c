"""A short replay campaign: whatever is killed while it is applied, a plan is carried out once."""

import secrets
from pathlib import Path

from tests.chaos.replay_campaign import line, run_campaign, wrong
from tests.support.dead_letters import EVENT_TYPE, bury, captured_payments
from tests.support.inbox import wait_applied
from tests.support.produce import event_record, put
from tests.support.stack import StackUnderTest

ROUNDS = 3


def test_each_record_goes_once_whatever_is_killed(stack: StackUnderTest, tmp_path: Path) -> None:
    seed = secrets.randbelow(1_000_000)
    print(f"seed {seed}")
    played = []
    for one in run_campaign(stack, tmp_path, seed=seed, rounds=ROUNDS, broker_every=ROUNDS):
        print(line(one), flush=True)
        played.append(one)
    assert len(played) == ROUNDS
    wrong = [line(one) for one in played if one.wrong]
    assert not wrong, "\n".join([f"replay: tests/chaos/replays --seed {seed}", *wrong])


def test_the_campaign_would_find_a_record_that_went_twice(stack: StackUnderTest) -> None:
    ((payment_id, event_id),) = captured_payments(stack, 1)
    dead = bury(stack, [(payment_id, event_id)])
    put(stack, [event_record(stack, event_id, EVENT_TYPE, payment_id)] * 2)
    wait_applied(stack, "consumer-worker", [event_id])
    found = "\n".join(wrong(stack, dead))
    assert f"event {event_id} is 2 times in payment.captured" in found
    assert "has 0 entries in paystack.replay.ledger" in found
