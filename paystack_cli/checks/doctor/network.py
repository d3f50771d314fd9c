"""Name resolution inside the stack's network: every service must find what it needs."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from paystack_cli.checks.doctor.model import Finding, failure, warning, well
from paystack_cli.checks.doctor.scene import Scene
from paystack_cli.engines.base import Engine
from paystack_cli.errors import PaystackError
from paystack_cli.stack.model import Stack

TITLE = "Names inside the network"
LOOKUP_TIMEOUT_S = 10.0

UNRESOLVED = ("sh", "-c", 'for name; do getent hosts "$name" >/dev/null || echo "$name"; done', "-")
"""Followed by names: writes those that have no address in the container that it runs in."""


def examine_network(scene: Scene) -> Iterator[Finding]:
    """Asked in each running container that needs another one."""
    if scene.engine is None or not scene.engine.has_network:
        return
    engine = scene.engine
    asked = {
        name: needs
        for name in sorted(scene.running)
        if (needs := sorted(_servers(scene.stack, name) & scene.running))
    }
    if not asked:
        return
    with ThreadPoolExecutor(max_workers=len(asked)) as pool:
        findings = list(pool.map(lambda item: _examine(engine, *item), asked.items()))
    yield from (finding for finding in findings if finding is not None)
    if not any(findings):
        yield well("dns", TITLE, f"all that is needed resolves (containers asked: {len(asked)})")


def _servers(stack: Stack, name: str) -> set[str]:
    """What a service talks to: what it needs, and through a one-shot what that needs."""
    servers = set()
    for need in stack.services[name].depends_on:
        servers |= _servers(stack, need) if stack.services[need].one_shot else {need}
    return servers


def _examine(engine: Engine, service: str, needs: list[str]) -> Finding | None:
    id = f"dns.{service}"
    try:
        done = engine.exec(service, [*UNRESOLVED, *needs], timeout_s=LOOKUP_TIMEOUT_S)
    except PaystackError as error:
        return warning(id, TITLE, f"{service} cannot be asked: {error.message}", error.hint)
    unresolved = done.stdout.split()
    if done.exit_code != 0:
        seen = f"{service} cannot be asked: {done.stderr.strip()}"
        return warning(id, TITLE, seen, f"paystack status {service}")
    if not unresolved:
        return None
    return failure(
        id,
        TITLE,
        f"{service} finds no address of {', '.join(unresolved)}",
        f"paystack up --only {','.join([service, *unresolved])} --recreate",
    )
