"""What clients see while something is away, and that it comes back by itself."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
import psutil
import pytest

from tests.support.authorizing import MERCHANT, authorize_body, new_key
from tests.support.ports import free_ports
from tests.support.services import service
from tests.support.stack import StackUnderTest, is_well
from tests.support.waiting import wait_for

PATH = "/payments/authorize"
CLIENTS = 16
BACK_WITHIN_S = 30.0
RETRY_PAUSE_S = 0.05
BREAKER_OPEN_MS = 2_000
SERVICES = ("mariadb", "pg-simulator", "ingest-service")


class Load:
    """Clients that retry each payment with its key until it is accepted, and remember them."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(CLIENTS)]
        self.accepted: dict[str, int] = {}
        self.odd: list[str] = []
        """Answers that no outage excuses."""

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for_more(self, count: int) -> None:
        """Until `count` more payments are accepted."""
        wanted = len(self.accepted) + count
        wait_for(lambda: len(self.accepted) >= wanted, f"{count} more payments", BACK_WITHIN_S)

    def _run(self) -> None:
        with httpx.Client(timeout=10) as client:
            while not self._stop.is_set():
                key = new_key()
                try:
                    wait_for(
                        partial(self._pay, client, key),
                        f"payment {key}",
                        BACK_WITHIN_S,
                        RETRY_PAUSE_S,
                    )
                except TimeoutError as error:
                    self.odd.append(str(error))

    def _pay(self, client: httpx.Client, key: str) -> bool:
        """One try; whether the payment needs no other, because it is decided or the load ends."""
        if self._stop.is_set():
            return True
        try:
            answer = client.post(self._url, json=authorize_body(key))
        except httpx.TransportError:
            return False
        if answer.status_code == 503 and "retry-after" in answer.headers:
            return False
        if answer.status_code == 200:
            self.accepted[key] = answer.json()["paymentId"]
        else:
            self.odd.append(f"{answer.status_code} {answer.text}")
        return True


def stored(ingest: StackUnderTest, keys: list[str]) -> dict[str, int]:
    rows = ingest.rows(
        "SELECT idempotency_key, payment_id FROM payment WHERE merchant_id = %s", (MERCHANT,)
    )
    found = {row["idempotency_key"]: row["payment_id"] for row in rows}
    return {key: found[key] for key in keys if key in found}


def wait_well(ingest: StackUnderTest) -> None:
    """Until everything is healthy again, with no help."""

    def look() -> bool:
        rows = ingest.status()
        return all(is_well(rows[name]) for name in SERVICES)

    wait_for(look, "all is well", BACK_WITHIN_S, pause_s=0.5)


@contextmanager
def impatient(ingest: StackUnderTest, folder: Path) -> Iterator[str]:
    """The URL of a second instance whose breaker keeps calls back for 2 s instead of 30."""
    settings = {"SERVER_PORT": str(free_ports(1)[0]), "BREAKER_OPEN_MS": str(BREAKER_OPEN_MS)}
    with service(ingest, "ingest-service", folder, **settings) as own:
        yield f"http://127.0.0.1:{own.port}"


@contextmanager
def load(ingest: StackUnderTest, base_url: str) -> Iterator[Load]:
    with Load(base_url + PATH) as running:
        running.wait_for_more(50)
        yield running
    assert running.odd == []
    assert stored(ingest, list(running.accepted)) == running.accepted


@pytest.mark.parametrize("killed", ["mariadb", "ingest-service"])
def test_a_kill_under_load_loses_and_doubles_nothing(ingest: StackUnderTest, killed: str) -> None:
    with load(ingest, ingest.url("ingest-service")) as running:
        ingest.kill(killed)
        running.wait_for_more(50)
    wait_well(ingest)


def test_a_killed_card_network_is_asked_again_and_charges_once(
    ingest: StackUnderTest, card_network: httpx.Client, tmp_path: Path
) -> None:
    with impatient(ingest, tmp_path) as base_url, load(ingest, base_url) as running:
        ingest.kill("pg-simulator")
        running.wait_for_more(50)
    wait_well(ingest)
    for key in running.accepted:
        found = card_network.get(
            "/pg/calls", params={"key": f"authorize-{len(MERCHANT)}-{MERCHANT}-{key}"}
        )
        assert len(found.json()["calls"]) == 1


def test_without_the_card_network_nothing_is_stored_and_the_breaker_shows(
    ingest: StackUnderTest, card_network: httpx.Client, tmp_path: Path
) -> None:
    with (
        impatient(ingest, tmp_path) as base_url,
        httpx.Client(base_url=base_url, timeout=30) as client,
    ):
        _see_the_breaker_open_and_close(ingest, client, card_network)


def _see_the_breaker_open_and_close(
    ingest: StackUnderTest, client: httpx.Client, card_network: httpx.Client
) -> None:
    card_network.patch("/pg/behaviour/authorize", json={"outage": True})
    keys = [new_key() for _ in range(150)]
    answers = [client.post(PATH, json=authorize_body(key)) for key in keys]
    assert {answer.status_code for answer in answers} == {503}
    assert {answer.json()["code"] for answer in answers} == {"CARD_NETWORK_UNAVAILABLE"}
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in answers)
    assert stored(ingest, keys) == {}
    health = client.get("/actuator/health/readiness")
    assert health.status_code == 200
    assert health.json()["components"]["cardNetwork"]["status"] == "CIRCUIT_OPEN"

    card_network.delete("/pg/behaviour").raise_for_status()
    wait_for(
        lambda: client.post(PATH, json=authorize_body(keys[0])).status_code == 200,
        "the breaker lets probes through by itself",
        timeout_s=10,
    )
    wait_for(
        lambda: all(client.post(PATH, json=authorize_body()).is_success for _ in range(5)),
        "payments pass again",
        timeout_s=10,
    )


def test_readiness_says_that_the_database_is_away(
    ingest: StackUnderTest, client: httpx.Client
) -> None:
    seen: list[httpx.Response] = []

    def look() -> bool:
        seen.append(client.get("/actuator/health/readiness"))
        return seen[-1].status_code == 503

    ingest.kill("mariadb")
    wait_for(look, "readiness 503", timeout_s=5, pause_s=0.01)
    assert seen[-1].json()["components"]["db"]["status"] == "DOWN"
    assert client.get("/actuator/health/liveness").status_code == 200
    wait_well(ingest)


def test_a_stop_answers_what_is_in_flight(
    ingest: StackUnderTest, card_network: httpx.Client, tmp_path: Path
) -> None:
    card_network.patch("/pg/behaviour/authorize", json={"latencyMs": 1_000}).raise_for_status()
    keys = [new_key() for _ in range(20)]
    with (
        service(ingest, "ingest-service", tmp_path, SERVER_PORT=str(free_ports(1)[0])) as own,
        httpx.Client(base_url=f"http://127.0.0.1:{own.port}", timeout=30) as client,
        ThreadPoolExecutor(len(keys)) as threads,
    ):
        asked = [threads.submit(client.post, PATH, json=authorize_body(key)) for key in keys]
        wait_for(lambda: _connections(own.process.pid) >= len(keys), "all asked", timeout_s=5)
        assert own.stop() == 0
        answers = [answer.result() for answer in asked]
    assert {answer.status_code for answer in answers} == {200}
    assert len(stored(ingest, keys)) == len(keys)


def _connections(pid: int) -> int:
    """Connections from clients to the process."""
    found = psutil.Process(pid).net_connections("tcp")
    own_port = next(one.laddr.port for one in found if one.status == psutil.CONN_LISTEN)
    return sum(
        one.status == psutil.CONN_ESTABLISHED and one.laddr.port == own_port for one in found
    )
