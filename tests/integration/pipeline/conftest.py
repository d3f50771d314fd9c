"""A project of played scripts, and the two that run its pipeline."""

from pathlib import Path

import pytest

from tests.support.played_pipeline import Jenkins, Player, WithoutJenkins, played_project


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return played_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="session")
def skipped_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, and its commit asks not to be built."""
    folder = tmp_path_factory.mktemp("skipped")
    return played_project(folder, message="Mend a word [skip ci]")


@pytest.fixture(params=[Jenkins, WithoutJenkins])
def player(request: pytest.FixtureRequest, project: Path, tmp_path: Path) -> Player:
    """Each of the two that must do the same."""
    made: Player = request.param(project, tmp_path)
    return made


@pytest.fixture
def jenkins(project: Path, tmp_path: Path) -> Jenkins:
    return Jenkins(project, tmp_path)


@pytest.fixture
def without_jenkins(project: Path, tmp_path: Path) -> WithoutJenkins:
    return WithoutJenkins(project, tmp_path)
