"""Services of the real stack that do wrong on purpose.

A mutant is a service with one module patched at its start (`tests/chaos/mutants/<name>/`). The
stack that runs it is a copy of the project's compose.yaml with PYTHONPATH set for that service, so
the product knows nothing of it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from tests.support.stack import PROJECT, StackUnderTest

MUTANTS = PROJECT / "tests" / "chaos" / "mutants"


@contextmanager
def mutated(stack: StackUnderTest, service: str, mutant: str, folder: Path) -> Iterator[Path]:
    """The stack with one mutant in it, and as it was afterwards; `folder` is used for a copy.

    Yields the project that runs it, for `--project-dir`.
    """
    project = _project_with(service, mutant, folder)
    stack.paystack("--project-dir", str(project), "up", "--only", service)
    try:
        yield project
    finally:
        stack.paystack("up", "--only", service)


def _project_with(service: str, mutant: str, folder: Path) -> Path:
    """A project that differs from this one in the mutant's environment alone."""
    (folder / "stack").mkdir(parents=True)
    for part in (PROJECT / "stack").iterdir():
        (folder / "stack" / part.name).symlink_to(part)
    compose = folder / "stack" / "compose.yaml"
    document = yaml.safe_load(compose.read_text("utf-8"))
    document["services"][service]["environment"]["PYTHONPATH"] = str(MUTANTS / mutant)
    compose.unlink()
    compose.write_text(yaml.safe_dump(document), "utf-8")
    return folder
