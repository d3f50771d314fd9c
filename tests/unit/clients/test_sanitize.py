"""What is printed of foreign text: no card number, no terminal escape, one bounded line."""

import unicodedata

import pytest
from hypothesis import given
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
    "",
]


@pytest.mark.parametrize(("card", "shown"), CARDS.items())
@pytest.mark.parametrize("around", ["{}", "card {} declined", '{{"pan":"{}"}}', "1000 {} 12"])
def test_card_numbers_are_masked_wherever_they_stand(card: str, shown: str, around: str) -> None:
    assert mask_card_numbers(around.format(card)) == around.format(shown)


def test_several_card_numbers_in_one_text() -> None:
    assert mask_card_numbers(" / ".join(CARDS)) == " / ".join(CARDS.values())


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
def test_masking_twice_changes_nothing_more(parts: list[str]) -> None:
    once = mask_card_numbers("".join(parts))
    assert mask_card_numbers(once) == once
