"""Errors keep what they say on their way from another process."""

import pickle

import pytest

from paystack_cli.clients.errors import ServerRefused
from paystack_cli.errors import ExitCode, PaystackError, TimedOut


@pytest.mark.parametrize(
    "error",
    [
        ServerRefused("no topic", hint="paystack up kafka-topics"),
        TimedOut("too slow", hint="wait", exit_code=ExitCode.CHECK_FAILED),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_survives_the_way_between_processes(error: PaystackError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert (again.message, again.hint, again.exit_code) == (
        error.message,
        error.hint,
        error.exit_code,
    )
