"""The journal of clients, as the load generator of the chaos campaign writes it."""

import json
from pathlib import Path

import pytest

from paystack_cli.errors import PreflightError
from paystack_cli.verify.journal import Acknowledged, read_journal
from tests.chaos.journal import Asked, Journal, Operation


def test_what_the_campaign_writes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    authorize = Asked(Operation.AUTHORIZE, "k", "M", 500, "KRW")
    journal.sending(authorize, 1)
    journal.unanswered(authorize, 1, "timed out")
    journal.sending(authorize, 2)
    for attempt, body in enumerate(('{"paymentId": 7}', '{"paymentId":7}'), start=2):
        journal.answered(authorize, attempt, 200, body)
    refund = Asked(Operation.REFUND, "k", "M", 500, "KRW", payment_id=7)
    journal.sending(refund, 1)
    journal.answered(refund, 1, 200, "{}")
    other = Asked(Operation.REUSE, "k", "M", 501, "KRW")
    journal.sending(other, 1)
    journal.answered(other, 1, 200, "{}")
    declined = Asked(Operation.AUTHORIZE, "k2", "M", 1, "KRW")
    journal.sending(declined, 1)
    journal.answered(declined, 1, 402, "{}")
    journal.close()
    read = read_journal(path)
    answers = frozenset({'{"paymentId": 7}', '{"paymentId":7}'})
    assert read.acknowledged == [Acknowledged(7, "M", "k", 500, "KRW", answers)]
    assert (read.refunded, read.reused) == ({7}, {"k": 200})


@pytest.mark.parametrize(
    "content",
    [None, "x", "[]", "{}", json.dumps({"event": "answer", "operation": "refund", "key": "k"})],
)
def test_what_is_no_journal_is_a_clear_error(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "journal.jsonl"
    if content is not None:
        path.write_text(content)
    with pytest.raises(PreflightError, match="is no journal of clients"):
        read_journal(path)
