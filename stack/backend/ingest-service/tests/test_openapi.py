"""The document agrees with the types and refers to nothing that is not there."""

import json

import jsonschema
import pytest
from ingest_service.openapi import document

OPERATIONS = [
    ("/payments/authorize", "post"),
    ("/payments", "get"),
    ("/payments/{paymentId}", "get"),
    ("/payments/capture/{paymentId}", "post"),
    ("/payments/refund/{paymentId}", "post"),
]


def test_it_describes_every_operation() -> None:
    described = [(path, method) for path, item in document()["paths"].items() for method in item]
    assert described == OPERATIONS


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_error_is_a_problem(path: str, method: str) -> None:
    responses = document()["paths"][path][method]["responses"]
    errors = {status: response for status, response in responses.items() if status != "200"}
    assert {"500", "503"} <= errors.keys()
    assert all(list(error["content"]) == ["application/problem+json"] for error in errors.values())


def test_every_reference_is_there() -> None:
    text = json.dumps(document())
    names = set(document()["components"]["schemas"])
    assert {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]} <= names


@pytest.mark.parametrize(
    ("amount", "fits"), [(1, True), (2**53 - 1, True), (0, False), (2**53, False), (1.5, False)]
)
def test_amounts(amount: float, fits: bool) -> None:
    schema = document()["components"]["schemas"]["AuthorizeRequest"]
    request = {"merchantId": "S", "amount": amount, "currency": "KRW", "idempotencyKey": "k"}
    assert jsonschema.Draft202012Validator(schema).is_valid(request) is fits
