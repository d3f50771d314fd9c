"""`.env` files as Docker Compose reads them: NAME=value lines, comments, quotes, variables."""

import re
from collections.abc import Mapping
from pathlib import Path

from paystack_cli.errors import PreflightError
from paystack_cli.stack.interpolation import interpolate

_LINE = re.compile(
    r"""(?:export\s+)?(?P<name>[_a-zA-Z][_a-zA-Z0-9.]*)\s*=\s*
        (?:'(?P<single>[^']*)'|"(?P<double>(?:[^"\\]|\\.)*)"|(?P<plain>[^'"\s][^\n]*?|))
        (?:\s+\#.*|\s*)""",
    re.VERBOSE,
)
_ESCAPES = {r"\n": "\n", r"\r": "\r", r"\t": "\t", r"\"": '"', r"\\": "\\", r"\$": "$$"}


def read_dotenv(path: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """The values of the file at `path`; an absent file has none.

    A value may use variables of `environment` and of earlier lines, the former first. Raises
    PreflightError naming the line that cannot be read.
    """
    values: dict[str, str] = {}
    if not path.is_file():
        return values
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        parsed = _LINE.fullmatch(text)
        if parsed is None:
            raise PreflightError(
                f"{path}:{number}: cannot read {text.split('=')[0]!r}",
                hint="write NAME=value, with quotes around a value that has spaces or #",
            )
        values[parsed["name"]] = _value(parsed, {**values, **environment})
    return values


def _value(parsed: re.Match[str], variables: Mapping[str, str]) -> str:
    if parsed["single"] is not None:
        return parsed["single"]
    if parsed["double"] is not None:
        unescaped = re.sub(r"\\.", lambda m: _ESCAPES.get(m[0], m[0]), parsed["double"])
        return interpolate(unescaped, variables)
    return interpolate(parsed["plain"], variables)
