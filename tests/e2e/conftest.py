"""The fixture of tests that start a stack themselves."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import processes_of
from tests.support.stack import StackUnderTest, stack_environment
from tests.support.waiting import wait_for

GONE_WITHIN_S = 15.0


@pytest.fixture
def idle(tmp_path: Path) -> Iterator[StackUnderTest]:
    """A stack that nobody has started; afterwards nothing of it may be left."""
    stack = StackUnderTest(stack_environment("idle", tmp_path / "state"))
    try:
        yield stack
    finally:
        stack.paystack("down", "--volumes", "--yes")
        wait_for(lambda: not processes_of(stack), "no process left", GONE_WITHIN_S)
        assert not stack.state_dir.exists()
