"""How far each service of one `up` has come, by what happens to its container.

The truth in one place: a one-shot that ended with 0 is done; a service that ended twice, or ended
and is not started again, has failed; unhealthy is bad news and no end, until the deadline.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from paystack_cli.engines.base import Action, Progress
from paystack_cli.engines.compose.container import Container, ContainerEvent, how_ended
from paystack_cli.engines.failure import Failed, Trouble, ended
from paystack_cli.engines.plan import Step
from paystack_cli.stack.model import Service

CRASHES_MAX = 2
"""Ends of a starting service before it counts as a crash loop."""

SETTLED_AFTER_S = 1.0
"""A service without a probe is ready when it has run for so long: a start alone proves nothing."""


@dataclass(frozen=True, slots=True)
class Ends:
    """How often a service has ended by itself, and how the last time."""

    count: int = 0
    exit_code: int | None = None
    out_of_memory: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """A service that will not become ready, and its container as it was when that was known."""

    failed: Failed
    container: Container | None


@dataclass(slots=True)
class _Course:
    """One service on its way; times are monotonic seconds."""

    service: Service
    step: Step
    container: str = ""
    started_at: float | None = None
    settles_at: float | None = None
    ready_at: float | None = None
    ends: Ends = Ends()
    troubled: bool = False
    was_unhealthy: bool = False


class Watch:
    """Hears of containers and knows what is ready, what is in trouble and what has failed."""

    def __init__(
        self, services: Mapping[str, Service], steps: Iterable[Step], progress: Progress
    ) -> None:
        self._courses = {step.service: _Course(services[step.service], step) for step in steps}
        self._progress = progress
        self.failure: Failure | None = None

    def tell_plan(self) -> None:
        """Say what every service waits for."""
        for course in self._courses.values():
            if course.ready_at is None and course.started_at is None:
                needs = ", ".join(course.step.after)
                phase = ("waiting", f"for {needs}") if needs else ("creating", "")
                self._progress.service(course.service.name, *phase)

    def adopt(self, container: Container, now: float) -> None:
        """A container that is there before anything happens."""
        course = self._courses.get(container.service)
        if course is None or container.one_off:
            return
        if course.step.action is Action.UNCHANGED and course.service.one_shot:
            self._ready(course, now)
        elif container.status in {"running", "restarting"}:
            course.container, course.started_at = container.id, now
            course.troubled = container.health == "unhealthy" or container.status == "restarting"
            if container.status == "running" and _answers(course.service, container.health):
                self._ready(course, now)

    def hear(self, event: ContainerEvent, container: Container | None, now: float) -> None:
        """Something happened; `container` is how it is after that, None when it is gone."""
        course = self._courses.get(event.service)
        if course is None or event.one_off:
            return
        action = event.action
        if action == "start":
            course.container = event.container
            self._started(course, now)
        elif action == "oom":
            course.ends = replace(course.ends, out_of_memory=True)
        elif action == "die":
            self._ended(course, event, container, now)
        elif action in {"stop", "destroy"}:
            what = "was stopped from outside while it started"
            self._fail(course, Trouble.STOPPED, what, container)
        elif action == "health_status: healthy":
            self._ready(course, now)
        elif action == "health_status: unhealthy":
            course.ready_at, course.troubled, course.was_unhealthy = None, True, True
            said = container.last_probe if container else ""
            self._progress.service(course.service.name, "unhealthy", said)

    def settle(self, now: float) -> None:
        """Time has passed: services without a probe that still run are ready."""
        for course in self._courses.values():
            if course.settles_at is not None and course.settles_at <= now:
                course.settles_at = None
                self._ready(course, now)

    @property
    def settles_at(self) -> float | None:
        """When the next service without a probe will have run for long enough."""
        times = (course.settles_at for course in self._courses.values())
        return min((time for time in times if time is not None), default=None)

    @property
    def pending(self) -> list[str]:
        """Services that are not ready."""
        return [name for name, course in self._courses.items() if course.ready_at is None]

    @property
    def troubled(self) -> list[str]:
        """Pending services that may yet recover: unhealthy, or ended and started again."""
        return [name for name in self.pending if self._courses[name].troubled]

    @property
    def services(self) -> frozenset[str]:
        """All that this `up` is about."""
        return frozenset(self._courses)

    def ends(self, name: str) -> Ends:
        """How a service has ended by itself; never, of one that this `up` is not about."""
        return self._courses[name].ends if name in self._courses else Ends()

    def hitch(self, name: str) -> str:
        """What went wrong with a service before it was ready, in words; "" for nothing."""
        course = self._courses[name]
        crashed = course.ends.count > 0 and not course.service.one_shot
        hitches = [
            *([ended(course.ends.count)] if crashed else []),
            *(["unhealthy at first"] if course.was_unhealthy else []),
        ]
        return ", ".join(hitches)

    def since_start_s(self, name: str, now: float) -> float | None:
        """How long ago a service was started at last; None when it was not."""
        started_at = self._courses[name].started_at
        return None if started_at is None else now - started_at

    @property
    def made(self) -> dict[str, str]:
        """Container id -> digest of the service that it was made from."""
        return {
            course.container: course.service.digest
            for course in self._courses.values()
            if course.container
        }

    def times(self, name: str) -> tuple[float, float]:
        """When a ready service was started and when it was ready."""
        course = self._courses[name]
        assert course.started_at is not None  # noqa: S101 - `up` has waited for it
        assert course.ready_at is not None  # noqa: S101
        return course.started_at, course.ready_at

    def _started(self, course: _Course, now: float) -> None:
        course.started_at = now
        self._progress.service(course.service.name, "starting", course.step.reason)
        if course.service.healthcheck is None and not course.service.one_shot:
            course.settles_at = now + SETTLED_AFTER_S

    def _ready(self, course: _Course, now: float) -> None:
        course.ready_at, course.troubled = now, False
        if course.started_at is None:
            course.started_at = now
        self._progress.service(course.service.name, _ready_phase(course.service))

    def _ended(
        self, course: _Course, event: ContainerEvent, container: Container | None, now: float
    ) -> None:
        course.ends = replace(course.ends, count=course.ends.count + 1, exit_code=event.exit_code)
        course.ready_at = course.settles_at = None
        if course.service.one_shot and event.exit_code == 0:
            self._ready(course, now)
            return
        how = how_ended(event.exit_code or 0, out_of_memory=course.ends.out_of_memory)
        comes_back = container is not None and container.status in {"restarting", "running"}
        if course.ends.count >= CRASHES_MAX:
            what = f"crashed at start, {course.ends.count} times, at last {how}"
            self._fail(course, Trouble.CRASH_LOOP, what, container)
        elif comes_back:
            course.troubled = True
            self._progress.service(course.service.name, "crashed", f"{how}; started again")
        elif course.service.one_shot:
            what = f"failed, {how}"
            self._fail(course, Trouble.ONE_SHOT_FAILED, what, container)
        else:
            what = f"ended at start, {how}"
            self._fail(course, Trouble.ENDED, what, container)

    def _fail(
        self, course: _Course, trouble: Trouble, what: str, container: Container | None
    ) -> None:
        if self.failure is None:
            self.failure = Failure(Failed(course.service.name, trouble, what), container)


def _ready_phase(service: Service) -> str:
    if service.one_shot:
        return "done"
    return "running" if service.healthcheck is None else "healthy"


def _answers(service: Service, health: str | None) -> bool:
    """A running service is ready when its probe says so, or when it has none; a one-shot never."""
    if service.one_shot:
        return False
    return health == "healthy" or (health is None and service.healthcheck is None)
