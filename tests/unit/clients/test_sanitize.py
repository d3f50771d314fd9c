"""What is printed of foreign text: no card number, no terminal escape, one bounded line."""

import unicodedata
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from paycore import masking

from paystack_cli.clients.sanitize import SHOWN_CHARACTERS_MAX, mask_card_numbers, sanitize

CARDS = {
    "4111111111111111": "411111******1111",
    "4111 1111 1111 1111": "411111******1111",
    "5500-0000-0000-0004": "550000******0004",
    "378282246310005": "378282*****0005",
    "6011111111111117": "601111******1117",
    "4222222222222": "422222***2222",
    "6304000000000000000": "630400*********0000",
}
"""Published test numbers that pass the check digit, and how they are shown."""

LEFT_ALONE = [
    "4111111111111112",
    "payment 100000 of merchant 42",
    "2026-11-22T16:41:29.822661Z",
    "411111******1111",
    "12345678901234567890123",
    "12345678-1234-1234-1234-123456789012",
    "6f1f2d3c-0b5e-4c7a-8004-111111111111",
    "00-41111111111111114bf92f3577b34da6-00f067aa0ba902b7-01",
    "sha1 4111111111111111da39a3ee5e6b4b0d3255bfef",
    "",
]


@pytest.mark.parametrize(("card", "shown"), CARDS.items())
@pytest.mark.parametrize("around", ["{}", "card {} declined", '{{"pan":"{}"}}', "1000 {} 12"])
def test_card_numbers_are_masked_wherever_they_stand(card: str, shown: str, around: str) -> None:
    assert mask_card_numbers(around.format(card)) == around.format(shown)


def test_several_card_numbers_in_one_text() -> None:
    assert mask_card_numbers(" / ".join(CARDS)) == " / ".join(CARDS.values())


CARD_PREFIXES = st.text("0123456789", min_size=12, max_size=18)


def with_check_digit(digits: str) -> str:
    """The digits with the one that makes them a card number (ISO/IEC 7812-1, annex B)."""
    total = sum(
        int(digit) if place % 2 else sum(divmod(2 * int(digit), 10))
        for place, digit in enumerate(reversed(digits))
    )
    return digits + str(-total % 10)


@given(CARD_PREFIXES, st.lists(st.sampled_from(["", " ", "-"]), min_size=18, max_size=18))
def test_no_card_number_survives_however_it_is_split(prefix: str, gaps: list[str]) -> None:
    card = with_check_digit(prefix)
    split = "".join(digit + gap for digit, gap in zip(card, gaps, strict=False)) + card[18:]
    for text in (split, f"pan={split}.", f'{{"card":"{split}"}}', f"card{split}"):
        assert card not in "".join(c for c in sanitize(text) if c.isdigit())


@given(st.uuids(), st.integers(0, 2**160 - 1))
def test_ids_and_hashes_stay_readable(uuid: UUID, number: int) -> None:
    text = f"event {uuid} trace {uuid.hex[:31]}f sha1 {number:039x}f"
    assert mask_card_numbers(text) == text


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_other_numbers_stay(text: str) -> None:
    assert mask_card_numbers(text) == text


@pytest.mark.parametrize("card", CARDS)
def test_the_services_mask_the_same_numbers_in_the_same_way(card: str) -> None:
    assert masking.mask_card_numbers(card) == mask_card_numbers(card)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("two\nlines\ttab", "two\\nlines\\ttab"),
        ("\u202eevitcefed", "\\u202eevitcefed"),
        ("\x9b31m", "\\x9b31m"),
        ("lone \ud800", "lone \\ud800"),
        ("결제 실패", "결제 실패"),
    ],
)
def test_controls_are_shown_not_obeyed(text: str, shown: str) -> None:
    assert sanitize(text) == shown


def test_a_card_number_at_the_cut_is_masked_before_it_is_cut() -> None:
    text = "x" * (SHOWN_CHARACTERS_MAX - 10) + " 4111111111111111"
    assert "4111111" not in sanitize(text)
    assert sanitize(text).endswith("…")


@given(st.text(max_size=2 * SHOWN_CHARACTERS_MAX))
def test_whatever_comes_in_one_printable_line_comes_out(text: str) -> None:
    shown = sanitize(text)
    assert not [c for c in shown if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]


@given(st.lists(st.sampled_from(["4111111111111111", "1", "22", " ", "-", "x"]), max_size=200))
@example(["4111111111111111", " ", *"1111", "22", "22", "22"])
def test_masking_twice_changes_nothing_more(parts: list[str]) -> None:
    once = mask_card_numbers("".join(parts))
    assert mask_card_numbers(once) == once
