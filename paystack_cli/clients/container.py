"""A command in a container of its own, inside the stack's network, to its end."""

from collections.abc import Sequence

from paystack_cli.clients.errors import ServerFailed, ServerRefused
from paystack_cli.clients.sanitize import sanitize
from paystack_cli.engines.base import Completed, Engine
from paystack_cli.errors import PaystackError

CONTAINER_MAX_S = 20.0
"""For a container's start and end, over the time of what it does."""

_NO_IMAGE = ("no such image", "pull access denied", "manifest unknown", "/v2/")
"""What Docker says, in lower case, of an image that is not there and cannot be fetched.

The last is part of every registry's address: it was asked, and did not answer.
"""

NO_IMAGE_HINT = "bash scripts/base-images, then: paystack build; or: --from outside"
NOT_RUN_HINT = "paystack status; or check from this machine: --from outside"


def run_in_container(engine: Engine, service: str, command: Sequence[str], timeout_s: float) -> str:
    """What the command wrote to stdout, with the image and environment of `service`.

    `timeout_s` is what the command itself takes at most. Raises ServerRefused when there is no such
    image, ServerFailed when the command did not end well.
    """
    try:
        done = engine.run(service, command, timeout_s=timeout_s + CONTAINER_MAX_S)
    except PaystackError as error:
        raise ServerFailed(error.message, hint=error.hint) from error
    if done.exit_code != 0:
        raise _failed(service, done)
    return done.stdout


def _failed(service: str, done: Completed) -> PaystackError:
    said = sanitize(done.stderr.strip().rpartition("\n")[2])
    message = f"a container of {service} ended with code {done.exit_code}: {said}"
    if any(sign in done.stderr.lower() for sign in _NO_IMAGE):
        return ServerRefused(message, hint=NO_IMAGE_HINT)
    return ServerFailed(message, hint=NOT_RUN_HINT)
