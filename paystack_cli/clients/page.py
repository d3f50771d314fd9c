"""The address of what a person looks at: a service's page, as compose.yaml names it."""

from paystack_cli.clients.endpoints import door
from paystack_cli.engines.base import ACTIVE, Engine
from paystack_cli.errors import UsageError
from paystack_cli.stack.model import Stack


def page_url(stack: Stack, engine: Engine, name: str) -> str:
    """The URL of the service's page.

    Raises UsageError when it has none (`x-paystack.page`), and when the service does not run.
    """
    service = stack.services[name]
    if service.page is None:
        pages = [one.name for one in stack.services.values() if one.page is not None]
        raise UsageError(
            f"{name} has no page to look at", hint=f"these have one: {', '.join(pages)}"
        )
    state = engine.states([name])[name]
    if state not in ACTIVE:
        raise UsageError(f"{name} is {state}", hint=f"paystack up {name}")
    address = engine.address(name, door(service))
    return f"http://{address.host}:{address.port}{service.page}"
