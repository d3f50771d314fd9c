"""Card numbers never leave a service readable: first 6 and last 4 digits at most (PCI DSS 3.4)."""

import re

CARD_DIGITS_MIN, CARD_DIGITS_MAX = 13, 19
"""Length of a primary account number, ISO/IEC 7812-1."""

# Digits in groups split by single spaces or dashes; letters or a point beside them make it an id,
# a hash or a fraction.
_RUN = re.compile(r"(?<![0-9A-Za-z.])[0-9](?:[ -]?[0-9]){12,}(?![0-9A-Za-z])")
_GROUP = re.compile(r"[0-9]+")


def passes_luhn(digits: str) -> bool:
    """The check digit of ISO/IEC 7812-1, annex B."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit)
        if position % 2:
            value = value * 2 - 9 if value > 4 else value * 2
        total += value
    return total % 10 == 0


def _mask_run(run: re.Match[str]) -> str:
    """Masks each stretch of whole groups that is as long as a card number and passes Luhn."""
    text = run[0]
    groups = list(_GROUP.finditer(text))
    masked: list[str] = []
    written, first = 0, 0
    while first < len(groups):
        digits, last = "", first
        found = -1
        while last < len(groups) and len(digits) + len(groups[last][0]) <= CARD_DIGITS_MAX:
            digits += groups[last][0]
            last += 1
            if len(digits) >= CARD_DIGITS_MIN and passes_luhn(digits):
                found, card = last, digits
        if found < 0:
            first += 1
            continue
        masked.append(text[written : groups[first].start()])
        masked.append(card[:6] + "*" * (len(card) - 10) + card[-4:])
        written, first = groups[found - 1].end(), found
    return "".join(masked) + text[written:]


def mask_card_numbers(text: str) -> str:
    """`text` with every card number in it masked, also when split by single spaces or dashes.

    Again until none is left: the last digits that a mask shows may make another with what follows.
    """
    while (masked := _RUN.sub(_mask_run, text)) != text:
        text = masked
    return masked
