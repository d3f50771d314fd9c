"""What the word after `paystack trace` may mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paystack_cli.errors import UsageError
from paystack_cli.trace.subject import Subject, find_payments, read_subject

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


class Recorder:
    """A database that has one payment for every question, and remembers the questions."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def run(self, statements: object, timeout_s: float) -> list[list[list[object]]]:
        assert isinstance(statements, tuple)
        self.asked.extend(statements)
        return [[], [[7]]]


@pytest.mark.parametrize(
    ("word", "kinds"),
    [
        ("100000", ["payment", "event", "key"]),
        ("payment:100000", ["payment"]),
        ("event:5", ["event"]),
        ("key:100000", ["key"]),
        ("order-7", ["key"]),
        ("M-1/order-7", ["key"]),
        (TRACE, ["trace", "key"]),
        (f"00-{TRACE}-00f067aa0ba902b7-01", ["trace", "key"]),
        (f"trace:{TRACE}", ["trace"]),
        ("http://a", ["key"]),
        ("99999999999999999999", ["key"]),
    ],
)
def test_a_word_is_read_as_what_it_looks_like(word: str, kinds: list[str]) -> None:
    assert [subject.kind for subject in read_subject(word)] == kinds


@pytest.mark.parametrize("word", ["", "payment:x", "event:-1", "payment:", "key:", "event:1٣"])
def test_what_can_be_no_id_is_refused(word: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_subject(word)
    assert "paystack trace" in caught.value.hint


@given(st.text(min_size=1).filter(lambda text: not text.startswith(("payment:", "event:"))))
def test_no_key_breaks_out_of_its_query(word: str) -> None:
    database = Recorder()
    assert find_payments(database, Subject("key", word), 1.0) == [7]
    limit, query = database.asked
    assert limit.startswith("SET SESSION max_statement_time")
    literals = query.replace("CONVERT(X'", "").replace("' USING utf8mb4)", "")
    assert "'" not in literals
    assert ";" not in query


def test_merchant_and_key_use_the_index() -> None:
    database = Recorder()
    find_payments(database, Subject("key", "M-1/order/7"), 1.0)
    query = database.asked[-1]
    assert "merchant_id = CONVERT(X'4d2d31'" in query
    assert b"order/7".hex() in query
