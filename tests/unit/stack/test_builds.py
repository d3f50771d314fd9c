"""What compose.yaml says of image builds, which is read without the rest of it."""

from pathlib import Path

import pytest

from paystack_cli.errors import PreflightError
from paystack_cli.stack.builds import Build, load_builds
from paystack_cli.stack.settings import Settings

COMPOSE = """
x-paystack:
  context_budgets: {app: "${APP_BUDGET:-2 kB}"}
services:
  app:
    build: {context: app, args: {BASE: "${BASE:-slim}"}, target: last}
    environment: {PASSWORD: "${PASSWORD:?set it}"}
  short: {build: ./short}
  image: {image: official}
"""


def settings(project: Path, compose: str, **variables: str) -> Settings:
    (project / "stack").mkdir()
    (project / "stack" / "compose.yaml").write_text(compose)
    return Settings(project_dir=project, variables=variables, engine="auto")


def test_builds_are_known_while_passwords_are_not(tmp_path: Path) -> None:
    found = load_builds(settings(tmp_path, COMPOSE, BASE="ours"))
    stack = tmp_path / "stack"
    assert found.services == {
        "app": Build(stack / "app", stack / "app" / "Dockerfile", {"BASE": "ours"}, target="last"),
        "short": Build(stack / "short", stack / "short" / "Dockerfile", {}),
    }
    assert found.context_budgets == {stack / "app": 2000}


def test_a_variable_that_a_build_needs_is_missed(tmp_path: Path) -> None:
    needing = "services: {app: {build: {context: app, args: {KEY: '${KEY:?set it}'}}}}"
    with pytest.raises(PreflightError, match="KEY"):
        load_builds(settings(tmp_path, needing))


@pytest.mark.parametrize(
    "compose",
    [
        "services: {app: {build: [no, build]}}",
        "x-paystack: {format: 99}\nservices: {}",
        "x-paystack: {context_budgets: {app: much}}\nservices: {}",
        "nothing: here",
    ],
)
def test_a_file_that_cannot_be_understood_is_refused(tmp_path: Path, compose: str) -> None:
    with pytest.raises(PreflightError, match="cannot read"):
        load_builds(settings(tmp_path, compose))
