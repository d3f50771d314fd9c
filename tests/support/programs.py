"""Programs for tests and benches, by name: fetched into the project's folder when absent."""

import sys

from paystack_cli.engines.local.programs import Program, ensure
from paystack_cli.stack.settings import load_settings
from tests.support.stack import PROJECT


def fetched(name: str) -> Program:
    """Program `name`, ready to run. Raises ProgramUnavailable."""
    settings = load_settings(project_dir=PROJECT)
    return ensure(
        [name],
        tools_dir=settings.tools_dir,
        locks_dir=settings.locks_dir,
        environment=settings.variables,
        progress=_say,
    )[name]


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
