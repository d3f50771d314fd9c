"""Reads stack/compose.yaml into the stack model: interpolation, short and long forms, checks."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from paystack_cli.stack.builds import parse_build
from paystack_cli.stack.catalog import load_catalog
from paystack_cli.stack.compose_file import (
    Document,
    environment,
    extension_of,
    interpolated,
    read_document,
    unreadable,
)
from paystack_cli.stack.interpolation import interpolate
from paystack_cli.stack.model import (
    Condition,
    Healthcheck,
    LocalOptions,
    Port,
    Service,
    Stack,
    Volume,
)
from paystack_cli.stack.settings import Settings

VOLUMES_VARIABLE = "PAYSTACK_VOLUMES"
"""Given to compose.yaml by paystack: the folder of the named volumes of the local engine."""

NOT_OF_THE_CONTAINER = {"build", "depends_on", "profiles", "x-paystack"}
"""Keys of a service that change nothing in a container that is there."""

UNGROUPED = "other"
RESTARTING_POLICIES = ("always", "unless-stopped", "on-failure")
DEFAULT_STOP_GRACE_S = 10.0  # Compose's default
DEFAULT_INTERVAL_S = 30.0  # Compose's default, as the next two
DEFAULT_TIMEOUT_S = 30.0
DEFAULT_RETRIES = 3

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(us|ms|s|m|h)")
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PORT = re.compile(
    r"(?:(?P<host>[^:]+|\[[^]]+\]):)?(?P<published>\d+):(?P<target>\d+)(?:/(?P<protocol>tcp|udp))?"
)
_VOLUME_NAME = re.compile(r"[a-zA-Z0-9][\w.-]*")
_PUBLISHED_VARIABLE = re.compile(r"\$\{(\w+)[^}]*\}:\d+(?:/\w+)?$")


def volumes_dir(settings: Settings, stack_name: str) -> Path:
    """The folder whose children are the named volumes of the local engine."""
    return settings.state_dir(stack_name) / "volumes"


def load_stack(settings: Settings) -> Stack:
    """Read the stack of the project.

    Raises PreflightError when a required variable is absent or the file cannot be understood.
    """
    path = settings.compose_file
    raw = read_document(path)
    name = interpolate(str(raw.get("name", "")), settings.variables) or path.parent.name
    variables = {**settings.variables, VOLUMES_VARIABLE: str(volumes_dir(settings, name))}
    try:
        return _stack(raw, name, variables, settings)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise unreadable(path, f"{type(error).__name__}: {error}") from error


def _stack(
    raw_document: Document, name: str, variables: Mapping[str, str], settings: Settings
) -> Stack:
    document = interpolated(raw_document, variables)
    extension = extension_of(document)
    raw_services: Mapping[str, Document] = document["services"]
    groups = {group: tuple(names) for group, names in extension.get("groups", {}).items()}
    group_of = {member: group for group, members in groups.items() for member in members}
    dependencies = {name: _depends_on(raw) for name, raw in raw_services.items()}
    one_shots = {
        dependency
        for conditions in dependencies.values()
        for dependency, condition in conditions.items()
        if condition is Condition.COMPLETED
    }
    _check_references(raw_services, dependencies, group_of)
    return Stack(
        name=name,
        directory=settings.compose_file.parent,
        services={
            service: _service(
                service,
                raw,
                group=group_of.get(service, UNGROUPED),
                depends_on=dependencies[service],
                one_shot=service in one_shots,
                directory=settings.compose_file.parent,
                variables=variables,
                port_variables=_port_variables(raw_document["services"][service], variables),
            )
            for service, raw in raw_services.items()
        },
        groups=groups,
        local_environment=environment(extension.get("local", {}).get("environment"), variables),
        catalog=load_catalog(settings.catalog_file),
    )


def _check_references(
    services: Mapping[str, Document],
    dependencies: Mapping[str, Mapping[str, Condition]],
    group_of: Mapping[str, str],
) -> None:
    for service, conditions in dependencies.items():
        for dependency in conditions:
            if dependency not in services:
                raise ValueError(f"{service} depends on {dependency}, which is no service")
    for member, group in group_of.items():
        if member not in services:
            raise ValueError(f"group {group} names {member}, which is no service")


def _service(
    name: str,
    raw: Document,
    *,
    group: str,
    depends_on: Mapping[str, Condition],
    one_shot: bool,
    directory: Path,
    variables: Mapping[str, str],
    port_variables: Mapping[str, str],
) -> Service:
    extension = raw.get("x-paystack", {})
    local = extension.get("local", {})
    given = environment(raw.get("environment"), variables)
    return Service(
        name=name,
        group=group,
        check=extension.get("check"),
        page=extension.get("page"),
        image=raw.get("image"),
        build=parse_build(raw.get("build"), directory, variables),
        container_name=raw.get("container_name"),
        profiles=frozenset(raw.get("profiles", ())),
        command=_words(raw.get("command")),
        environment=given,
        depends_on=depends_on,
        ports=_ports(raw, port_variables),
        volumes=_named_volumes(raw.get("volumes", ())),
        healthcheck=_healthcheck(raw.get("healthcheck")),
        stop_grace_s=_seconds(raw.get("stop_grace_period"), DEFAULT_STOP_GRACE_S),
        restarts=str(raw.get("restart", "no")).startswith(RESTARTING_POLICIES),
        one_shot=one_shot,
        local=LocalOptions(
            program=local.get("program"),
            environment=environment(local.get("environment"), variables),
            extra_ports=_ports(local, port_variables, key="extra_ports"),
        ),
        definition=_definition({**raw, "environment": given}),
    )


def _definition(raw: Document) -> str:
    kept = {key: value for key, value in raw.items() if key not in NOT_OF_THE_CONTAINER}
    return json.dumps(kept, sort_keys=True)


def _words(command: str | list[str] | None) -> tuple[str, ...]:
    if isinstance(command, str):
        raise TypeError(f"write the command as a list, not as a shell string: {command!r}")
    return tuple(str(word) for word in command or ())


def _depends_on(raw: Document) -> dict[str, Condition]:
    given = raw.get("depends_on", {})
    if isinstance(given, list):
        return dict.fromkeys(given, Condition.STARTED)
    return {name: Condition(entry["condition"]) for name, entry in given.items()}


def _port_variables(raw: Document, variables: Mapping[str, str]) -> dict[str, str]:
    """Port text with its variables replaced -> the variable that moves the published port."""
    local = raw.get("x-paystack", {}).get("local", {})
    texts = [str(text) for text in (*raw.get("ports", ()), *local.get("extra_ports", ()))]
    return {
        interpolate(text, variables): name[1]
        for text in texts
        if (name := _PUBLISHED_VARIABLE.search(text))
    }


def _ports(
    raw: Document, port_variables: Mapping[str, str], key: str = "ports"
) -> tuple[Port, ...]:
    return tuple(_port(str(text), port_variables.get(text)) for text in raw.get(key, ()))


def _port(text: str, variable: str | None) -> Port:
    parsed = _PORT.fullmatch(text)
    if parsed is None:
        raise ValueError(f"cannot read port {text!r}: write host:published:target")
    return Port(
        host=parsed["host"] or "0.0.0.0",  # noqa: S104 - what Compose does without a host part
        published=int(parsed["published"]),
        target=int(parsed["target"]),
        protocol=parsed["protocol"] or "tcp",
        variable=variable,
    )


def _named_volumes(raw: list[str | Document]) -> tuple[Volume, ...]:
    """Named volumes of the short and the long form; bind mounts and tmpfs hold no data of ours."""
    found = []
    for entry in raw:
        if isinstance(entry, str):
            source, _, rest = entry.partition(":")
            kind, target = "volume", rest.partition(":")[0]
        else:
            kind, source, target = entry["type"], entry.get("source", ""), entry["target"]
        if kind == "volume" and target and _VOLUME_NAME.fullmatch(source):
            found.append(Volume(name=source, target=target))
    return tuple(found)


def _healthcheck(raw: Document | None) -> Healthcheck | None:
    if raw is None or raw.get("disable"):
        return None
    test = raw["test"]
    return Healthcheck(
        test=("CMD-SHELL", test) if isinstance(test, str) else tuple(str(word) for word in test),
        interval_s=_seconds(raw.get("interval"), DEFAULT_INTERVAL_S),
        timeout_s=_seconds(raw.get("timeout"), DEFAULT_TIMEOUT_S),
        retries=int(raw.get("retries", DEFAULT_RETRIES)),
        start_period_s=_seconds(raw.get("start_period"), 0.0),
    )


def _seconds(duration: object, default: float) -> float:
    """A Compose duration such as `1m30s` in seconds."""
    if duration is None:
        return default
    parts = _DURATION.findall(str(duration))
    if not parts or "".join(number + unit for number, unit in parts) != duration:
        raise ValueError(f"cannot read duration {duration!r}: write 10s, 1m30s or 500ms")
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)
