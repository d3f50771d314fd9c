"""Makes the errors of `up` out of what the Docker Engine knows of the containers."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from paystack_cli.clients.sanitize import sanitize
from paystack_cli.engines.compose.container import Container
from paystack_cli.engines.compose.daemon import Daemon
from paystack_cli.engines.compose.evidence import evidence_of
from paystack_cli.engines.compose.images import image_of
from paystack_cli.engines.compose.observe import newest, state_of
from paystack_cli.engines.compose.watch import Failure, Watch
from paystack_cli.engines.failure import Evidence, Failed, Trouble, UpFailed, up_failed
from paystack_cli.engines.root_cause import explain, late
from paystack_cli.engines.signs import NO_IMAGE, remedy
from paystack_cli.errors import PaystackError, StartFailed, TimedOut
from paystack_cli.stack.model import Stack

COMPOSE_LINES = 15
PROGRESS = " "
"""Compose begins a line so when nothing is wrong (` Container pay-store  Starting`)."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Of one `up`, whose course `watch` knows."""

    stack: Stack
    daemon: Daemon
    watch: Watch

    def failed(self, failure: Failure) -> UpFailed:
        """The error for a service that ends instead of becoming ready."""
        then = failure.container
        return self._error(failure.failed, {then.service: then} if then else {})

    def timed_out(self) -> PaystackError:
        """The error for services that are not ready at the deadline."""
        pending = self.watch.pending
        if not pending:
            return TimedOut("docker compose did not end in time", hint="docker info; paystack up")
        first, *others = [name for name in pending if not self._waits(name, pending)]
        return self._error(self._late(first), also_late=others)

    def refused(self, said: Sequence[str]) -> PaystackError:
        """What Docker Compose could not do: said of one service, or else in its own words."""
        errors = [line for line in said if line and not line.startswith(PROGRESS)] or said
        words = "\n".join(errors[-COMPOSE_LINES:])
        containers, images = newest(self.daemon.containers()), self.daemon.image_ids()
        no_image = remedy(words) == NO_IMAGE
        for name in self.watch.pending:
            service, container = self.stack.services[name], containers.get(name)
            failed = Failed(name, Trouble.NOT_MADE, "could not be started")
            if container is not None and container.error:
                return self._error(failed)
            if container is None and no_image and image_of(service) not in images:
                return self._error(
                    failed, engine_error=f"no such image: {image_of(service)} {words}"
                )
        return StartFailed(f"docker compose failed: {words}", hint=remedy(words))

    def _error(
        self,
        failed: Failed,
        known: Mapping[str, Container] | None = None,
        also_late: Sequence[str] = (),
        engine_error: str = "",
    ) -> UpFailed:
        """`known`: containers as they were, where that says more than how they are now.

        `engine_error`: what is said of a service that has no container.
        """
        containers = {**newest(self.daemon.containers()), **(known or {})}

        @cache
        def look(name: str) -> Evidence:
            service, container = self.stack.services[name], containers.get(name)
            state = state_of(service, container)
            if container is None:
                error = engine_error if name == failed.service else ""
                return Evidence(name, state, engine_error=sanitize(error))
            return evidence_of(service, state, container, self.daemon, self.watch.ends(name))

        return up_failed(
            explain(self.stack, failed, look, selected=self.watch.services, also_late=also_late)
        )

    def _late(self, name: str) -> Failed:
        waited_s = self.watch.since_start_s(name, time.monotonic())
        if waited_s is None:
            return Failed(name, Trouble.WAITING, "was not started in time")
        return late(self.stack.services[name], waited_s, self.watch.ends(name).count)

    def _waits(self, name: str, pending: Sequence[str]) -> bool:
        return any(need in pending for need in self.stack.services[name].depends_on)
