"""What the local engine runs: server programs, and the Python packages of the services."""

import shutil
from collections.abc import Iterator
from importlib.util import find_spec

from paystack_cli.checks.doctor.model import Finding, failure, warning, well
from paystack_cli.checks.doctor.scene import Scene
from paystack_cli.engines.local.programs.provision import take_inventory
from paystack_cli.engines.local.programs.store import Store

SERVERS, PACKAGES, SETPRIV = "Server programs", "Python packages", "setpriv"
BOOTSTRAP = "bash scripts/bootstrap"


def examine_programs(scene: Scene) -> Iterator[Finding]:
    """Only where the local engine is the one: containers bring their own."""
    if scene.engine_name == "compose":
        return
    services = [scene.stack.services[name] for name in scene.stack.default_services]
    yield from _servers(scene, {s.local.program for s in services if s.local.program})
    modules = [service.command[2] for service in services if service.command[1:2] == ("-m",)]
    missing = sorted(module for module in modules if find_spec(module) is None)
    if missing:
        yield failure("packages", PACKAGES, f"not installed: {', '.join(missing)}", BOOTSTRAP)
    else:
        yield well("packages", PACKAGES, f"all {len(modules)} services are installed")
    if shutil.which("setpriv") is None:
        fix = "sudo apt-get install util-linux"
        yield failure("program.setpriv", SETPRIV, "it is not on this machine", fix)


def _servers(scene: Scene, wanted: set[str]) -> Iterator[Finding]:
    store = Store(scene.settings.tools_dir, scene.settings.locks_dir)
    inventory = take_inventory(wanted, store, scene.settings.variables)
    there = sorted(inventory.programs.values(), key=lambda program: program.name)
    if there:
        versions = ", ".join(f"{one.name} {one.version} ({one.source})" for one in there)
        yield well("programs", SERVERS, versions)
    for spec in inventory.missing:
        unfit = "; ".join(note for note in inventory.notes if spec.name in note)
        seen = f"{spec.name} is not there: {unfit}" if unfit else f"{spec.name} is not there"
        fix = f"paystack up fetches it; or: {spec.install_hint}"
        yield warning(f"program.{spec.name}", SERVERS, seen, fix)
