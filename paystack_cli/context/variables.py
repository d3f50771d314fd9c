"""Replaces variables in a word of a Dockerfile, and takes its quotes and escapes away.

Source: moby/buildkit, frontend/dockerfile/shell/lex.go.
"""

import re
from collections.abc import Mapping

from paystack_cli.context.dockerfile import DEFAULT_ESCAPE
from paystack_cli.context.errors import NotMeasurable

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?!$-]")


class UnknownVariable(NotMeasurable):
    """A word depends on a variable that is not set as far as the Dockerfile tells."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"the Dockerfile takes a source from ${name}, which neither it nor the build sets",
            hint=f"declare it: ARG {name}=…; a value of the base image cannot be seen from here",
        )


def expand(
    word: str, variables: Mapping[str, str], *, escape: str = DEFAULT_ESCAPE, strict: bool = False
) -> str:
    """The word as a build reads it; an unset variable is empty.

    Raises NotMeasurable for what cannot be read, with `strict` UnknownVariable for an unset one.
    """
    return _Lexer(word, variables, escape, strict).until("")


class _Lexer:
    def __init__(self, word: str, variables: Mapping[str, str], escape: str, strict: bool) -> None:
        self._word = word
        self._variables = variables
        self._escape = escape
        self._strict = strict
        self._at = 0

    def until(self, end: str) -> str:
        """Everything up to the character `end`, which is consumed; to the word's end without."""
        read = ""
        while self._at < len(self._word):
            character = self._next()
            if character == end:
                return read
            if character == "'":
                read += self._single_quoted()
            elif character == '"':
                read += self._double_quoted()
            elif character == "$":
                read += self._variable()
            elif character == self._escape:
                read += self._next()
            else:
                read += character
        if end:
            raise self._broken()
        return read

    def _next(self) -> str:
        character = self._word[self._at : self._at + 1]
        self._at += 1
        return character

    def _single_quoted(self) -> str:
        end = self._word.find("'", self._at)
        if end < 0:
            raise self._broken()
        read, self._at = self._word[self._at : end], end + 1
        return read

    def _double_quoted(self) -> str:
        read = ""
        while character := self._next():
            if character == '"':
                return read
            if character == "$":
                read += self._variable()
            elif character == self._escape and self._word[self._at : self._at + 1] in {
                '"',
                "$",
                self._escape,
            }:
                read += self._next()
            else:
                read += character
        raise self._broken()

    def _variable(self) -> str:
        braced = self._word[self._at : self._at + 1] == "{"
        found = _NAME.match(self._word, self._at + braced)
        if found is None:
            if braced:
                raise self._broken()
            return "$"
        self._at = found.end()
        return self._modified(found[0]) if braced else self._value(found[0])

    def _modified(self, name: str) -> str:
        """What follows the name in `${name…}`."""
        operator = self._next()
        if operator == "}":
            return self._value(name)
        # `:` makes an empty variable count as one that is not set.
        empty_counts = operator == ":"
        operator = self._next() if empty_counts else operator
        if operator not in {"-", "+", "?"}:
            raise NotMeasurable(
                f"cannot read ${{{name}…}} in the Dockerfile's word {self._word}",
                hint="write the source without that operator",
            )
        other = self.until("}")
        value = self._variables.get(name)
        is_set = bool(value) if empty_counts else value is not None
        if operator == "+":
            return other if is_set else ""
        if is_set:
            return value or ""
        if operator == "?":
            raise NotMeasurable(f"the Dockerfile asks for ${name}: {other}", hint=f"set {name}")
        return other

    def _value(self, name: str) -> str:
        if name not in self._variables and self._strict:
            raise UnknownVariable(name)
        return self._variables.get(name, "")

    def _broken(self) -> NotMeasurable:
        return NotMeasurable(
            f"cannot read the Dockerfile's word {self._word}", hint="close its quote or brace"
        )
