"""Small projects with a compose.yaml of their own, for tests of the stack model and the engines."""

import json
from pathlib import Path

from paystack_cli.stack.compose import load_stack
from paystack_cli.stack.model import Stack
from paystack_cli.stack.settings import Settings, load_settings

CATALOG = {
    "format": 1,
    "events": {"DONE": {"topic": "done", "schema": "events/DONE.json"}},
    "consumers": {"worker": {"topics": ["done"], "deadLetterTopic": "worker.dlq"}},
    "topics": {"done": {"partitions": 6}, "worker.dlq": {"partitions": 1, "retentionMs": -1}},
}


def make_project(folder: Path, compose: str) -> Path:
    """A project folder whose stack/compose.yaml is `compose`."""
    schemas = folder / "stack" / "schemas"
    schemas.mkdir(parents=True)
    (schemas / "catalog.json").write_text(json.dumps(CATALOG))
    (folder / "stack" / "compose.yaml").write_text(compose)
    return folder


def settings_of(project: Path, **environment: str) -> Settings:
    """Settings for the project, of this environment alone."""
    return load_settings(project_dir=project, environment=environment)


def stack_of(project: Path, **environment: str) -> Stack:
    """The project's stack, interpolated with this environment alone."""
    return load_stack(settings_of(project, **environment))
