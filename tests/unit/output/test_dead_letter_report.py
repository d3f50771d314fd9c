"""Dead letters of any bytes: shown without a traceback, nothing invented, nothing dangerous."""

import base64
import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paystack_cli.events.browse import Recovered
from paystack_cli.events.dead_letter_headers import DIALECTS, Header
from paystack_cli.events.letter import DeadLetter
from paystack_cli.output.dead_letter_report import report_arrival, report_letter, report_list
from paystack_cli.output.letter_document import letter_document
from tests.support.documents import keeps_schema
from tests.support.messages import Consumed

NAMES = [name for dialect in DIALECTS for name in dialect.fields]
HEADERS = st.lists(
    st.tuples(
        st.sampled_from([*NAMES, "ce_id", "ce_type", "retry_topic-attempts"]) | st.text(),
        st.none() | st.binary(max_size=80),
    ),
    max_size=12,
)
CARD = "4111 1111-1111 1111"


def letter_of(
    key: bytes | None, value: bytes | None, headers: list[Header], at_ms: int = 1
) -> DeadLetter:
    consumed = Consumed(of_key=key, of_value=value, of_headers=headers, at_ms=at_ms)
    return DeadLetter.of(consumed.message)


@given(st.none() | st.binary(), st.none() | st.binary(), HEADERS, st.integers(-(2**63), 2**63 - 1))
def test_any_bytes_keep_the_schema_and_survive_unmasked(
    key: bytes | None, value: bytes | None, headers: list[Header], at_ms: int
) -> None:
    letter = letter_of(key, value, headers, at_ms)
    document = letter_document(letter, unmasked=True)
    keeps_schema("dlq-letter", document)
    raw = json.loads(json.dumps(document))["raw"]

    def exact(text: str | None) -> bytes | None:
        return None if text is None else base64.b64decode(text)

    assert (exact(raw["key"]), exact(raw["value"])) == (key, value)
    assert [(name, exact(held)) for name, held in raw["headers"]] == headers


@given(key=st.binary(), value=st.binary(), headers=HEADERS)
def test_nothing_that_is_shown_drives_a_terminal(
    key: bytes, value: bytes, headers: list[Header]
) -> None:
    told: list[str] = []
    letter = letter_of(key, value, headers)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("typer.echo", lambda text: told.append(str(text)))
        report_letter(letter, Recovered(key, tuple(headers)), as_json=False)
        report_arrival(letter, as_json=False)
        report_list([letter], None, as_json=False)
    for character in "".join(told).replace("\n", "").replace("\t", ""):
        assert unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def test_a_card_number_is_masked_wherever_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    card = CARD.encode()
    trace = b"Refused: " + card + b"\n\tat org.example.Main"
    letter = letter_of(
        card,
        json.dumps({"card": CARD, "deep": [{"pan": "4111111111111111"}]}).encode(),
        [
            ("note", card),
            (f"of {CARD}", b""),
            ("kafka_dlt-exception-message", b"no " + card),
            ("kafka_dlt-exception-stacktrace", trace),
        ],
    )
    original = Recovered(card, (("note", card),))
    report_letter(letter, original, as_json=False)
    report_arrival(letter, as_json=False)
    report_list([letter], None, as_json=False)
    report_letter(letter, original, as_json=True)
    shown = capsys.readouterr().out
    digits = "".join(c for c in shown if c.isdigit() or c == "*")
    assert "4111111111111111" not in digits
    assert shown.count("411111******1111") >= 15
    assert "\tat org.example.Main" in shown, "a stack trace keeps its lines"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (b'{"amount":1000,"name":"\xea\xb9\x80"}', '    "amount": 1000,\n    "name": "김"\n'),
        (b"not json", "  not json\n"),
        (b"", "value:\n  (none)\n"),
        (None, "value:\n  (none)\n"),
    ],
)
def test_a_value_is_printed_neatly(
    value: bytes | None, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    report_letter(letter_of(None, value, []), None, as_json=False)
    assert shown in capsys.readouterr().out


def test_an_original_record_that_is_gone_is_said_to_be(capsys: pytest.CaptureFixture[str]) -> None:
    report_letter(letter_of(b"1", b"{}", []), Recovered(gone="retention"), as_json=False)
    assert "gone: retention" in capsys.readouterr().out
