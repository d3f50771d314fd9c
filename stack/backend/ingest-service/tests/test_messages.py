"""What a request must look like: every other body is a 400 that says why."""

import json

import msgspec
import pytest
from ingest_service.messages import (
    AMOUNT_MAX,
    AuthorizeRequest,
    RefundRequest,
    decode,
    idempotency_key,
)
from paycore.problem import Problem

GOOD = {"merchantId": "SHOP", "amount": 1_000, "currency": "KRW", "idempotencyKey": "k-1"}
AUTHORIZE = msgspec.json.Decoder(AuthorizeRequest)
REFUND = msgspec.json.Decoder(RefundRequest)


def body(**changes: object) -> bytes:
    return json.dumps({**GOOD, **changes}).encode()


def without(name: str) -> bytes:
    return json.dumps({key: value for key, value in GOOD.items() if key != name}).encode()


def raw_amount(text: str) -> bytes:
    return body(amount=0).replace(b'"amount": 0', b'"amount": ' + text.encode())


def test_a_good_request() -> None:
    request = decode(AUTHORIZE, body())
    assert request == AuthorizeRequest("SHOP", 1_000, "KRW", "k-1")


@pytest.mark.parametrize("amount", ["1", str(AMOUNT_MAX), "1000.0", "1e3"])
def test_amounts_that_are_whole_numbers(amount: str) -> None:
    assert decode(AUTHORIZE, raw_amount(amount)).amount == float(amount)


@pytest.mark.parametrize("merchant", ["é" * 32, "😀" * 32, "a b", "'; DROP TABLE payment; --"])
def test_merchants_of_any_script(merchant: str) -> None:
    assert decode(AUTHORIZE, body(merchantId=merchant)).merchant_id == merchant


BAD = {
    "empty": b"",
    "no JSON": b"merchantId=SHOP&amount=1",
    "null": b"null",
    "a list": b"[]",
    "a string": b'"SHOP"',
    "two documents": body() + body(),
    "a byte order mark": b"\xef\xbb\xbf" + body(),
    "a NUL byte": b"\x00",
    "invalid UTF-8": body(merchantId="X").replace(b"X", b"\xff"),
    "invalid UTF-8 in a name": body(x=1).replace(b'"x"', b'"\xff"'),
    "a lone surrogate": body(merchantId="X").replace(b"X", b"\\ud800"),
    "100,000 brackets": b"[" * 100_000,
    "nested deep": body(x=0).replace(b'"x": 0', b'"x": ' + b"[" * 30_000 + b"]" * 30_000),
    "10,000 fields": json.dumps({**GOOD, **{str(n): n for n in range(10_000)}}).encode(),
    "an unknown field": body(cardNumber="4111111111111111"),
    "no merchant": without("merchantId"),
    "no amount": without("amount"),
    "no currency": without("currency"),
    "merchant null": body(merchantId=None),
    "merchant a number": body(merchantId=7),
    "merchant empty": body(merchantId=""),
    "merchant too long": body(merchantId="x" * 33),
    "merchant with NUL": body(merchantId="a\x00"),
    "merchant with a line break": body(merchantId="a\n"),
    "merchant with an escape": body(merchantId="\x1b[2J"),
    "key too long": body(idempotencyKey="x" * 65),
    "key null": body(idempotencyKey=None),
    "key empty": body(idempotencyKey=""),
    "amount zero": body(amount=0),
    "amount negative": body(amount=-1),
    "amount a fraction": body(amount=1.5),
    "amount text": body(amount="1000"),
    "amount true": body(amount=True),
    "amount null": body(amount=None),
    "amount too large": body(amount=AMOUNT_MAX + 1),
    "amount NaN": raw_amount("NaN"),
    "amount Infinity": raw_amount("Infinity"),
    "amount 1e309": raw_amount("1e309"),
    "amount of 10,000 digits": raw_amount("9" * 10_000),
    "currency unknown": body(currency="XXX"),
    "currency in lower case": body(currency="krw"),
    "currency a number": body(currency=410),
}


@pytest.mark.parametrize("name", BAD)
def test_everything_else_is_refused(name: str) -> None:
    with pytest.raises(Problem) as refused:
        decode(AUTHORIZE, BAD[name])
    assert (refused.value.status, refused.value.code) == (400, "VALIDATION_FAILED")
    assert b"4111111111111111" not in refused.value.body()


@pytest.mark.parametrize(
    "document",
    [
        {"merchantId": "SHOP"},
        {"reason": "x"},
        {"merchantId": "SHOP", "reason": ""},
        {"merchantId": "SHOP", "reason": "x" * 129},
        {"merchantId": "SHOP", "reason": "x", "amount": 1},
    ],
)
def test_a_refund_needs_merchant_and_reason_and_nothing_else(document: object) -> None:
    with pytest.raises(Problem):
        decode(REFUND, json.dumps(document).encode())


KEYS = {
    "header alone": (b"k-1", msgspec.UNSET, "k-1"),
    "body alone": (None, "k-1", "k-1"),
    "both the same": (b"k-1", "k-1", "k-1"),
    "64 characters": (b"x" * 64, msgspec.UNSET, "x" * 64),
}


@pytest.mark.parametrize("name", KEYS)
def test_the_key_comes_from_header_or_body(name: str) -> None:
    header, in_body, expected = KEYS[name]
    assert idempotency_key(header, in_body) == expected


NO_KEYS = {
    "nowhere": (None, msgspec.UNSET),
    "different": (b"k-1", "k-2"),
    "an empty header": (b"", msgspec.UNSET),
    "a header too long": (b"x" * 65, msgspec.UNSET),
    "a header that is no ASCII": ("ключ".encode(), msgspec.UNSET),
    "a header with a control": (b"a\tb", msgspec.UNSET),
}


@pytest.mark.parametrize("name", NO_KEYS)
def test_no_usable_key_is_refused(name: str) -> None:
    with pytest.raises(Problem) as refused:
        idempotency_key(*NO_KEYS[name])
    assert refused.value.code == "VALIDATION_FAILED"
