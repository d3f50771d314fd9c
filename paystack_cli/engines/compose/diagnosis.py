"""Why `up` failed: how the service ended, its last health check, its log's tail, what next."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from paystack_cli.clients.sanitize import sanitize
from paystack_cli.engines.base import State
from paystack_cli.engines.compose.container import Container
from paystack_cli.engines.compose.daemon import Daemon
from paystack_cli.engines.compose.logs import read_logs
from paystack_cli.engines.compose.observe import newest, state_of
from paystack_cli.engines.compose.watch import Failure
from paystack_cli.errors import StartFailed, TimedOut
from paystack_cli.stack.model import Stack

LOG_LINES = 15
COMPOSE_LINES = 15
PROGRESS = " "
"""Compose begins a line so when nothing is wrong (` Container pay-store  Starting`)."""

WELL = {State.STARTING, State.RUNNING, State.COMPLETED}

_NO_IMAGE = "check the network to the image registry; without one: bash scripts/base-images"
_PORT_TAKEN = "paystack status, then stop what holds the port, or move ours (docs/operations.md)"

_REMEDIES: Mapping[str, str] = {
    "pull access denied": _NO_IMAGE,
    "no such image": _NO_IMAGE,
    "failed to resolve": _NO_IMAGE,
    "i/o timeout": _NO_IMAGE,
    "no such host": _NO_IMAGE,
    "port is already allocated": _PORT_TAKEN,
    "address already in use": _PORT_TAKEN,
    "no space left on device": "docker system df, then make room",
    "could not find an available": "docker network prune: all address ranges are taken",
}
"""Words of Docker (lower case) -> the next command."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Makes the errors of `up` out of what the engine knows."""

    stack: Stack
    daemon: Daemon

    def failed(self, failure: Failure) -> StartFailed:
        """The error for a service that ends instead of becoming ready."""
        known = {failure.service: failure.container} if failure.container else {}
        cause = self._root_cause(failure.service, self._containers() | known)
        blamed = f"\nroot cause: {cause} does not run{self._context(cause)}" if cause else ""
        return StartFailed(
            f"{failure.service} {failure.what}{self._context(failure.service)}{blamed}",
            hint=f"paystack logs {cause or failure.service}",
        )

    def timed_out(self, pending: Sequence[str]) -> TimedOut:
        """The error for services that are not ready at the deadline."""
        if not pending:
            return TimedOut("docker compose did not end in time", hint="docker info; paystack up")
        containers = self._containers()
        reasons = [f"{name} {self._reason(name, pending, containers)}" for name in pending]
        first = next((name for name in pending if not self._waits(name, pending)), pending[0])
        return TimedOut(
            "not ready in time: " + "; ".join(reasons) + self._context(first),
            hint=f"paystack status, paystack logs {first};"
            " or more time: paystack up --timeout SECONDS",
        )

    def refused(self, said: Sequence[str]) -> StartFailed:
        """The error for what Docker Compose could not do, in its own words."""
        errors = [line for line in said if line and not line.startswith(PROGRESS)] or said
        words = "\n".join(errors[-COMPOSE_LINES:])
        return StartFailed(f"docker compose failed:\n{words}", hint=remedy(words))

    def _containers(self) -> dict[str, Container]:
        return newest(self.daemon.containers())

    def _reason(
        self, name: str, pending: Sequence[str], containers: Mapping[str, Container]
    ) -> str:
        needs = self._waits(name, pending)
        if needs:
            return f"waits for {', '.join(needs)}"
        container = containers.get(name)
        if container is None or container.started_at is None:
            return "was not started"
        probe = f" ({sanitize(container.last_probe)})" if container.last_probe else ""
        return f"is {container.health or container.status}{probe}"

    def _waits(self, name: str, pending: Sequence[str]) -> list[str]:
        return [need for need in self.stack.services[name].depends_on if need in pending]

    def _context(self, name: str) -> str:
        container = self._containers().get(name)
        if container is None:
            return ""
        return "".join(f"\n  {line}" for line in self._lines(container))

    def _lines(self, container: Container) -> Iterator[str]:
        if container.error:
            yield f"{container.service}: {container.error}"
        if container.last_probe and container.health != "healthy":
            yield f"{container.service}, last health check: {sanitize(container.last_probe)}"
        for line in read_logs(self.daemon, [container], LOG_LINES):
            yield f"{line.service} | {sanitize(line.text)}"

    def _root_cause(self, name: str, containers: Mapping[str, Container]) -> str | None:
        """The deepest need of the service that is not well; None when all of them are."""
        for need in self.stack.services[name].depends_on:
            deeper = self._root_cause(need, containers)
            if deeper is not None:
                return deeper
            if state_of(self.stack.services[need], containers.get(need)) not in WELL:
                return need
        return None


def remedy(words: str) -> str:
    """The next command for what Docker said."""
    lower = words.lower()
    return next(
        (command for sign, command in _REMEDIES.items() if sign in lower),
        "mend what it names, then: paystack up",
    )
