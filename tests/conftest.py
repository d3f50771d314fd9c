"""Fixtures that whole folders share: a stack's servers alone, and a whole stack, each started once.

Both are brought up by the `paystack` command on free ports with a state folder of their own, so a
stack that runs from this checkout is never touched.
"""

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.support.docker import engine_selected, what_is_missing
from tests.support.stack import PROJECT, StackUnderTest, own_stack

FOLDER_MARKERS = {
    "integration": pytest.mark.integration,
    "e2e": pytest.mark.e2e,
    "chaos": pytest.mark.chaos,
    "docker": pytest.mark.docker,
}
"""Where a test stands says what it needs."""


def pytest_configure() -> None:
    """The same surroundings for every test, in whatever shell or worker it runs.

    A shell's background jobs ignore SIGINT, and so would every command that the tests start; and a
    worker of pytest-xdist claims to be 80 columns wide.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.pop("COLUMNS", None)
    settings.register_profile("no-clock", deadline=None)  # a busy machine is no failure
    settings.load_profile("no-clock")


def pytest_addoption(parser: pytest.Parser) -> None:
    """What scripts/test passes where it has provided an engine."""
    parser.addoption(
        "--require-docker", action="store_true", help="fail where a test would be skipped for it"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks every test below tests/ by its folder."""
    for item in items:
        if item.path.is_relative_to(PROJECT / "tests"):
            folder = item.path.relative_to(PROJECT / "tests").parts[0]
            if folder in FOLDER_MARKERS:
                item.add_marker(FOLDER_MARKERS[folder])


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackUnderTest]:
    """A real MariaDB with the migrated paydb, a real Kafka with the catalog's topics, no more."""
    state = tmp_path_factory.mktemp("servers")
    with own_stack("servers", state, "--only", "mariadb,kafka,db-migrate,kafka-topics") as stack:
        yield stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackUnderTest]:
    """A whole stack, healthy. Tests leave it healthy and drained."""
    with own_stack("whole", tmp_path_factory.mktemp("whole")) as running:
        yield running


@pytest.fixture(scope="session")
def docker_engine(request: pytest.FixtureRequest) -> Iterator[None]:
    """The environment names an engine that answers: this folder's private one, or the machine's.

    Without one the tests are skipped, with the reason; with --require-docker they fail.
    """
    with engine_selected():
        reason = what_is_missing()
        if reason and request.config.getoption("--require-docker"):
            pytest.fail(f"--require-docker, but {reason}")
        if reason:
            pytest.skip(reason)
        yield
