"""The stack whose processes are killed."""

from collections.abc import Iterator

import pytest

from tests.chaos.campaign import BREAKER_OPEN_MS
from tests.support.stack import StackUnderTest, own_stack


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackUnderTest]:
    """A whole stack whose circuit breakers try again soon.

    One for each file: services that do wrong on purpose leave payments behind that never arrive.
    """
    state = tmp_path_factory.mktemp("chaos")
    with own_stack("chaos", state, PAYSTACK_BREAKER_OPEN_MS=str(BREAKER_OPEN_MS)) as running:
        yield running
