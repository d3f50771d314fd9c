"""The clocks of this machine, the Docker Engine, MariaDB and the broker: they must agree.

Ages of outbox rows, Kafka's retention and time-outs of idempotency keys compare times that
different machines wrote down.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from paystack_cli.checks.doctor.model import Finding, failure, warning, well
from paystack_cli.checks.doctor.scene import Scene
from paystack_cli.clients.database import PyMySqlDatabase
from paystack_cli.clients.endpoints import DATABASE_CHECK, KAFKA_CHECK, Endpoints
from paystack_cli.engines.base import Engine
from paystack_cli.errors import PaystackError

SKEW_WARN_S = 2.0
SKEW_FAIL_S = 60.0
ANSWER_TIMEOUT_S = 5.0

SET_CLOCK = "sudo timedatectl set-ntp true, on both machines; Docker Desktop: restart it"


@dataclass(frozen=True, slots=True)
class Skew:
    """How far a clock is ahead of this machine's, and how far that may be wrong; in seconds."""

    ahead_s: float
    error_s: float

    @property
    def certain_s(self) -> float:
        """By how much the clocks differ at least."""
        return max(0.0, abs(self.ahead_s) - self.error_s)


def measure(read_clock: Callable[[], float]) -> Skew:
    """Compare a clock (seconds since the epoch) with ours: the truth lies within its round trip."""
    began = time.time()
    theirs = read_clock()
    ended = time.time()
    return Skew(theirs - (began + ended) / 2, (ended - began) / 2)


def judge(id: str, title: str, skew: Skew) -> Finding:
    """A finding for a clock by how far it is off."""
    ahead = "ahead of" if skew.ahead_s > 0 else "behind"
    seen = f"{abs(skew.ahead_s):.2f} s {ahead} this machine's (measured to {skew.error_s:.2f} s)"
    if skew.certain_s < SKEW_WARN_S:
        return well(id, title, seen)
    return (failure if skew.certain_s >= SKEW_FAIL_S else warning)(id, title, seen, SET_CLOCK)


def examine_clocks(scene: Scene) -> Iterator[Finding]:
    """Of the Docker Engine where it is there; of the servers that run."""
    if scene.daemon is not None:
        daemon = scene.daemon
        yield _examine("docker", "the Docker Engine", lambda: daemon.about().clock.timestamp())
    if scene.engine is None:
        return
    engine = scene.engine
    for service in (scene.stack.services[name] for name in sorted(scene.running)):
        if service.check == DATABASE_CHECK:
            yield _examine("mariadb", "MariaDB", partial(_database_clock, scene, engine))
        elif service.check == KAFKA_CHECK and engine.has_network:  # else a process of this machine
            yield _examine("kafka", "the broker", partial(_container_clock, engine, service.name))


def _examine(name: str, whose: str, read_clock: Callable[[], float]) -> Finding:
    id, title = f"clock.{name}", f"Clock of {whose}"
    try:
        return judge(id, title, measure(read_clock))
    except PaystackError as error:
        return warning(id, title, f"cannot be read: {error.message}", error.hint)


def _database_clock(scene: Scene, engine: Engine) -> float:
    endpoint = Endpoints(scene.stack, engine, scene.settings.variables).database()
    statement = "SELECT JSON_ARRAY(UNIX_TIMESTAMP(NOW(6)))"
    [[row]] = PyMySqlDatabase(endpoint).run([statement], ANSWER_TIMEOUT_S)
    return float(row[0])


def _container_clock(engine: Engine, service: str) -> float:
    done = engine.exec(service, ["date", "+%s.%N"], timeout_s=ANSWER_TIMEOUT_S)
    return float(done.stdout)
