"""ingest-service with its database and the card network: no broker, no workers."""

from collections.abc import Iterator

import httpx
import pytest

from tests.support.stack import StackUnderTest, own_stack

SERVICES = "mariadb,db-migrate,pg-simulator,ingest-service"


@pytest.fixture(scope="session")
def ingest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackUnderTest]:
    """The running services. Tests leave them healthy and the card network well-behaved."""
    with own_stack("ingest", tmp_path_factory.mktemp("ingest"), "--only", SERVICES) as stack:
        yield stack


@pytest.fixture
def client(ingest: StackUnderTest) -> Iterator[httpx.Client]:
    """ingest-service's own door."""
    with httpx.Client(base_url=ingest.url("ingest-service"), timeout=30) as client:
        yield client


@pytest.fixture
def card_network(ingest: StackUnderTest) -> Iterator[httpx.Client]:
    """pg-simulator's doors; what a test changes is reset after it."""
    with httpx.Client(base_url=ingest.url("pg-simulator"), timeout=30) as client:
        yield client
        client.delete("/pg/behaviour").raise_for_status()
