"""`--since` and `--where`: what they understand, and that raw bytes decide the same."""

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paystack_cli.errors import UsageError
from paystack_cli.events.letter import DeadLetter
from paystack_cli.events.selection import Selection
from paystack_cli.events.where import Condition
from tests.support.messages import Consumed

NOW_MS = 1_700_000_000_000
VALUE = {
    "amount": 1000,
    "rate": 1.50,
    "a": {"b": [{"c d": "x=1"}, None]},
    "name": "김",
    "flag": True,
}
LETTER = Consumed(
    of_value=json.dumps(VALUE).encode(),
    of_headers=[
        ("ce_type", b"PAYMENT_CAPTURED"),
        ("twice", b"1"),
        ("twice", b"2"),
        ("kafka_dlt-original-topic", b"payment.captured"),
        ("kafka_dlt-original-partition", struct.pack(">i", 3)),
        ("kafka_dlt-exception-fqcn", b"SchemaBreach"),
        ("kafka_dlt-exception-message", b"amount is\nabsent"),
    ],
)

HOLD = [
    "key=100000",
    "key!=7",
    "key~^1000",
    "key!~^7",
    "header.ce_type=PAYMENT_CAPTURED",
    "header.twice=1",
    "header.twice=2",
    "header.kafka_dlt-original-partition=3",
    "header.absent!=x",
    "header.kafka_dlt-exception-message~is\nabs",
    "$.amount=1000",
    "$.rate~^1",
    "$.a.b[0].c d=x=1",
    '$.a.b[0]["c d"]=x=1',
    "$.a.b[1]=null",
    "$.flag=true",
    "$.name=김",
    "$.nothing.here!=1",
    "event=PAYMENT_CAPTURED",
    "origin=payment.captured",
    "exception~Breach$",
    "message~absent",
    f"fingerprint={DeadLetter.of(LETTER.message).fingerprint.id}",
]
FAIL = [
    "key=7",
    "header.twice!=2",
    "header.absent=x",
    "header.absent~.",
    "$.amount=1000.0",
    "$.amount!=1000",
    "$.a.b[2]=1",
    "$.a[0]=1",
    "$.amount.x=1",
    "consumer=nobody",
]


def selected(*where: str, since: str | None = None, letter: Consumed = LETTER) -> bool:
    return bool(Selection.parse(since, where, NOW_MS).select([letter.message]))


@pytest.mark.parametrize("where", HOLD)
def test_conditions_that_hold(where: str) -> None:
    assert selected(where)


@pytest.mark.parametrize("where", FAIL)
def test_conditions_that_do_not(where: str) -> None:
    assert not selected(where)


def test_all_conditions_must_hold() -> None:
    assert selected(*HOLD)
    assert not selected(*HOLD, FAIL[0])


@pytest.mark.parametrize("value", [None, b"", b"\xff", b"[", b"[" * 100_000, b"7"])
def test_a_value_that_is_no_object_has_nothing_at_a_path(value: bytes | None) -> None:
    assert not selected("$.amount=1000", letter=Consumed(of_value=value))
    assert selected("$.amount!=1000", letter=Consumed(of_value=value))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["a", "b"]), JSON), st.booleans(), JSON)
def test_what_raw_bytes_rule_out_would_not_have_matched(
    value: dict[str, object], ascii_only: bool, sought: object
) -> None:
    text = sought if isinstance(sought, str) else json.dumps(sought)
    message = Consumed(
        of_value=json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "replace")
    )
    condition = Condition("$.a", "=", text)
    assert condition.may_match(message.message) or not condition.matches(
        DeadLetter.of(message.message)
    )


@pytest.mark.parametrize(
    "where", ["", "key", "=1", "size=1", "$=1", "$.=1", "$.a[x]=1", "key~(", "header.=1"]
)
def test_what_is_no_condition_is_refused(where: str) -> None:
    with pytest.raises(UsageError) as refused:
        Condition.parse(where)
    assert "key=100000" in refused.value.hint


@pytest.mark.parametrize(
    ("since", "age_ms", "meant"),
    [
        ("90s", 90_000, True),
        ("90s", 90_001, False),
        ("10m", 600_000, True),
        ("2h", 7_200_001, False),
        ("1d", 86_400_000, True),
        ("2023-11-14T22:13:20Z", 0, True),
        ("2023-11-15T07:13:20+09:00", 0, True),
    ],
)
def test_since(since: str, age_ms: int, meant: bool) -> None:
    assert selected(since=since, letter=Consumed(at_ms=NOW_MS - age_ms)) is meant


@pytest.mark.parametrize("since", ["", "10", "10 m", "yesterday", "-5m", "99999999999d"])
def test_what_is_no_time_is_refused(since: str) -> None:
    with pytest.raises(UsageError, match="--since does not understand"):
        Selection.parse(since, (), NOW_MS)
