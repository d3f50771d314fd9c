"""Reads a Dockerfile into its instructions, as far as they say what a build takes from its context.

Source: moby/buildkit, frontend/dockerfile/parser (parser.go, line_parsers.go) and
frontend/dockerfile/instructions/bflag.go.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from paystack_cli.context.errors import NotMeasurable

DEFAULT_ESCAPE = "\\"
ESCAPES = frozenset("\\`")

_DIRECTIVE = re.compile(r"#\s*(?P<name>[A-Za-z][A-Za-z0-9]*)\s*=\s*(?P<value>.+?)\s*$")
_HEREDOC = re.compile(r"\d*<<(?P<strip>-?)(?P<name>[^<\s]+)$")
_TAKES_HEREDOCS = frozenset({"ADD", "COPY", "RUN"})
_TRIGGER = "ONBUILD"


class Heredoc(NamedTuple):
    """A file that is written into the Dockerfile; its last line is `name`."""

    name: str
    strips_tabs: bool


class Instruction(NamedTuple):
    """One instruction; `line` is where it begins, from 1.

    `text`: all after its flags; `trigger`: what an ONBUILD holds, None for any other keyword.
    """

    line: int
    keyword: str
    flags: tuple[tuple[str, str], ...] = ()
    text: str = ""
    trigger: "Instruction | None" = None

    def flag(self, name: str) -> str | None:
        """The value of `--name=value`, the last one when there are several."""
        return dict(self.flags).get(name)

    def flags_named(self, name: str) -> Iterator[str]:
        """Every value of `--name=value`."""
        return (value for flag, value in self.flags if flag == name)

    def items(self) -> list[str]:
        """The text as COPY and ADD read it: a JSON list, or words between blanks."""
        if self.text.startswith("["):
            try:
                listed = json.loads(self.text)
            except ValueError:
                listed = None
            if isinstance(listed, list) and all(isinstance(item, str) for item in listed):
                return listed
        return self.text.split()

    def heredocs(self) -> Iterator[Heredoc]:
        """The files that follow the instruction, in their order."""
        if self.trigger is not None:
            yield from self.trigger.heredocs()
        if self.keyword in _TAKES_HEREDOCS:
            yield from filter(None, map(heredoc, quoted_words(self.text)))


class Dockerfile(NamedTuple):
    """Instructions in their order; `syntax` is the frontend that the file asks for."""

    instructions: tuple[Instruction, ...]
    escape: str = DEFAULT_ESCAPE
    syntax: str | None = None


def parse_dockerfile(text: str) -> Dockerfile:
    """Read a Dockerfile. Raises NotMeasurable for one that cannot be read."""
    lines = text.removeprefix("\ufeff").splitlines()
    directives = dict(_directives(lines))
    escape = directives.get("escape", DEFAULT_ESCAPE)
    if escape not in ESCAPES:
        raise NotMeasurable(f"the Dockerfile has the escape {escape!r}", hint="use \\ or `")
    instructions = tuple(_Reader(lines, escape).instructions())
    return Dockerfile(instructions, escape, directives.get("syntax"))


def heredoc(word: str) -> Heredoc | None:
    """The heredoc that a word announces, None for any other word."""
    found = _HEREDOC.match(word)
    name = found["name"].replace('"', "").replace("'", "") if found else ""
    return Heredoc(name, bool(found["strip"])) if found and name else None


def quoted_words(text: str, escape: str = DEFAULT_ESCAPE) -> list[str]:
    """The words of a text, in which quotes and escapes (left in place) join what has blanks."""
    escaped = re.escape(escape)
    pieces = (
        rf"""[^\s"'{escaped}]""",
        rf"{escaped}(?:.|$)",
        rf'"(?:{escaped}.|[^"{escaped}])*"?',
        r"'[^']*'?",
    )
    return re.findall(f"(?:{'|'.join(pieces)})+", text)


def _directives(lines: list[str]) -> Iterator[tuple[str, str]]:
    """They end at the first line that is none."""
    for line in lines:
        found = _DIRECTIVE.match(line.strip())
        if found is None:
            return
        yield found["name"].lower(), found["value"]


@dataclass
class _Reader:
    lines: list[str]
    escape: str
    position: int = field(default=0, init=False)

    def instructions(self) -> Iterator[Instruction]:
        while self.position < len(self.lines):
            line = self.position + 1
            logical = self._logical_line()
            if not logical:
                continue
            instruction = _instruction(logical, line)
            for announced in instruction.heredocs():
                self._skip(announced, line)
            yield instruction

    def _logical_line(self) -> str:
        """The next line with its continuations; blank lines and comments among them are gone."""
        escape = re.escape(self.escape)
        continued = re.compile(rf"(?<!{escape}){escape}[ \t]*$")
        logical = ""
        while self.position < len(self.lines):
            line = self.lines[self.position]
            self.position += 1
            if not line.strip() or line.lstrip().startswith("#"):
                if logical:
                    continue
                return ""
            whole = continued.sub("", line)
            logical += whole
            if whole == line:
                break
        return logical.strip()

    def _skip(self, announced: Heredoc, line: int) -> None:
        while self.position < len(self.lines):
            text = self.lines[self.position]
            self.position += 1
            if (text.lstrip("\t") if announced.strips_tabs else text) == announced.name:
                return
        raise NotMeasurable(
            f"the heredoc {announced.name} of line {line} in the Dockerfile has no end",
            hint=f"end it with a line {announced.name}",
        )


def _instruction(text: str, line: int) -> Instruction:
    keyword, *others = text.split(maxsplit=1)
    rest = others[0] if others else ""
    if keyword.upper() == _TRIGGER:
        return Instruction(line, _TRIGGER, trigger=_instruction(rest, line) if rest else None)
    flags, rest = _flags(rest)
    return Instruction(line, keyword.upper(), tuple(flags), rest)


def _flags(rest: str) -> tuple[list[tuple[str, str]], str]:
    flags = []
    while rest.startswith("--"):
        word = quoted_words(rest)[0]
        rest = rest[len(word) :].lstrip()
        if word == "--":
            break
        name, _, value = word.removeprefix("--").partition("=")
        flags.append((name, value.replace('"', "").replace("'", "")))
    return flags, rest
