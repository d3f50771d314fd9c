"""The Docker Engine of one project, through the `docker` package. The one module that imports it.

Every method raises EngineGone when the engine stops answering, EngineRefused when it refuses, and
nothing else. What has gone in the meantime counts as done.
"""

import contextlib
import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

import docker
import docker.errors
import docker.utils
import requests
from docker.context import ContextAPI

from paystack_cli.engines.compose.container import (
    PROJECT_LABEL,
    Container,
    ContainerEvent,
    parse_container,
    parse_event,
)
from paystack_cli.engines.compose.errors import (
    NEXT_ENGINE,
    EngineGone,
    EngineMissing,
    EngineRefused,
)
from paystack_cli.engines.compose.versions import ENGINE_MIN, require

ANSWER_TIMEOUT_S = 2.0
"""An engine that does not say its version within this time is not there."""

REQUEST_TIMEOUT_S = 60
CONNECTIONS_MAX = 32
"""At once: one a container for `status`, one for each log that is followed."""

VOLUME_LABEL = "com.docker.compose.volume"
LIFE = ("start", "die", "oom", "stop", "destroy", "health_status")
"""The events that tell how a container is; the rest is noise (each health check is three)."""


@dataclass(frozen=True, slots=True)
class NamedVolume:
    """A volume of the project: its name for the engine, and its key in compose.yaml."""

    name: str
    key: str


class _Told:
    """Within it the errors of `docker` and of its HTTP library become ours, but for NotFound."""

    def __enter__(self) -> None: ...

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, docker.errors.APIError):
            if not isinstance(error, docker.errors.NotFound):
                raise EngineRefused(
                    f"Docker refuses: {error.explanation or error}", hint="paystack status"
                ) from error
        elif isinstance(error, docker.errors.DockerException | requests.RequestException | OSError):
            raise gone(str(error)) from error


def _if_there() -> "contextlib.suppress":
    """Within it what has gone in the meantime is no error."""
    return contextlib.suppress(docker.errors.NotFound)


def gone(reason: str) -> EngineGone:
    """The error for an engine that was there a moment ago."""
    return EngineGone(
        f"the Docker Engine does not answer any more: {reason}",
        hint="docker info; once it answers again: paystack up",
    )


class Daemon:
    """The containers, volumes and networks of one project, and what happens to them."""

    def __init__(self, client: docker.APIClient, project: str) -> None:
        self._client = client
        self._project = project

    @property
    def version(self) -> str:
        """The engine's version."""
        with _Told():
            return str(self._client.version()["Version"])

    @property
    def is_local(self) -> bool:
        """Whether the engine runs on this machine, so that its ports are this machine's."""
        return bool(self._client.base_url.startswith("http+docker://local"))

    def containers(self) -> list[Container]:
        """Every container of the project, one-off ones included."""
        with _Told():
            listed = self._client.containers(all=True, filters=self._ours())
        return self._inspect([entry["Id"] for entry in listed])

    def container(self, container: str) -> Container | None:
        """One container; None when it is gone."""
        return next(iter(self._inspect([container])), None)

    def image_ids(self) -> dict[str, str]:
        """Image name with tag -> id."""
        with _Told():
            return {
                tag: image["Id"]
                for image in self._client.images()
                for tag in image.get("RepoTags") or ()
            }

    def memory(self, container: str) -> int | None:
        """The memory that a container uses, in bytes, without what the kernel may drop at once."""
        with _if_there(), _Told():
            usage = self._client.stats(container, stream=False, one_shot=True).get("memory_stats")
            if usage and "usage" in usage:
                dropped = usage.get("stats", {}).get("inactive_file", 0)  # as `docker stats` does
                return int(usage["usage"] - dropped)
        return None

    def stop(self, container: str, grace_s: float) -> None:
        """Ask a container to end, kill it after `grace_s`; returns when it has ended."""
        with _if_there(), _Told():
            self._client.stop(container, timeout=math.ceil(grace_s))

    def remove(self, container: str) -> None:
        """Delete a container, running or not, with its nameless volumes; it is gone then."""
        with _if_there(), _Told():
            try:
                self._client.remove_container(container, v=True, force=True)
            except docker.errors.APIError as error:
                if error.status_code != HTTPStatus.CONFLICT:
                    raise
                self._client.wait(container, condition="removed")  # somebody else is at it

    def events(self) -> "EventStream":
        """What happens to the project's containers from now on."""
        with _Told():
            return EventStream(
                self._client.events(decode=True, filters={**self._ours(), "event": list(LIFE)})
            )

    def history(
        self, since: float = 0, until: float | None = None, container: str | None = None
    ) -> list[ContainerEvent]:
        """What the engine still remembers of the project's containers, oldest first.

        It keeps the newest 256 events of everything (Docker 20.10). Times in seconds since the
        epoch.
        """
        filters: dict[str, Any] = {**self._ours(), "event": list(LIFE)}
        if container is not None:
            filters["container"] = container
        with _Told():
            past = self._client.events(
                since=math.floor(since),
                until=math.ceil(time.time() if until is None else until),
                filters=filters,
                decode=True,
            )
            return [parse_event(raw) for raw in past]

    def log(self, container: str, tail: int | None) -> bytes:
        """What a container has written, each line behind its time."""
        with _if_there(), _Told():
            return bytes(
                self._client.logs(container, timestamps=True, tail="all" if tail is None else tail)
            )
        return b""

    def follow(self, container: str, since: datetime | None, tail: int | None) -> Iterator[bytes]:
        """What a container writes, in pieces, until it ends, after `tail` lines of its past."""
        with _if_there(), _Told():
            yield from self._client.logs(
                container,
                timestamps=True,
                stream=True,
                follow=True,
                since=since.timestamp() if since else None,
                tail="all" if tail is None else tail,
            )

    def volumes(self) -> list[NamedVolume]:
        """The project's named volumes."""
        with _Told():
            found = self._client.volumes(filters=self._ours()).get("Volumes") or []
            return [
                NamedVolume(name=volume["Name"], key=(volume["Labels"] or {}).get(VOLUME_LABEL, ""))
                for volume in found
            ]

    def remove_volume(self, name: str) -> None:
        """Delete a volume with its data."""
        with _if_there(), _Told():
            self._client.remove_volume(name)

    def remove_unused_networks(self) -> None:
        """Delete the project's networks that no container, running or not, belongs to."""
        with _Told():
            for network in self._client.networks(filters=self._ours()):
                users = self._client.containers(all=True, filters={"network": network["Id"]})
                if not users:
                    self._client.remove_network(network["Id"])

    def _inspect(self, containers: Sequence[str]) -> list[Container]:
        with ThreadPoolExecutor(max_workers=max(1, len(containers))) as pool:
            found: Iterable[list[Container]] = pool.map(self._inspect_one, containers)
            return [container for one in found for container in one]

    def _inspect_one(self, container: str) -> list[Container]:
        with _if_there(), _Told():
            return [parse_container(self._client.inspect_container(container))]
        return []

    def _ours(self) -> dict[str, Any]:
        return {"label": f"{PROJECT_LABEL}={self._project}"}


class EventStream:
    """Events as they happen, until the stream is closed or the engine goes away."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[ContainerEvent]:
        with _Told():
            yield from map(parse_event, self._stream)

    def close(self) -> None:
        """End the iteration, from another thread."""
        with contextlib.suppress(Exception):  # its socket may be gone with the engine
            self._stream.close()


def connect(variables: Mapping[str, str], project: str) -> Daemon:
    """The engine that `variables` and Docker's contexts name.

    Raises EngineMissing when it does not answer within ANSWER_TIMEOUT_S or is too old.
    """
    options: dict[str, Any] = {}
    host = "the default socket"
    try:
        options = docker.utils.kwargs_from_env(environment=variables)
        if "base_url" not in options:
            options |= _context_of(variables)
        host = str(options.get("base_url", host))
        client = docker.APIClient(
            version="auto",
            timeout=ANSWER_TIMEOUT_S,
            max_pool_size=CONNECTIONS_MAX,
            **options,
        )
        version = str(client.version()["Version"])
    except (docker.errors.DockerException, requests.RequestException, OSError) as error:
        raise _missing(host, error) from error
    require("the Docker Engine", version, ENGINE_MIN)
    client.timeout = REQUEST_TIMEOUT_S
    return Daemon(client, project)


def _missing(host: str, error: Exception) -> EngineMissing:
    if "Permission denied" in str(error):
        return EngineMissing(
            f"this user may not use the Docker Engine at {host}",
            hint="sudo usermod -aG docker $USER and log in again, or: --engine local",
        )
    return EngineMissing(f"no Docker Engine answers at {host}", hint=NEXT_ENGINE)


def _context_of(variables: Mapping[str, str]) -> dict[str, Any]:
    """Where the current context of Docker's client points to, as the client itself finds it."""
    context = ContextAPI.get_context(variables.get("DOCKER_CONTEXT"))
    if context is None or context.name == "default":
        return {}
    return {"base_url": context.Host, "tls": context.TLSConfig or False}
