"""What every command starts from."""

from typing import Any

import pytest

from paystack_cli.commands.context import Context, OutputFormat
from paystack_cli.engines.registry import Choice


class FakeEngine:
    """An engine by its name."""

    name = "compose"


def _told(reason: str, output: OutputFormat, capsys: pytest.CaptureFixture[str]) -> str:
    engine: Any = FakeEngine()
    context = Context(output=output)
    context.__dict__["choice"] = Choice(engine, reason)  # as if it had been opened
    context.tell_engine()
    told = capsys.readouterr()
    assert told.out == ""
    return told.err


@pytest.mark.parametrize(
    ("reason", "output", "told"),
    [
        ("Docker answers", OutputFormat.TABLE, "engine: compose (Docker answers)\n"),
        ("Docker answers", OutputFormat.JSON, ""),
        ("", OutputFormat.TABLE, ""),
    ],
)
def test_the_engine_that_auto_has_chosen_is_told_on_stderr(
    reason: str, output: OutputFormat, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _told(reason, output, capsys) == told
