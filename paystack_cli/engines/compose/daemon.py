"""The Docker Engine of one project: the one module that imports the `docker` package.

It does so only when more is to be done than to look at containers (`engine_socket.py` says why).
Every method raises EngineGone when the engine stops answering, EngineRefused when it refuses, and
nothing else. What has gone in the meantime counts as done.
"""

import contextlib
import json
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paystack_cli.engines.compose.container import (
    ONE_OFF_LABEL,
    PROJECT_LABEL,
    PROTECTED_LABEL,
    SERVICE_LABEL,
    Container,
    ContainerEvent,
    parse_container,
    parse_event,
    parse_time,
)
from paystack_cli.engines.compose.engine_socket import EngineSocket, NotThere, Reading
from paystack_cli.engines.compose.errors import (
    NEXT_ENGINE,
    EngineGone,
    EngineMissing,
    EngineRefused,
)
from paystack_cli.engines.compose.versions import ENGINE_MIN, require
from paystack_cli.errors import PaystackError

if TYPE_CHECKING:
    import docker

ANSWER_TIMEOUT_S = 2.0
"""An engine that does not say its version within this time is not there."""

REQUEST_TIMEOUT_S = 60
CONNECTIONS_MAX = 32
"""At once: one a container for `status`, one for each log that is followed."""

DEFAULT_SOCKET = "/var/run/docker.sock"
UNIX = "unix://"

VOLUME_LABEL = "com.docker.compose.volume"
FOLDER_LABEL = "com.docker.compose.project.working_dir"
LIFE = ("start", "die", "oom", "stop", "destroy", "health_status")
"""The events that tell how a container is; the rest is noise (each health check is three)."""


@dataclass(frozen=True, slots=True)
class NamedVolume:
    """A volume of the project: its name for the engine, and its key in compose.yaml."""

    name: str
    key: str


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A container of anybody, in short, which costs one question for all of them.

    `project`, `folder` and `service` are of the Compose file that made it, or "". `ports` are the
    host's, with their protocol.
    """

    name: str
    project: str
    folder: str
    running: bool
    ports: frozenset[tuple[str, int]]
    service: str = ""
    one_off: bool = False
    protected: bool = False


@dataclass(frozen=True, slots=True)
class About:
    """What the engine says of itself: its clock, and where it keeps images and volumes."""

    clock: datetime
    root: Path


class _Told:
    """Within it whatever goes wrong with the engine is an error of ours, or NotThere."""

    def __enter__(self) -> None: ...

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if error is None or isinstance(error, NotThere | PaystackError):
            return
        import docker.errors

        if isinstance(error, docker.errors.NotFound):
            raise NotThere(str(error)) from error
        if isinstance(error, docker.errors.APIError):
            raise EngineRefused(
                f"Docker refuses: {error.explanation or error}", hint="paystack status"
            ) from error
        # The HTTP library of `docker` raises OSErrors.
        if isinstance(error, docker.errors.DockerException | OSError):
            raise gone(str(error)) from error


def _if_there() -> "contextlib.suppress":
    """Within it what has gone in the meantime is no error."""
    return contextlib.suppress(NotThere)


def gone(reason: str) -> EngineGone:
    """The error for an engine that was there a moment ago."""
    return EngineGone(
        f"the Docker Engine does not answer any more: {reason}",
        hint="docker info; once it answers again: paystack up",
    )


class Daemon:
    """The containers, volumes and networks of one project, and what happens to them.

    `is_local`: the engine runs on this machine, so that its ports are this machine's.
    """

    def __init__(
        self,
        reading: Reading,
        open_client: "Callable[[], docker.APIClient]",
        project: str,
        *,
        version: str,
        is_local: bool,
    ) -> None:
        self._reading = reading
        self._open_client = open_client
        self._project = project
        self.version = version
        self.is_local = is_local

    @cached_property
    def _client(self) -> "docker.APIClient":
        with _Told():
            return self._open_client()

    def about(self) -> About:
        """The engine itself."""
        with _Told():
            info = self._client.info()
        clock = parse_time(info["SystemTime"])
        assert clock is not None  # noqa: S101 - "never" is no time of day
        return About(clock=clock, root=Path(info["DockerRootDir"]))

    def neighbours(self) -> list[Neighbour]:
        """Every container of the engine, whoever made it."""
        return [_neighbour(entry) for entry in self._listed({})]

    def members(self) -> list[Neighbour]:
        """Every container of the project, in short."""
        return [_neighbour(entry) for entry in self._listed(self._ours())]

    @property
    def has_containers(self) -> bool:
        """Whether there is any container of the project, running or not."""
        with _Told():
            return bool(self._reading.containers(all=True, filters=self._ours(), limit=1))

    def containers(self) -> list[Container]:
        """Every container of the project, one-off ones included."""
        return self._inspect([entry["Id"] for entry in self._listed(self._ours())])

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
            usage = self._reading.stats(container, stream=False, one_shot=True).get("memory_stats")
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
            from http import HTTPStatus

            from docker.errors import APIError

            try:
                self._client.remove_container(container, v=True, force=True)
            except APIError as error:
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
        filters = {**self._ours(), "event": list(LIFE)}
        if container is not None:
            filters["container"] = [container]
        with _Told():
            past = self._reading.events(
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

    def log_stream(
        self, container: str, since: datetime | None, tail: int | None, *, follow: bool
    ) -> Iterator[bytes]:
        """What a container has written, in pieces, each line behind its time.

        Its past from `since` on, `tail` lines of it at most; with `follow` until it ends.
        """
        with _if_there(), _Told():
            yield from self._client.logs(
                container,
                timestamps=True,
                stream=True,
                follow=follow,
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

    def unused_networks(self) -> list[str]:
        """The names of the project's networks that no container, running or not, belongs to."""
        with _Told():
            return [network["Name"] for network in self._without_users()]

    def remove_unused_networks(self) -> None:
        """Delete those."""
        with _Told():
            for network in self._without_users():
                self._client.remove_network(network["Id"])

    def _without_users(self) -> Iterator[Mapping[str, Any]]:
        for network in self._client.networks(filters=self._ours()):
            if not self._client.containers(all=True, filters={"network": network["Id"]}):
                yield network

    def _listed(self, filters: Mapping[str, Sequence[str]]) -> list[Mapping[str, Any]]:
        with _Told():
            return self._reading.containers(all=True, filters=filters)

    def _inspect(self, containers: Sequence[str]) -> list[Container]:
        with ThreadPoolExecutor(max_workers=max(1, len(containers))) as pool:
            found: Iterable[list[Container]] = pool.map(self._inspect_one, containers)
            return [container for one in found for container in one]

    def _inspect_one(self, container: str) -> list[Container]:
        with _if_there(), _Told():
            return [parse_container(self._reading.inspect_container(container))]
        return []

    def _ours(self) -> dict[str, list[str]]:
        return {"label": [f"{PROJECT_LABEL}={self._project}"]}


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


def _neighbour(listed: Mapping[str, Any]) -> Neighbour:
    """Out of the engine's JSON (API: "List containers")."""
    labels = listed.get("Labels") or {}
    return Neighbour(
        name=listed["Names"][0].removeprefix("/"),
        project=labels.get(PROJECT_LABEL, ""),
        folder=labels.get(FOLDER_LABEL, ""),
        service=labels.get(SERVICE_LABEL, ""),
        one_off=labels.get(ONE_OFF_LABEL) == "True",
        protected=labels.get(PROTECTED_LABEL) == "true",
        running=listed["State"] == "running",
        ports=frozenset(
            (port["Type"], port["PublicPort"])
            for port in listed.get("Ports") or ()
            if "PublicPort" in port
        ),
    )


def connect(variables: Mapping[str, str], project: str) -> Daemon:
    """The engine that `variables` and Docker's contexts name.

    Raises EngineMissing when it does not answer within ANSWER_TIMEOUT_S or is too old.
    """
    path = _socket_named_by(variables)
    daemon = _by_package(variables, project) if path is None else _by_socket(path, project)
    require("the Docker Engine", daemon.version, ENGINE_MIN)
    return daemon


def _by_socket(path: str, project: str) -> Daemon:
    reading = EngineSocket(path, ANSWER_TIMEOUT_S)
    try:
        version = reading.version()
    except OSError as error:
        raise _missing(UNIX + path, error) from error
    reading.timeout_s = REQUEST_TIMEOUT_S
    open_client = partial(_open_client, {"base_url": UNIX + path})
    return Daemon(reading, open_client, project, version=version, is_local=True)


def _by_package(variables: Mapping[str, str], project: str) -> Daemon:
    """By TCP, SSH or a context of Docker's, which the `docker` package knows how to reach."""
    import docker.errors
    import docker.utils

    host = "the current context"
    try:
        options = docker.utils.kwargs_from_env(environment=variables)
        if "base_url" not in options:
            options |= _context_of(variables)
        host = str(options.get("base_url", host))
        client = _open_client(options, ANSWER_TIMEOUT_S)
        version = str(client.version()["Version"])
    except (docker.errors.DockerException, OSError) as error:
        raise _missing(host, error) from error
    client.timeout = REQUEST_TIMEOUT_S
    is_local = client.base_url.startswith("http+docker://local")
    return Daemon(client, lambda: client, project, version=version, is_local=is_local)


def _open_client(
    options: Mapping[str, Any], timeout_s: float = REQUEST_TIMEOUT_S
) -> "docker.APIClient":
    import docker

    return docker.APIClient(
        version="auto", timeout=timeout_s, max_pool_size=CONNECTIONS_MAX, **options
    )


def _socket_named_by(variables: Mapping[str, str]) -> str | None:
    """The unix socket that is meant; None where Docker's contexts or another protocol decide."""
    host = variables.get("DOCKER_HOST")
    if host:
        return host.removeprefix(UNIX) if host.startswith(UNIX) else None
    if variables.get("DOCKER_CONTEXT") or _has_current_context(variables):
        return None
    return DEFAULT_SOCKET


def _has_current_context(variables: Mapping[str, str]) -> bool:
    """Whether `docker context use` was ever called, as Docker's client would find it."""
    folder = variables.get("DOCKER_CONFIG") or Path(variables.get("HOME", "/")) / ".docker"
    try:
        configuration = json.loads((Path(folder) / "config.json").read_text("utf-8"))
        return bool(configuration.get("currentContext"))
    except (OSError, ValueError, AttributeError):
        return False


def _missing(host: str, error: Exception) -> EngineMissing:
    if "Permission denied" in str(error):
        return EngineMissing(
            f"this user may not use the Docker Engine at {host}",
            hint="sudo usermod -aG docker $USER and log in again, or: --engine local",
        )
    return EngineMissing(f"no Docker Engine answers at {host}", hint=NEXT_ENGINE)


def _context_of(variables: Mapping[str, str]) -> dict[str, Any]:
    """Where the current context of Docker's client points to, as the client itself finds it."""
    from docker.context import ContextAPI

    context = ContextAPI.get_context(variables.get("DOCKER_CONTEXT"))
    if context is None or context.name == "default":
        return {}
    return {"base_url": context.Host, "tls": context.TLSConfig or False}
