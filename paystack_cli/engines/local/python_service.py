"""A service of ours: `python -m <package>` with this interpreter, in which it is installed."""

import sys
from collections.abc import Mapping

from paystack_cli.engines.local.environment import local_environment
from paystack_cli.engines.local.launch import Launch
from paystack_cli.engines.local.programs import Program
from paystack_cli.engines.local.state import StateFolder
from paystack_cli.stack.model import Service, Stack

INTERPRETERS = ("python", "python3")


def launch(
    stack: Stack, service: Service, folder: StateFolder, _programs: Mapping[str, Program]
) -> Launch:
    """How the service runs on this machine."""
    interpreter, *arguments = service.command
    if interpreter in INTERPRETERS:
        interpreter = sys.executable
    return Launch(
        service=service.name,
        argv=(interpreter, *arguments),
        environment=local_environment(stack, service),
        prepare=lambda: _make_volumes(service, folder),
    )


def _make_volumes(service: Service, folder: StateFolder) -> None:
    for volume in service.volumes:
        (folder.volumes / volume.name).mkdir(exist_ok=True)
