"""Errors of the clients, said as failed attempts."""

from collections.abc import Iterator
from contextlib import contextmanager

from paystack_cli.checks.model import AttemptFailed, Hopeless, NoAnswer
from paystack_cli.clients.errors import ServerFailed, ServerRefused, ServerUnreachable

_KINDS = {
    ServerUnreachable: NoAnswer,
    ServerRefused: Hopeless,
    ServerFailed: AttemptFailed,
}


@contextmanager
def client_errors_as_attempts() -> Iterator[None]:
    """Within it a client's error fails the attempt, with the client's hint."""
    try:
        yield
    except tuple(_KINDS) as error:
        raise _KINDS[type(error)](error.message, hint=error.hint) from error
