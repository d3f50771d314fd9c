"""How each kind of service is run and probed on this machine: one entry per server program."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from paystack_cli.engines.local import kafka, mariadb, nginx, python_service
from paystack_cli.engines.local.environment import probe_url
from paystack_cli.engines.local.launch import Launch
from paystack_cli.engines.local.probes import Probe, http_probe
from paystack_cli.engines.local.programs import Program
from paystack_cli.engines.local.state import StateFolder
from paystack_cli.errors import PreflightError
from paystack_cli.stack.model import Service, Stack


def _health_check(_stack: Stack, service: Service) -> Probe | None:
    """The service's own HTTP health check, when it has one."""
    url = probe_url(service)
    return http_probe(url) if url else None


@dataclass(frozen=True, slots=True)
class _Kind:
    launch: Callable[[Stack, Service, StateFolder, Mapping[str, Program]], Launch]
    probe: Callable[[Stack, Service], Probe | None] = _health_check


_KINDS: Mapping[str | None, _Kind] = {
    None: _Kind(python_service.launch),
    "mariadb": _Kind(mariadb.launch, mariadb.login_probe),
    "kafka": _Kind(kafka.launch, kafka.metadata_probe),
    "nginx": _Kind(nginx.launch),
}
"""`x-paystack.local.program` -> its module; None is a command of ours."""


def launch_of(
    stack: Stack, service: Service, folder: StateFolder, programs: Mapping[str, Program]
) -> Launch:
    """How the service runs on this machine."""
    return _kind(service).launch(stack, service, folder, programs)


def probe_of(stack: Stack, service: Service) -> Probe | None:
    """The service's readiness; None when there is nothing to ask."""
    return _kind(service).probe(stack, service)


def _kind(service: Service) -> _Kind:
    program = service.local.program
    if program not in _KINDS or (program is None and not service.command):
        raise PreflightError(
            f"the local engine cannot run {service.name}: it has no command, and no program of"
            f" {', '.join(name for name in _KINDS if name)} in x-paystack.local",
            hint=f"paystack up --exclude {service.name}, or --engine compose",
        )
    return _KINDS[program]
