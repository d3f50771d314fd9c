"""Each test of a script has an outline of the project for itself, at a path that has a space."""

from pathlib import Path

import pytest

from tests.support.outline import Outline, project_outline


@pytest.fixture
def outline(tmp_path: Path) -> Outline:
    return project_outline(tmp_path / "pay stack")
