"""What every command starts from."""

from typing import Any

import pytest

from paystack_cli.commands.context import Context, OutputFormat
from paystack_cli.engines.registry import Choice
from paystack_cli.output.verbosity import Verbosity


class FakeEngine:
    """An engine by its name."""

    name = "compose"


def _told(
    reason: str, output: OutputFormat, verbosity: Verbosity, capsys: pytest.CaptureFixture[str]
) -> str:
    engine: Any = FakeEngine()
    context = Context(output=output, verbosity=verbosity)
    context.__dict__["choice"] = Choice(engine, reason)  # as if it had been opened
    context.tell_engine()
    told = capsys.readouterr()
    assert told.out == ""
    return told.err


@pytest.mark.parametrize(
    ("reason", "output", "verbosity", "told"),
    [
        (
            "Docker answers",
            OutputFormat.TABLE,
            Verbosity.NORMAL,
            "engine: compose (Docker answers)\n",
        ),
        ("Docker answers", OutputFormat.TABLE, Verbosity.QUIET, ""),
        ("Docker answers", OutputFormat.JSON, Verbosity.NORMAL, ""),
        ("", OutputFormat.TABLE, Verbosity.NORMAL, ""),
    ],
)
def test_the_engine_that_auto_has_chosen_is_told_on_stderr(
    reason: str,
    output: OutputFormat,
    verbosity: Verbosity,
    told: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert _told(reason, output, verbosity, capsys) == told
