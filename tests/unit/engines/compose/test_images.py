"""Which images are out of date, and what a build says."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from paystack_cli.engines.base import ImageOutcome
from paystack_cli.engines.compose import images as module
from paystack_cli.engines.compose.images import Due, Images, tagged
from paystack_cli.errors import StartFailed
from tests.support.compose_project import make_project, stack_of
from tests.support.told import Told

COMPOSE = """
services:
  one: {image: pay/one, build: {context: backend, dockerfile: one/Dockerfile, args: {BASE: base}}}
  two: {image: pay/two, build: {context: backend, dockerfile: two/Dockerfile, args: {BASE: base}}}
  bought: {image: mariadb:11.4}
"""
OLD = {"base:latest": "b1", "pay/one:latest": "i1", "pay/two:latest": "i2"}


class FakeCli:
    """`docker compose build` that says `lines` and ends with `exit_code`."""

    variables: Mapping[str, str] = {}

    def __init__(self, *lines: str, exit_code: int = 0) -> None:
        self.asked: list[tuple[str, ...]] = []
        self._lines = lines
        self._exit_code = exit_code

    def start(self, *arguments: str, profiles: object, tell: Any) -> Any:
        self.asked.append(arguments)
        for line in self._lines:
            tell(line)

        class Ended:
            wait = staticmethod(lambda: self._exit_code)

        return Ended()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two services with sources of their own and some that they share."""
    project = make_project(tmp_path, COMPOSE)
    for path in ("one/Dockerfile", "one/src/a.py", "two/Dockerfile", "common/src/c.py"):
        file = project / "stack" / "backend" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(path)
    return project


def _images(project: Path, cli: FakeCli | None = None) -> Images:
    return Images(project, stack_of(project), cli or FakeCli(), project)  # type: ignore[arg-type]


def _due(project: Path, ids: Mapping[str, str] = OLD) -> list[Due]:
    return _images(project).due(stack_of(project).services.values(), ids)


@pytest.fixture
def built(project: Path) -> Path:
    """Both images are built and nothing has changed since."""
    _images(project).build(_due(project), lambda: OLD, Told())
    assert _due(project) == []
    return project


def test_what_is_not_there_is_due_and_what_is_bought_never(project: Path) -> None:
    assert [(due.service.name, due.reason) for due in _due(project, {})] == [
        ("one", "there is no image yet"),
        ("two", "there is no image yet"),
    ]


def test_an_image_that_somebody_else_made_is_due(built: Path) -> None:
    (due,) = _due(built, {**OLD, "pay/two:latest": "another"})
    assert (due.service.name, due.reason) == ("two", "what the image was made from is not known")


@pytest.mark.parametrize(
    ("path", "due"),
    [
        ("stack/backend/one/src/a.py", ["one"]),
        ("stack/backend/one/Dockerfile", ["one"]),
        ("stack/backend/one/src/new.py", ["one"]),
        ("stack/backend/common/src/c.py", ["one", "two"]),
        ("stack/backend/.dockerignore", ["one", "two"]),
        ("stack/schemas/events/DONE.json", ["one", "two"]),
        ("requirements/services.lock", ["one", "two"]),
        ("stack/backend/one/build/one.whl", []),
        ("stack/backend/one/tests/test_a.py", []),
        ("stack/backend/one/src/__pycache__/a.pyc", []),
        ("stack/backend/one/README.md", []),
        ("README.md", []),
    ],
)
def test_a_change_makes_those_due_that_may_hold_it(built: Path, path: str, due: list[str]) -> None:
    stack = stack_of(built)
    (built / path).parent.mkdir(parents=True, exist_ok=True)
    (built / path).write_text("changed")
    found = _images(built).due(stack.services.values(), OLD)
    assert [one.service.name for one in found] == due
    assert all(one.reason == "what it is made from changed" for one in found)


def test_another_base_image_makes_all_due(built: Path) -> None:
    assert len(_due(built, {**OLD, "base:latest": "b2"})) == 2


def test_a_build_tells_what_came_out_of_it(project: Path) -> None:
    cli = FakeCli(
        "#1 [one internal] load build definition from Dockerfile",
        "#4 [one 2/3] COPY one/build /wheels",
        "#4 DONE 0.1s",
        "#5 [two 2/3] COPY two/build /wheels",
        "#5 CACHED",
        "#6 [one] exporting to image",
    )
    ids = iter([OLD, {**OLD, "pay/one:latest": "new"}])
    told = Told()
    built = _images(project, cli).build(_due(project, {}), lambda: next(ids), told)
    assert [(image.service, image.outcome) for image in built.images] == [
        ("one", ImageOutcome.BUILT),
        ("two", ImageOutcome.CACHED),
    ]
    assert cli.asked == [("build", "one", "two")]
    assert told.phases == [
        (service, "building", "there is no image yet") for service in ("one", "two")
    ]


def test_a_failed_build_says_its_last_words_and_the_way_out(project: Path) -> None:
    cli = FakeCli("#2 ERROR: failed to resolve source metadata: no such host", exit_code=17)
    with pytest.raises(StartFailed, match="no such host") as error:
        _images(project, cli).build(_due(project), lambda: OLD, Told())
    assert "scripts/base-images" in error.value.hint
    assert len(_due(project)) == 2


def test_artefacts_are_made_first_and_their_failure_is_told(project: Path) -> None:
    script = project / module.ARTEFACTS
    script.parent.mkdir()
    script.write_text("echo no wheel for one; exit 1")
    cli = FakeCli()
    with pytest.raises(StartFailed, match="no wheel for one"):
        _images(project, cli).build(_due(project), lambda: OLD, Told())
    assert cli.asked == []


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("mariadb", "mariadb:latest"),
        ("mariadb:11.4", "mariadb:11.4"),
        ("registry.test:5000/pay/one", "registry.test:5000/pay/one:latest"),
    ],
)
def test_an_image_without_a_tag_is_the_latest(image: str, name: str) -> None:
    assert tagged(image) == name
