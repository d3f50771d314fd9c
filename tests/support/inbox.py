"""The inbox of a stack: which events a consumer has applied."""

from collections.abc import Sequence

from tests.support.stack import StackUnderTest
from tests.support.waiting import wait_for

APPLIED_WITHIN_S = 20.0


def wait_applied(stack: StackUnderTest, consumer: str, event_ids: Sequence[int]) -> None:
    """Until `consumer` has applied all of `event_ids`."""
    marks = ",".join(["%s"] * len(event_ids))
    inbox = f"SELECT event_id FROM inbox_event WHERE consumer = %s AND event_id IN ({marks})"
    wait_for(
        lambda: len(stack.rows(inbox, (consumer, *event_ids))) == len(event_ids),
        f"{event_ids} in the inbox of {consumer}",
        APPLIED_WITHIN_S,
    )
