"""All examinations at once, against one deadline; what one cannot find out is a finding, too."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, wait

from paystack_cli.checks.doctor.certificates import examine_certificates
from paystack_cli.checks.doctor.clocks import examine_clocks
from paystack_cli.checks.doctor.drift import examine_drift
from paystack_cli.checks.doctor.engines import examine_engines
from paystack_cli.checks.doctor.env_file import examine_env_file
from paystack_cli.checks.doctor.leftovers import examine_leftovers
from paystack_cli.checks.doctor.model import Finding, Repair, warning
from paystack_cli.checks.doctor.names import examine_names
from paystack_cli.checks.doctor.network import examine_network
from paystack_cli.checks.doctor.plugins import examine_plugins
from paystack_cli.checks.doctor.ports import examine_ports
from paystack_cli.checks.doctor.programs import examine_programs
from paystack_cli.checks.doctor.resources import examine_resources
from paystack_cli.checks.doctor.scene import Scene
from paystack_cli.checks.retry import Deadline
from paystack_cli.engines.state import StackFolder
from paystack_cli.errors import PaystackError

Examination = Callable[[Scene], Iterable[Finding]]
"""Reads only. What it raises becomes a finding."""

EXAMINATIONS: Mapping[str, Examination] = {
    "settings": examine_env_file,
    "engine": examine_engines,
    "resources": examine_resources,
    "ports": examine_ports,
    "programs": examine_programs,
    "certificates": examine_certificates,
    "names": examine_names,
    "leftovers": examine_leftovers,
    "drift": examine_drift,
    "clocks": examine_clocks,
    "network": examine_network,
    "plug-ins": examine_plugins,
}
"""In the order of the report."""


def examine(
    scene: Scene,
    deadline: Deadline,
    examinations: Mapping[str, Examination] = EXAMINATIONS,
) -> list[Finding]:
    """Every finding, in the order of the examinations."""
    findings = {name: _begin(examination, scene) for name, examination in examinations.items()}
    wait(findings.values(), timeout=deadline.remaining_s)
    return [finding for name, future in findings.items() for finding in _found(name, future)]


def mend(scene: Scene, findings: Iterable[Finding], tell: Callable[[str], None]) -> list[Repair]:
    """Make every safe repair, telling each before it is made; what was made.

    Raises PreflightError when another command is at work on the stack, or a repair is refused.
    """
    repairs = [finding.repair for finding in findings if finding.repair is not None]
    if not repairs:
        return []
    folder = StackFolder(scene.settings.state_dir(scene.stack.name))
    with folder.changing("doctor --fix"):
        for repair in repairs:
            tell(repair.does)
            repair.run()
    return repairs


def _begin(examination: Examination, scene: Scene) -> "Future[Sequence[Finding]]":
    """In a thread that nobody waits for at the end: one that hangs must not keep the others."""
    future: Future[Sequence[Finding]] = Future()

    def run() -> None:
        try:
            future.set_result(list(examination(scene)))
        except Exception as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


def _found(name: str, future: "Future[Sequence[Finding]]") -> Sequence[Finding]:
    id, title = f"examination.{name.replace('-', '')}", f"Examination of {name}"
    if not future.done():
        return [warning(id, title, "it did not end in time", "paystack doctor --timeout SECONDS")]
    error = future.exception()
    match error:
        case None:
            return future.result()
        case PaystackError():
            return [warning(id, title, error.message, error.hint)]
    said = f"{type(error).__name__}: {error}"
    return [
        warning(id, title, f"it failed: {said}", "paystack doctor --output json, and report it")
    ]
