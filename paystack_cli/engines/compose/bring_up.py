"""One `up` of containers: Compose starts them, the engine's events tell how they fare.

Compose's own `--wait` is not asked: it takes a one-shot that ended well for a failure, and
unhealthy for final. While Compose starts containers in dependency order, this hears of each one,
and ends Compose when a service cannot become ready any more. Where Compose gives up because
something it waits for is unhealthy or ended once, it is started again as soon as that has
recovered.
"""

import queue
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from paystack_cli.engines.base import Action, Progress
from paystack_cli.engines.compose.child import Child
from paystack_cli.engines.compose.cli import ComposeCli
from paystack_cli.engines.compose.container import ContainerEvent
from paystack_cli.engines.compose.daemon import Daemon, EventStream, gone
from paystack_cli.engines.compose.diagnosis import Diagnosis
from paystack_cli.engines.compose.watch import Watch
from paystack_cli.engines.plan import Step
from paystack_cli.errors import PaystackError
from paystack_cli.stack.model import Stack

TELLS_MORE = {"die", "stop", "destroy", "health_status: unhealthy"}
"""Events after which a look at the container says more than the event."""


@dataclass(frozen=True, slots=True)
class ComposeEnded:
    """Compose has done its part, or given up."""

    exit_code: int


News = ContainerEvent | ComposeEnded | PaystackError


@dataclass(slots=True)
class BringUp:
    """Everything one `up` works with; `deadline` is in monotonic seconds."""

    stack: Stack
    daemon: Daemon
    cli: ComposeCli
    progress: Progress
    deadline: float
    _news: "queue.SimpleQueue[News]" = field(default_factory=queue.SimpleQueue)
    _said: list[str] = field(default_factory=list)
    _child: Child | None = None

    def run(self, steps: Sequence[Step]) -> Watch:
        """Carry the steps out and return when every service is ready.

        Raises UpFailed for a service that fails or is late, StartFailed for what Compose cannot do,
        EngineGone. However it ends, Compose has ended too.
        """
        watch = Watch(self.stack.services, steps, self.progress)
        names = compose_services(self.stack, steps)
        stream = self.daemon.events()
        threading.Thread(target=self._listen, args=(stream,), daemon=True).start()
        try:
            if names:
                self._start_compose(names)
            for container in self.daemon.containers():
                watch.adopt(container, time.monotonic())
            watch.tell_plan()
            self._until_ready(watch, names)
        finally:
            if self._child is not None:
                self._child.end()
            stream.close()
        return watch

    def _until_ready(self, watch: Watch, names: Sequence[str]) -> None:
        diagnosis = Diagnosis(self.stack, self.daemon, watch)
        compose_works = bool(names)
        gave_up = False
        while watch.pending or compose_works or gave_up:
            until = min(self.deadline, watch.settles_at or self.deadline)
            try:
                news = self._news.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                if until == self.deadline:
                    raise diagnosis.timed_out() from None
                watch.settle(until)
                continue
            match news:
                case ComposeEnded(exit_code):
                    compose_works, gave_up = False, exit_code != 0
                    if gave_up and not watch.troubled:
                        raise diagnosis.refused(self._said)
                case ContainerEvent():
                    self._hear(watch, news)
                case _:
                    raise news
            if watch.failure is not None:
                raise diagnosis.failed(watch.failure)
            if gave_up and not watch.troubled:  # what Compose waited for has recovered
                self._start_compose(names)
                compose_works, gave_up = True, False

    def _hear(self, watch: Watch, event: ContainerEvent) -> None:
        look = event.action in TELLS_MORE and not event.one_off
        container = self.daemon.container(event.container) if look else None
        watch.hear(event, container, time.monotonic())

    def _start_compose(self, names: Sequence[str]) -> None:
        """`--no-recreate`: what must be made anew has been removed before; the rest is not ours."""
        self._said.clear()
        self._child = self.cli.start(
            *("up", "--detach", "--no-build", "--no-deps", "--no-recreate", *names),
            profiles=(p for name in names for p in self.stack.services[name].profiles),
            tell=self._said.append,
            ended=lambda exit_code: self._news.put(ComposeEnded(exit_code)),
        )

    def _listen(self, stream: EventStream) -> None:
        try:
            for event in stream:
                self._news.put(event)
            self._news.put(gone("its events have ended"))  # after our own close() nobody reads it
        except PaystackError as error:
            self._news.put(error)


def compose_services(stack: Stack, steps: Sequence[Step]) -> tuple[str, ...]:
    """Whom Compose is told to start; nobody when all that is to be done is to wait.

    All of the selection, running or not, so that Compose keeps the order; but a one-shot that has
    done its work would do it again.
    """
    if all(step.action is Action.UNCHANGED for step in steps):
        return ()
    return tuple(
        step.service
        for step in steps
        if step.action is not Action.UNCHANGED or not stack.services[step.service].one_shot
    )
