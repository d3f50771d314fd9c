"""The small language of `--where`: TARGET OPERATOR VALUE, as in `$.amount=1000` or `key~^1000`.

    TARGET    key, header.NAME, $.path.in[0].value, or a field: event, exception, message, consumer,
              origin (the original topic), fingerprint
    OPERATOR  = (the same text), != (not), ~ (a regular expression finds something), !~ (nothing)

A target that is absent has no text: `=` and `~` fail, `!=` and `!~` hold. A header that stands
several times holds for `=` and `~` when one of them does. Numbers of a value are compared as they
are written.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from confluent_kafka import Message

from paystack_cli.clients.sanitize import sanitize
from paystack_cli.errors import UsageError
from paystack_cli.events.dead_letter_headers import header_text
from paystack_cli.events.letter import DeadLetter

_EXPRESSION = re.compile(
    r"(?P<target>key|header\.[^=!~]+|\$(?:\.[^.\[\]=!~]+|\[\d+\]|\[\"[^\"]*\"\])+|[a-z]+)"
    r"(?P<operator>!=|!~|=|~)(?P<value>.*)",
    re.DOTALL | re.ASCII,
)
_STEP = re.compile(r"\.(?P<name>[^.\[\]]+)|\[(?P<index>\d+)\]|\[\"(?P<quoted>[^\"]*)\"\]", re.ASCII)
_HINT = "write it as key=100000, header.ce_type=PAYMENT_CAPTURED, '$.amount=1000' or 'message~text'"

_FIELDS: Mapping[str, Callable[[DeadLetter], str | None]] = {
    "event": lambda letter: letter.origin.event_type,
    "exception": lambda letter: letter.origin.exception,
    "message": lambda letter: letter.origin.message,
    "consumer": lambda letter: letter.origin.consumer,
    "origin": lambda letter: letter.origin.topic,
    "fingerprint": lambda letter: letter.fingerprint.id,
}

Step = str | int
"""Of a JSON path: a member's name or an element's index."""


@dataclass(frozen=True)
class Condition:
    """One parsed expression."""

    target: str
    operator: str
    value: str

    @classmethod
    def parse(cls, text: str) -> "Condition":
        """Raises UsageError."""
        found = _EXPRESSION.fullmatch(text)
        if found is None or not (_is_known(found["target"])):
            raise UsageError(f"--where does not understand {sanitize(text)!r}", hint=_HINT)
        condition = cls(found["target"], found["operator"], found["value"])
        if condition._seeks:
            try:
                re.compile(condition.value)
            except re.error as error:
                raise UsageError(
                    f"{sanitize(condition.value)!r} is no regular expression: {error}", hint=_HINT
                ) from None
        return condition

    def may_match(self, message: Message) -> bool:
        """False only when the raw bytes alone show that it cannot match."""
        if self._negated or not self._needed:
            return True
        value = message.value()
        return value is not None and (b"\\" in value or all(part in value for part in self._needed))

    def matches(self, letter: DeadLetter) -> bool:
        """Whether it holds for the letter."""
        return any(map(self._fits, self._texts(letter))) is not self._negated

    @property
    def _negated(self) -> bool:
        return self.operator.startswith("!")

    @property
    def _seeks(self) -> bool:
        return self.operator.endswith("~")

    @cached_property
    def _steps(self) -> tuple[Step, ...]:
        return tuple(
            int(step["index"]) if step["index"] else step["name"] or step["quoted"] or ""
            for step in _STEP.finditer(self.target[1:])
        )

    @cached_property
    def _needed(self) -> tuple[bytes, ...]:
        """What a value without escapes must contain for the condition to hold."""
        if not self.target.startswith("$"):
            return ()
        names = [f'"{step}"' for step in self._steps if isinstance(step, str)]
        return tuple(part.encode() for part in ([*names] if self._seeks else [*names, self.value]))

    def _fits(self, text: str) -> bool:
        if self._seeks:
            return re.search(self.value, text) is not None
        return text == self.value

    def _texts(self, letter: DeadLetter) -> Iterator[str]:
        if self.target == "key":
            found: Iterable[str | None] = [_decoded(letter.key)]
        elif self.target.startswith("header."):
            name = self.target.removeprefix("header.")
            found = (header_text(name, value) for header, value in letter.headers if header == name)
        elif self.target.startswith("$"):
            found = [_at_path(letter.value, self._steps)]
        else:
            found = [_FIELDS[self.target](letter)]
        return (text for text in found if text is not None)


def _is_known(target: str) -> bool:
    return target == "key" or target.startswith(("header.", "$")) or target in _FIELDS


def _decoded(raw: bytes | None) -> str | None:
    return None if raw is None else raw.decode("utf-8", "replace")


def _at_path(value: bytes | None, steps: tuple[Step, ...]) -> str | None:
    """The text of what stands at the path; of objects and arrays their JSON."""
    found: Any
    try:
        found = json.loads(value or b"", parse_int=str, parse_float=str)
        for step in steps:
            if not isinstance(found, dict if isinstance(step, str) else list):
                return None
            found = found[step]  # type: ignore[index]  # a name for a dict, an index for a list
    except (ValueError, LookupError, RecursionError):
        return None
    return found if isinstance(found, str) else json.dumps(found, separators=(",", ":"))
