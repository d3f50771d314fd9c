"""Brings all artefacts up to date."""

import fcntl
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from paystack_cli.artefacts.folder import BUILD, settle
from paystack_cli.artefacts.own_wheels import build_wheel
from paystack_cli.artefacts.third_party import fetch_wheels, is_complete, machine_architecture
from paystack_cli.errors import UsageError
from paystack_cli.stack.settings import Settings

COMMON = "common"
"""The package that every service installs beside its own."""

LOCK = "services.lock"


def service_names(settings: Settings) -> list[str]:
    """The services that have artefacts."""
    packages = _backend(settings).glob("*/pyproject.toml")
    return sorted(path.parent.name for path in packages if path.parent.name != COMMON)


def make_artefacts(settings: Settings, services: Collection[str] = ()) -> list[Path]:
    """Make the artefacts of these services, or of all, and return the files that changed.

    Raises UsageError for an unknown service, StartFailed when a wheel cannot be built,
    PreflightError when one cannot be fetched.
    """
    known = service_names(settings)
    unknown = sorted(set(services) - set(known))
    if unknown:
        raise UsageError(
            f"no service with artefacts: {', '.join(unknown)}", hint=f"one of: {', '.join(known)}"
        )
    backend = _backend(settings)
    with _alone(settings.project_dir / ".paystack"), tempfile.TemporaryDirectory() as folder:
        made = Path(folder)
        changed = _third_party(settings.locks_dir / LOCK, backend / BUILD, made)
        for name in (COMMON, *(services or known)):
            changed += settle(backend / name / BUILD, [build_wheel(backend / name, made)])
    return changed


def _third_party(lock: Path, folder: Path, temporary: Path) -> list[Path]:
    architecture = machine_architecture()
    if is_complete(folder, lock, architecture):
        wheels = sorted(folder.glob("*.whl"))
    else:
        wheels = fetch_wheels(lock, architecture, temporary)
    return settle(folder, [*wheels, lock])


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One run at a time; another waits, as it would make the same."""
    folder.mkdir(exist_ok=True)
    with (folder / "artefacts.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _backend(settings: Settings) -> Path:
    return settings.compose_file.parent / "backend"
