"""Behaviour: what a PATCH changes, and that the same seed draws the same fates."""

import msgspec
import pytest
from pg_simulator.behaviour import Behaviour, BehaviourChange, Behaviours, Operation

AUTHORIZE = Operation.AUTHORIZE


def test_by_default_everything_is_approved_at_once() -> None:
    fate = Behaviours(seed=1).fate(AUTHORIZE, 1_000)
    assert (fate.delay_s, fate.fails, fate.declines, fate.times_out_s) == (0, False, False, 0)


def test_a_change_touches_what_it_names() -> None:
    behaviours = Behaviours(seed=1)
    behaviours.change([AUTHORIZE], BehaviourChange(latency_ms=100))
    behaviours.change([AUTHORIZE], BehaviourChange(outage=True))
    current = behaviours.current()
    assert current[AUTHORIZE] == Behaviour(latency_ms=100, outage=True)
    assert current[Operation.REFUND] == Behaviour()
    behaviours.reset()
    assert behaviours.current()[AUTHORIZE] == Behaviour()


def test_latency_has_jitter_on_top() -> None:
    behaviours = Behaviours(seed=1)
    behaviours.change([AUTHORIZE], BehaviourChange(latency_ms=100, jitter_ms=50))
    delays = [behaviours.fate(AUTHORIZE, 1).delay_s for _ in range(200)]
    assert 0.1 <= min(delays) < max(delays) <= 0.15


def test_the_same_seed_draws_the_same_fates() -> None:
    def draw() -> list[object]:
        behaviours = Behaviours(seed=7)
        behaviours.change(
            [AUTHORIZE], BehaviourChange(decline_rate=0.3, error_rate=0.2, timeout_rate=0.1)
        )
        return [behaviours.fate(AUTHORIZE, 1) for _ in range(100)]

    fates = draw()
    assert fates == draw()
    assert len(set(fates)) > 1


@pytest.mark.parametrize(("amount", "declined"), [(1_051, True), (51, True), (510, False)])
def test_amounts_with_the_ending_are_declined(amount: int, declined: bool) -> None:
    behaviours = Behaviours(seed=1)
    behaviours.change([AUTHORIZE], BehaviourChange(decline_amount_ending="51"))
    assert behaviours.fate(AUTHORIZE, amount).declines is declined


@pytest.mark.parametrize(
    "document",
    [b'{"latencyMs":-1}', b'{"declineRate":1.1}', b'{"outage":1}', b'{"unknown":1}', b"[]"],
)
def test_nonsense_is_refused(document: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(document, type=BehaviourChange)
