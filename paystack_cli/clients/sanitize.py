"""Text from records and servers, made fit to print: card numbers masked, no terminal escapes.

Applied where such text enters, so that no renderer can forget it.
"""

import re
import unicodedata
from collections.abc import Iterator

CARD_DIGITS_MIN, CARD_DIGITS_MAX = 13, 19
"""Length of a primary account number, ISO/IEC 7812-1."""
SHOWN_CHARACTERS_MAX = 500
"""A longer text is cut. The mask sees MARGIN more, so a number at the cut is still whole to it."""
MARGIN_CHARACTERS = 2 * CARD_DIGITS_MAX

_ID = (
    r"(?<![0-9A-Za-z])(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
    r"|(?=[0-9]*[a-f])(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32}))(?![0-9A-Za-z])"
)
"""A UUID, or a trace id or hash in hexadecimal: as many digits in a row are chance there."""
_RUN = re.compile(rf"{_ID}|(?P<run>\d(?:\d|[ -](?!{_ID})\d){{12,}})", re.ASCII | re.IGNORECASE)
"""Digits in groups split by single spaces or dashes, as cards are written; ids pass as they are."""
_GROUP = re.compile(r"\d+", re.ASCII)

_LINE_PARTS = re.compile(r"[^\n\t]+")

_CONTROL_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode: control, format (text direction), surrogate, line and paragraph separators."""


def sanitize(text: str) -> str:
    """One printable line: card numbers as first 6 and last 4 digits, controls as `\\x1b`, cut."""
    masked = mask_card_numbers(text[: SHOWN_CHARACTERS_MAX + MARGIN_CHARACTERS])
    cut = masked if len(text) <= SHOWN_CHARACTERS_MAX else masked[:SHOWN_CHARACTERS_MAX] + "…"
    return printable(cut)


def printable(text: str) -> str:
    """`text` with controls shown as `\\x1b`, so that they cannot drive the reader's terminal."""
    return text if text.isprintable() else "".join(map(_visible, text))


def readable(text: str, characters_max: int) -> str:
    """As `sanitize`, but a longer text that keeps its lines and tabs."""
    masked = mask_card_numbers(text[: characters_max + MARGIN_CHARACTERS])
    cut = masked if len(text) <= characters_max else masked[:characters_max] + "…"
    return _LINE_PARTS.sub(lambda part: printable(part[0]), cut)


def mask_card_numbers(text: str) -> str:
    """`text` with every stretch of whole digit groups that is a card number masked.

    Again until none is left: the last digits that a mask shows may make another with what follows.
    """
    while (masked := _RUN.sub(_without_cards, text)) != text:
        text = masked
    return masked


def _without_cards(found: re.Match[str]) -> str:
    return _masked(found["run"]) if found["run"] else found[0]


def _masked(run: str) -> str:
    for start, end, digits in _stretches(run):
        if _passes_luhn(digits):
            card = digits[:6] + "*" * (len(digits) - 10) + digits[-4:]
            return run[:start] + card + _masked(run[end:])
    return run


def _stretches(run: str) -> Iterator[tuple[int, int, str]]:
    """Begin, end and digits of all neighbouring groups that are together as long as a card."""
    groups = list(_GROUP.finditer(run))
    for first, group in enumerate(groups):
        digits = ""
        for following in groups[first : first + CARD_DIGITS_MAX]:
            digits += following[0]
            if CARD_DIGITS_MIN <= len(digits) <= CARD_DIGITS_MAX:
                yield group.start(), following.end(), digits


def _passes_luhn(digits: str) -> bool:
    """The check digit of ISO/IEC 7812-1, annex B."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0


def _visible(character: str) -> str:
    if unicodedata.category(character) in _CONTROL_CATEGORIES:
        return character.encode("unicode_escape", "backslashreplace").decode("ascii")
    return character
