"""One pattern of an ignore file, matched exactly as the engine's clients match it.

Source: moby/patternmatcher, Pattern.compile and Pattern.match. Go's regular expressions are RE2's,
so RE2 itself does the matching: no pattern can make it slow, and its syntax is the engine's.
"""

import os
from collections.abc import Callable
from enum import StrEnum

from paystack_cli.context.go_path import BAD_PATTERN, as_runes
from paystack_cli.context.ignore_file import IgnoreFileRefused, Rule

_ESCAPED = frozenset(".+()$")
"""What loses its meaning in a regular expression.

The engine means `|`, `{` and `}` to be among them, but its table of bits holds nothing above 63: in
a pattern that needs an expression `a|b` is a choice, and `a{2}` two of them. So `^` is an anchor.
"""

UNESCAPED = frozenset("|{}^")
"""What keeps that meaning without being one of the wildcards of a pattern."""

BYTE_ORDER_MARK = "\ufeff"


class Way(StrEnum):
    """How a pattern is compared with a path."""

    EXACT = "exact"
    PREFIX = "prefix"
    SUFFIX = "suffix"
    EXPRESSION = "expression"


class Pattern:
    """A compiled pattern; `expression` is the RE2 syntax where one is needed."""

    __slots__ = ("expression", "is_exception", "matches", "rule", "text", "way")

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.text = rule.pattern
        self.is_exception = rule.is_exception
        self.way, self.expression = translate(rule.pattern)
        self.matches: Callable[[str], bool] = _WAYS[self.way](self)


def translate(pattern: str) -> tuple[Way, str]:
    """How the pattern is compared, and its regular expression (used for `Way.EXPRESSION` only)."""
    way = Way.EXACT
    expression = "^"
    position, turn = 0, 0
    pattern = as_runes(pattern).removeprefix(BYTE_ORDER_MARK)  # text/scanner drops it
    while position < len(pattern):
        character = pattern[position]
        position += 1
        if character == "*" and pattern[position : position + 1] == "*":
            position += 2 if pattern[position + 1 : position + 2] == "/" else 1
            if position < len(pattern):
                expression += "(.*/)?"
                way = Way.EXPRESSION
            elif way is Way.EXACT:
                way = Way.PREFIX
            else:
                expression += ".*"
                way = Way.EXPRESSION
            way = Way.SUFFIX if turn == 0 else way
        elif character == "\\":
            expression += "\\" + pattern[position : position + 1]
            way = Way.EXPRESSION if position < len(pattern) else way
            position += 1
        elif character in _ESCAPED:
            expression += "\\" + character
        else:
            expression += _CHARACTERS.get(character, character)
            way = Way.EXPRESSION if character in _SPECIAL else way
        turn += 1
    return way, expression + "$"


_CHARACTERS = {"*": "[^/]*", "?": "[^/]"}
_SPECIAL = frozenset("*?[]")


def _exact(pattern: Pattern) -> Callable[[str], bool]:
    return pattern.text.__eq__


def _prefix(pattern: Pattern) -> Callable[[str], bool]:
    start = pattern.text[:-2]
    return lambda path: path.startswith(start)


def _suffix(pattern: Pattern) -> Callable[[str], bool]:
    end = os.fsdecode(os.fsencode(pattern.text)[2:])  # Go cuts bytes
    if not end.startswith("/"):
        return lambda path: path.endswith(end)
    whole = end[1:]
    return lambda path: path.endswith(end) or path == whole


def _expression(pattern: Pattern) -> Callable[[str], bool]:
    def matches(path: str) -> bool:
        # As in Go an expression is compiled when a path first needs it, which most never do.
        pattern.matches = _compiled(pattern)
        return pattern.matches(path)

    return matches


def _compiled(pattern: Pattern) -> Callable[[str], bool]:
    """Raises IgnoreFileRefused for an expression that RE2 cannot read."""
    import re2  # 3 ms that most ignore files never need

    quiet = re2.Options()
    quiet.log_errors = False
    try:
        search = re2.compile(pattern.expression, quiet).search
    except re2.error as error:
        raise IgnoreFileRefused(BAD_PATTERN, line=pattern.rule.line) from error
    return lambda path: search(as_runes(path)) is not None


_WAYS: dict[Way, Callable[[Pattern], Callable[[str], bool]]] = {
    Way.EXACT: _exact,
    Way.PREFIX: _prefix,
    Way.SUFFIX: _suffix,
    Way.EXPRESSION: _expression,
}
