"""A Docker Engine of plain values: what the compose engine asks of it and tells it to do."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from paystack_cli.engines.compose.container import Container, ContainerEvent, parse_time
from paystack_cli.engines.compose.daemon import NamedVolume

AT = datetime(2026, 11, 22, 17, 0).astimezone()
PIECE_BYTES = 7
"""Of a log stream; few, so that most pieces end within a line."""


def container(service: str, status: str = "running", **changes: Any) -> Container:
    """A container of `service` of the stack "pay"; `changes` are fields of Container."""
    values: dict[str, Any] = {
        "id": f"id-{service}",
        "name": f"pay-{service}",
        "service": service,
        "one_off": False,
        "protected": False,
        "config_hash": "",
        "image_id": "image",
        "status": status,
        "exit_code": 0,
        "error": "",
        "oom_killed": False,
        "pid": 4711 if status == "running" else 0,
        "started_at": None if status == "created" else AT,
        "finished_at": None,
        "health": None,
        "last_probe": "",
        "restarts": 0,
        "ports": {},
        "memory_limit_bytes": 0,
    }
    return Container(**{**values, **changes})


def event(
    service: str, action: str, exit_code: int | None = None, after_s: int = 0
) -> ContainerEvent:
    """Something that happened to the container of `service`."""
    return ContainerEvent(
        container=f"id-{service}",
        service=service,
        one_off=False,
        action=action,
        exit_code=exit_code,
        at=AT + timedelta(seconds=after_s),
    )


class FakeDaemon:
    """Answers as the engine would, from what it was made with; `done`: what it was told to do."""

    def __init__(
        self,
        containers: Iterable[Container] = (),
        *,
        logs: dict[str, bytes] | None = None,
        events: Iterable[ContainerEvent] = (),
        volumes: Iterable[NamedVolume] = (),
        images: Iterable[str] = (),
    ) -> None:
        self.done: list[tuple[str, str]] = []
        self._containers = list(containers)
        self._logs = logs or {}
        self._events = list(events)
        self._volumes = list(volumes)
        self._images = list(images)

    def containers(self) -> list[Container]:
        return self._containers

    def log(self, container: str, tail: int | None) -> bytes:
        lines = self._logs.get(container, b"").splitlines(keepends=True)
        return b"".join(lines if tail is None else lines[len(lines) - tail :])

    def log_stream(
        self, container: str, since: datetime | None, tail: int | None, *, follow: bool
    ) -> Iterator[bytes]:
        """In pieces that end anywhere."""
        assert not follow
        lines = self.log(container, tail).splitlines(keepends=True)
        whole = b"".join(line for line in lines if since is None or _at(line) >= since)
        yield from (whole[i : i + PIECE_BYTES] for i in range(0, len(whole), PIECE_BYTES))

    def image_ids(self) -> dict[str, str]:
        return dict.fromkeys(self._images, "image")

    def history(self, **_arguments: object) -> list[ContainerEvent]:
        return self._events

    def memory(self, _container: str) -> int | None:
        return 1024

    def volumes(self) -> list[NamedVolume]:
        return self._volumes

    def stop(self, container: str, grace_s: float) -> None:
        self.done.append(("stop", container))

    def remove(self, container: str) -> None:
        self.done.append(("remove", container))


def _at(line: bytes) -> datetime:
    at = parse_time(line.split()[0].decode())
    assert at is not None
    return at
