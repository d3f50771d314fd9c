"""The decision of a key, with the card network and the database at the unit's edge."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from ingest_service.authorize import IN_FLIGHT_MAX, AuthorizeEndpoint
from ingest_service.flusher import Authorization, Stored
from ingest_service.store import Key, StoredAnswer
from paycore.asgi import HotPaths
from paycore.batcher import Overloaded
from paycore.breaker import BreakerState, CallNotPermitted
from paycore.card_network import (
    Approved,
    CardNetworkNotPermitted,
    CardNetworkRefused,
    CardNetworkUnavailable,
    Outcome,
)
from starlette.types import Message

PATH = "/payments/authorize"
APPROVED = Approved("A1", "{}")


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        return str(json.loads(self.body)["code"])


@dataclass
class World:
    """The card network and the database of one test."""

    outcome: Outcome | Exception = APPROVED
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    """The card network answers once it is set."""
    called: asyncio.Event = field(default_factory=asyncio.Event)
    """The card network was asked."""
    rows: dict[Key, StoredAnswer] = field(default_factory=dict)
    card_keys: list[str] = field(default_factory=list)
    store_error: Exception | None = None

    async def authorize(self, key: str, *_request: object) -> Outcome:
        self.card_keys.append(key)
        self.called.set()
        await self.gate.wait()
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    async def find(self, key: Key) -> StoredAnswer | None:
        return self.rows.get(key)

    async def store(self, authorization: Authorization) -> Stored:
        if self.store_error is not None:
            raise self.store_error
        winner = self.rows.get(authorization.key)
        if winner is not None:
            return Stored(winner, fresh=False, payment_id=None)
        status = 200 if isinstance(authorization.outcome, Approved) else 402
        body = b'{"paymentId":%d}' % (100 + len(self.rows))
        answer = StoredAnswer(authorization.request_hash, status, body)
        self.rows[authorization.key] = answer
        return Stored(answer, fresh=True, payment_id=100)


class Submits:
    """Stands where a Batcher stands."""

    def __init__(self, submit: Callable[..., object]) -> None:
        self.submit = submit


def request(key: str = "k-1", amount: int = 1_000, merchant: str = "SHOP") -> bytes:
    document = {"merchantId": merchant, "amount": amount, "currency": "KRW", "idempotencyKey": key}
    return json.dumps(document).encode()


def endpoint(world: World) -> HotPaths:
    authorize = AuthorizeEndpoint(
        world,  # type: ignore[arg-type]
        Submits(world.find),  # type: ignore[arg-type]
        Submits(world.store),  # type: ignore[arg-type]
    )
    return HotPaths({PATH: authorize}, authorize)


async def ask(app: HotPaths, body: bytes, headers: Sequence[tuple[bytes, bytes]] = ()) -> Reply:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app({"method": "POST", "path": PATH, "headers": list(headers)}, receive, send)
    answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Reply(sent[0]["status"], answered, sent[1]["body"])


def ask_each(world: World, *bodies: bytes, open_gate: bool = True) -> list[Reply]:
    """One after the other."""

    async def run() -> list[Reply]:
        if open_gate:
            world.gate.set()
        app = endpoint(world)
        return [await ask(app, body) for body in bodies]

    return asyncio.run(run())


def ask_at_once(world: World, *bodies: bytes) -> list[Reply]:
    """All before the card network answers the first."""

    async def run() -> list[Reply]:
        app = endpoint(world)
        asked = [asyncio.ensure_future(ask(app, body)) for body in bodies]
        await world.called.wait()
        world.gate.set()
        return await asyncio.gather(*asked)

    return asyncio.run(run())


def test_a_payment_is_authorized_and_stored() -> None:
    world = World()
    (reply,) = ask_each(world, request())
    assert reply.status == 200
    assert reply.body == b'{"paymentId":100}'
    assert reply.headers["content-type"] == "application/json"
    assert "idempotent-replayed" not in reply.headers
    assert list(world.rows) == [("SHOP", "k-1")]


def test_a_repeat_gets_the_same_bytes_and_asks_the_network_nothing() -> None:
    world = World()
    first, second = ask_each(world, request(), request())
    assert second.body == first.body
    assert second.headers["idempotent-replayed"] == "true"
    assert len(world.card_keys) == 1


def test_a_repeat_written_differently_is_still_the_same_request() -> None:
    world = World()
    spaced = request().replace(b"1000", b"1000.0").replace(b":", b" :  ")
    first, second = ask_each(world, request(), spaced)
    assert (second.status, second.body) == (first.status, first.body)


def test_another_request_under_the_same_key_is_refused() -> None:
    first, second = ask_each(World(), request(), request(amount=2_000))
    assert (first.status, second.status) == (200, 422)
    assert second.code == "IDEMPOTENCY_KEY_REUSED"


def test_copies_at_the_same_moment_share_one_charge_and_one_answer() -> None:
    world = World()
    replies = ask_at_once(world, *[request()] * 8)
    assert {(reply.status, reply.body) for reply in replies} == {(200, b'{"paymentId":100}')}
    assert [reply.headers.get("idempotent-replayed") for reply in replies] == [None] + ["true"] * 7
    assert len(world.card_keys) == 1


def test_another_request_under_a_key_in_flight_is_refused() -> None:
    first, second = ask_at_once(World(), request(), request(amount=2_000))
    assert (first.status, second.status) == (200, 422)


def test_a_true_repeat_is_answered_while_another_request_is_under_its_key() -> None:
    world = World()
    (stored,) = ask_each(world, request())

    async def run() -> list[Reply]:
        app = endpoint(world)
        return await asyncio.gather(ask(app, request(amount=2_000)), ask(app, request()))

    other, repeat = asyncio.run(run())
    assert other.status == 422
    assert (repeat.status, repeat.body) == (200, stored.body)


def test_copies_share_a_failure_too_and_the_next_try_is_free() -> None:
    world = World(outcome=CardNetworkUnavailable("down"))
    replies = ask_at_once(world, *[request()] * 3)
    assert {reply.status for reply in replies} == {503}
    assert world.rows == {}
    world.outcome = APPROVED
    (retried,) = ask_each(world, request())
    assert retried.status == 200


def test_the_winner_of_another_process_is_answered() -> None:
    world = World()
    (winner,) = ask_each(world, request())
    world.find = lambda _key: asyncio.sleep(0)  # type: ignore[assignment,method-assign]
    same, other = ask_each(world, request(), request(amount=2_000))
    assert same.body == winner.body
    assert same.headers["idempotent-replayed"] == "true"
    assert other.status == 422


@pytest.mark.parametrize(
    ("error", "retry_after"),
    [
        (CardNetworkUnavailable("no answer within 3 s"), "1"),
        (
            CardNetworkNotPermitted(CallNotPermitted("card-network", BreakerState.OPEN, 12.4)),
            "12",
        ),
    ],
)
def test_without_the_card_network_nothing_is_stored(error: Exception, retry_after: str) -> None:
    world = World(outcome=error)  # type: ignore[arg-type]
    (reply,) = ask_each(world, request())
    assert (reply.status, reply.code) == (503, "CARD_NETWORK_UNAVAILABLE")
    assert reply.headers["retry-after"] == retry_after
    assert world.rows == {}


@pytest.mark.parametrize(("status", "answered"), [(422, 422), (400, 500)])
def test_what_the_network_refuses(status: int, answered: int) -> None:
    world = World(outcome=CardNetworkRefused(status, "refused"))
    (reply,) = ask_each(world, request())
    assert reply.status == answered
    assert world.rows == {}


def test_a_full_queue_is_overload() -> None:
    (reply,) = ask_each(World(store_error=Overloaded("full")), request())
    assert (reply.status, reply.code) == (503, "OVERLOADED")
    assert reply.headers["retry-after"] == "1"


def test_keys_in_flight_are_bounded() -> None:
    world = World()
    bodies = [request(key=f"k-{number}") for number in range(IN_FLIGHT_MAX + 1)]
    replies = ask_at_once(world, *bodies)
    assert [reply.status for reply in replies] == [200] * IN_FLIGHT_MAX + [503]


def test_a_fault_of_ours_tells_nothing_of_our_insides() -> None:
    (reply,) = ask_each(World(store_error=RuntimeError("password=paypass")), request())
    assert (reply.status, reply.code) == (500, "INTERNAL_ERROR")
    assert b"paypass" not in reply.body


def test_bad_requests_carry_the_request_id() -> None:
    async def run() -> Reply:
        return await ask(endpoint(World()), b"{", [(b"x-request-id", b"from-gateway")])

    reply = asyncio.run(run())
    assert reply.status == 400
    assert reply.headers["x-request-id"] == "from-gateway"
    assert reply.headers["content-type"] == "application/problem+json"


def test_merchant_and_key_never_run_together_in_the_networks_key() -> None:
    world = World()
    ask_each(
        world,
        request(merchant="a", key="b-c"),
        request(merchant="a-b", key="c"),
        request(merchant="é", key="c"),
    )
    assert len(set(world.card_keys)) == 3
    assert all(key.isascii() and len(key) <= 255 for key in world.card_keys)
