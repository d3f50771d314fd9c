"""An image's name stands for all that goes into it, so that nothing is built twice or forgotten."""

import shutil
from pathlib import Path

import pytest

from paystack_cli.closed_network.images import BASE_IMAGES, name_images
from tests.support.stack import PROJECT

ALL = {image.name for image in BASE_IMAGES}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(PROJECT / "stack" / "base-images", tmp_path / "recipes")
    shutil.copytree(PROJECT / "requirements", tmp_path / "requirements")
    return tmp_path


def names(project: Path) -> dict[str, str]:
    return dict(name_images(project / "recipes", project / "requirements"))


@pytest.mark.parametrize(
    ("changed", "renamed"),
    [
        ("recipes/mariadb/healthcheck.sh", {"mariadb"}),
        ("recipes/python/Dockerfile", {"python", "jenkins", "ngrok"}),
        ("recipes/debian/slim", ALL),
        ("recipes/install-packages", ALL),
        ("requirements/kafka-jars.lock", {"kafka"}),
        ("requirements/runtime.lock", set()),
    ],
)
def test_a_change_renames_what_it_goes_into(project: Path, changed: str, renamed: set[str]) -> None:
    before = names(project)
    with (project / changed).open("a") as file:
        file.write("# changed\n")
    after = names(project)
    assert {name for name in ALL if before[name] != after[name]} == renamed


def test_every_recipe_is_listed_and_every_listed_one_exists() -> None:
    folders = (PROJECT / "stack" / "base-images").iterdir()
    assert {path.name for path in folders if path.is_dir()} == ALL


def test_nothing_claims_to_be_an_official_image(project: Path) -> None:
    assert all(name.startswith("paystack-base/") for name in names(project).values())
    for dockerfile in (PROJECT / "stack" / "base-images").glob("*/Dockerfile"):
        assert 'image.title="paystack stand-in for' in dockerfile.read_text()
