"""`${VARIABLE}` replacement by Docker Compose's rules.

`$NAME`, `${NAME}`, `${NAME:-word}`, `${NAME-word}`, `${NAME:?word}`, `${NAME?word}`,
`${NAME:+word}`, `${NAME+word}`, `$$` for a dollar; a word may hold further variables. With the
colon an empty value counts as absent. Source: the Compose specification, "Interpolation".
"""

import re
from collections.abc import Mapping

from paystack_cli.errors import PreflightError

_NAME = re.compile(r"[_a-zA-Z][_a-zA-Z0-9]*")
_BRACED = re.compile(
    r"(?P<name>[_a-zA-Z][_a-zA-Z0-9]*)(?:(?P<colon>:?)(?P<operator>[-?+])(?P<word>.*))?", re.DOTALL
)


def interpolate(text: str, variables: Mapping[str, str]) -> str:
    """Replace every variable in `text`.

    Raises PreflightError for a required variable that is absent, and for a `$` that starts nothing.
    """
    parts = []
    position = 0
    while (dollar := text.find("$", position)) != -1:
        parts.append(text[position:dollar])
        value, position = _replace(text, dollar, variables)
        parts.append(value)
    parts.append(text[position:])
    return "".join(parts)


def _replace(text: str, dollar: int, variables: Mapping[str, str]) -> tuple[str, int]:
    """The value of what starts at `dollar`, and the position after it."""
    if text.startswith("$$", dollar):
        return "$", dollar + 2
    if text.startswith("${", dollar):
        end = _closing_brace(text, dollar)
        return _braced(text[dollar + 2 : end], text, variables), end + 1
    name = _NAME.match(text, dollar + 1)
    if name is None:
        raise _malformed(text)
    return variables.get(name[0], ""), name.end()


def _closing_brace(text: str, start: int) -> int:
    depth = 0
    for position in range(start, len(text)):
        if text.startswith("${", position):
            depth += 1
        elif text[position] == "}":
            depth -= 1
            if depth == 0:
                return position
    raise _malformed(text)


def _braced(body: str, text: str, variables: Mapping[str, str]) -> str:
    parsed = _BRACED.fullmatch(body)
    if parsed is None:
        raise _malformed(text)
    name, operator, word = parsed["name"], parsed["operator"], parsed["word"]
    value = variables.get(name)
    present = value is not None and (value != "" or not parsed["colon"])
    match operator:
        case "-" if not present:
            return interpolate(word, variables)
        case "+":
            return interpolate(word, variables) if present else ""
        case "?" if not present:
            reason = interpolate(word, variables) or "it has no default"
            raise PreflightError(
                f"variable {name} is not set: {reason}",
                hint=f"set {name} in .env (start from .env.example: cp .env.example .env)",
            )
    return value or ""


def _malformed(text: str) -> PreflightError:
    return PreflightError(
        f"cannot read the variable in {text!r}",
        hint="write ${NAME} or ${NAME:-default}, and $$ for a plain dollar",
    )
