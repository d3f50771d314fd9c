"""A service's environment and ports on this machine instead of in a container. Pure."""

from paystack_cli.stack.model import Port, Service, Stack

SERVER_PORT = "SERVER_PORT"


def local_environment(stack: Stack, service: Service) -> dict[str, str]:
    """The service's environment with addresses of this machine.

    `x-paystack.local.environment` of the stack replaces the values of names that the service has,
    SERVER_PORT becomes the published port, and the service's own `local.environment` is set last.
    """
    environment = dict(service.environment)
    environment.update(
        (name, value) for name, value in stack.local_environment.items() if name in environment
    )
    if SERVER_PORT in environment:
        port = service.published(int(environment[SERVER_PORT]))
        if port is not None:
            environment[SERVER_PORT] = str(port.published)
    return {**environment, **service.local.environment}


def probe_url(service: Service) -> str | None:
    """The URL of the service's `curl` health check, with its published port."""
    url = service.healthcheck.readiness_url if service.healthcheck else None
    if url is None:
        return None
    for port in service.ports:
        url = url.replace(f":{port.target}/", f":{port.published}/", 1)
    return url


def bound_ports(service: Service) -> tuple[Port, ...]:
    """Every host port that the service binds."""
    return (*service.ports, *service.local.extra_ports)
