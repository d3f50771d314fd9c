"""Drift: what runs, held against what compose.yaml and the sources say by now."""

from collections.abc import Iterator

from paystack_cli.checks.doctor.model import Finding, warning, well
from paystack_cli.checks.doctor.scene import Scene
from paystack_cli.stack.selection import in_order

TITLE = "Running as compose.yaml says"


def examine_drift(scene: Scene) -> Iterator[Finding]:
    """What the next `up` would start anew, of what runs."""
    if scene.engine is None or not scene.running:
        return
    observed = scene.engine.observe(in_order(scene.stack, scene.running))
    drifted = False
    for name, one in observed.items():
        if reason := one.change or one.build:
            drifted = True
            yield warning(f"drift.{name}", TITLE, f"{name}: {reason}", f"paystack up {name}")
    if not drifted:
        yield well("drift", TITLE, f"{len(observed)} services run as they should")
