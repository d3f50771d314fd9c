"""What has changed since a container was made."""

from pathlib import Path
from typing import Any

import pytest

from paystack_cli.engines.base import Completed
from paystack_cli.engines.compose.made import Made
from paystack_cli.stack.model import Service
from tests.support.compose_project import make_project, stack_of
from tests.support.fake_docker import container

COMPOSE = "services:\n  app: {image: pay/app, command: [x], environment: {A: '${A:-1}'}}\n"


class FakeCli:
    """`docker compose config --hash`."""

    asked = 0

    def run(self, *_arguments: str, profiles: object) -> Completed:
        self.asked += 1
        return Completed(0, "app hash-of-app\n", "")


@pytest.fixture
def cli() -> FakeCli:
    """Compose, which says what its hash of app is."""
    return FakeCli()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one service."""
    return make_project(tmp_path, COMPOSE)


def _changes(project: Path, cli: FakeCli, found: Any, image: str = "image", **env: str) -> Any:
    app: Service = stack_of(project, **env).services["app"]
    made = Made(project, cli)  # type: ignore[arg-type]
    return made.changes([app], {"app": found} if found else {}, {"pay/app:latest": image})


def _remember(project: Path, cli: FakeCli) -> None:
    app = stack_of(project).services["app"]
    Made(project, cli).remember({"id-app": app.digest}, [])  # type: ignore[arg-type]


def test_our_own_containers_are_known_without_asking(project: Path, cli: FakeCli) -> None:
    _remember(project, cli)
    assert _changes(project, cli, container("app")) == {}
    assert _changes(project, cli, container("app"), A="2") == {"app": "its configuration changed"}
    assert cli.asked == 0


def test_another_image_is_the_reason_that_is_told(project: Path, cli: FakeCli) -> None:
    _remember(project, cli)
    assert _changes(project, cli, container("app"), image="new") == {"app": "its image changed"}


@pytest.mark.parametrize(
    ("config_hash", "changes"),
    [("hash-of-app", {}), ("another", {"app": "its configuration changed"})],
)
def test_a_container_of_plain_compose_is_judged_by_its_hash(
    project: Path, cli: FakeCli, config_hash: str, changes: dict[str, str]
) -> None:
    assert _changes(project, cli, container("app", config_hash=config_hash)) == changes


def test_nothing_there_has_not_changed(project: Path, cli: FakeCli) -> None:
    assert _changes(project, cli, None) == {}
    assert cli.asked == 0


def test_containers_that_are_gone_are_forgotten(project: Path, cli: FakeCli) -> None:
    _remember(project, cli)
    Made(project, cli).remember({"id-new": "digest"}, [container("other")])  # type: ignore[arg-type]
    assert "id-app" not in (project / "containers.json").read_text()
