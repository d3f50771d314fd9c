"""What a command must tell when it fails: the true cause first, and a next command that exists."""

import re

import click

from paystack_cli.app import build_command
from tests.support.stack import PROJECT, Answer

CAUSE_WITHIN_LINES = 3
"""Of the error: whoever reads no further knows what is wrong."""

PROGRAMS = ("docker ", "df ", "kill ", "sudo ")
"""Other commands that a hint may begin with."""


def names_cause(answer: Answer, *words: str) -> None:
    """The error's first lines hold every word; its next command exists; no traceback."""
    assert "Traceback (most recent" not in answer.stderr, str(answer)
    error = answer.stderr[answer.stderr.index("paystack: ") :]
    told = "\n".join(error.splitlines()[:CAUSE_WITHIN_LINES])
    for word in words:
        assert word in told, f"{word!r} is not in the first lines of: {answer}"
    _leads_on(error)


def _leads_on(error: str) -> None:
    (hint,) = re.findall(r"^  next: (.+)$", error, re.MULTILINE)
    tree = build_command()
    assert isinstance(tree, click.Group)
    known = set(tree.list_commands(click.Context(tree)))
    commands = re.findall(r"\bpaystack (?:--\S+ )*([a-z][a-z-]*)", hint)
    scripts = re.findall(r"\bscripts/[\w-]+", hint)
    assert commands or scripts or any(program in hint for program in PROGRAMS), hint
    assert set(commands) <= known, hint
    assert all((PROJECT / script).is_file() for script in scripts), hint
