"""The cursor: every place has one, every text that looks like one is a place."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ingest_service.cursor import decode_cursor, encode_cursor
from ingest_service.messages import CURSOR_PATTERN
from paycore.problem import Problem

places = st.tuples(
    st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(4253, 1, 1)),
    st.integers(min_value=1, max_value=2**63 - 1),
)


@given(places)
def test_a_place_comes_back(place: tuple[datetime, int]) -> None:
    assert decode_cursor(encode_cursor(place)) == place


@given(st.from_regex(CURSOR_PATTERN, fullmatch=True).filter(lambda text: text.isascii()))
def test_whatever_matches_the_pattern_is_a_place(text: str) -> None:
    if text.endswith("\n"):
        return
    requested_at, payment_id = decode_cursor(text)
    assert requested_at - datetime(1970, 1, 1) >= timedelta(0)
    assert 0 <= payment_id < 2**64


@pytest.mark.parametrize(
    "text", ["", "x", "A" * 19, "A" * 21, "A" * 19 + "=", "A" * 19 + "é", "A" * 20 + "\n"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(Problem) as refused:
        decode_cursor(text)
    assert refused.value.status == 400
