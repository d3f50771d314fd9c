import pytest
from hypothesis import given
from hypothesis import strategies as st
from paycore.masking import mask_card_numbers, passes_luhn


def with_check_digit(digits: str) -> str:
    """`digits` completed to a number that passes Luhn (computed apart from the code under test)."""
    doubled = [int(d) * (2 if i % 2 == 0 else 1) for i, d in enumerate(reversed(digits))]
    total = sum(d // 10 + d % 10 for d in doubled)
    return digits + str(-total % 10)


card_numbers = (
    st.text("0123456789", min_size=12, max_size=18)
    .filter(lambda digits: digits[0] != "0")
    .map(with_check_digit)
)


@st.composite
def written_card_numbers(draw: st.DrawFn) -> tuple[str, str]:
    """A card number, and the way somebody wrote it: whole, or split by single spaces or dashes."""
    number = draw(card_numbers)
    separator = draw(st.sampled_from(["", " ", "-"]))
    return number, separator.join(number[i : i + 4] for i in range(0, len(number), 4))


@given(card_numbers)
def test_generated_numbers_are_valid(number: str) -> None:
    assert passes_luhn(number)


@given(written_card_numbers(), st.sampled_from(['{"card":"%s"}', "card %s declined", "(%s)", "%s"]))
def test_no_valid_card_number_survives(written: tuple[str, str], template: str) -> None:
    number, text = written
    masked = mask_card_numbers(template % text)
    assert number not in masked.replace(" ", "").replace("-", "")
    assert number[:6] in masked
    assert number[-4:] in masked


@pytest.mark.parametrize(
    "text",
    [
        "payment 100123 amount 5000 KRW",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        '"occurredAt":"2026-11-22T16:44:07.926073Z"',
        "offset 4111111111111112",
        "hash 4111111111111111f00d",
        "0.4111111111111111",
        "12345678901234567890123456",
    ],
)
def test_what_is_no_card_number_stays_readable(text: str) -> None:
    assert mask_card_numbers(text) == text


def test_a_card_number_beside_other_digits_is_found() -> None:
    assert mask_card_numbers("1 4111-1111-1111-1111 2") == "1 411111******1111 2"


def test_the_shown_end_of_a_card_makes_no_other_with_what_follows() -> None:
    once = mask_card_numbers("4111111111111111 1111222222")
    assert once == "411111******111111****2222"
    assert mask_card_numbers(once) == once
