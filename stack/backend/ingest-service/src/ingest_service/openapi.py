"""The OpenAPI 3.1 document of this service, made from the types that its handlers use."""

from http import HTTPStatus
from typing import Any

import msgspec
from paycore.asgi import BODY_BYTES_MAX, TARGET_BYTES_MAX
from paycore.problem import MEDIA_TYPE, ProblemDocument

from ingest_service.messages import (
    AuthorizeRequest,
    CaptureRequest,
    Cursor,
    Limit,
    MerchantId,
    MinorUnits,
    PaymentPage,
    PaymentView,
    RefundRequest,
)

VERSION = "1"
PAYMENT_ID_PATTERN = "[0-9]{1,18}"

_TYPES = (
    AuthorizeRequest,
    CaptureRequest,
    RefundRequest,
    PaymentView,
    PaymentPage,
    ProblemDocument,
)
_REFERENCE = "#/components/schemas/{name}"

ERRORS = {
    400: "VALIDATION_FAILED: the request is not acceptable.",
    402: "PAYMENT_DECLINED: the card network declined; the same request gets the same answer.",
    404: "NOT_FOUND: there is no such payment, or it is another merchant's.",
    409: "REFUND_CONFLICT or CAPTURE_CONFLICT: the payment's status does not allow it.",
    413: f"CONTENT_TOO_LARGE: the body is larger than {BODY_BYTES_MAX} bytes.",
    414: f"URI_TOO_LONG: path and query are longer than {TARGET_BYTES_MAX} bytes.",
    422: "IDEMPOTENCY_KEY_REUSED: this key came with another request before.",
    500: "INTERNAL_ERROR: the request failed for a reason of ours.",
    503: "OVERLOADED, DATABASE_UNAVAILABLE or CARD_NETWORK_UNAVAILABLE: send the same request again"
    " after Retry-After.",
}


def document() -> dict[str, Any]:
    """The whole document."""
    _, components = msgspec.json.schema_components(_TYPES, ref_template=_REFERENCE)
    authorize = components["AuthorizeRequest"]
    # The decoder leaves the key optional because the header may carry it instead.
    authorize["required"].append("idempotencyKey")
    # To a schema, 1000.0 is an integer; only the decoder has to tell them apart.
    authorize["properties"]["amount"] = msgspec.json.schema(MinorUnits)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "ingest-service",
            "version": VERSION,
            "description": "Payments: authorize, read, list, capture, refund. Errors are RFC 9457.",
        },
        "paths": {
            "/payments/authorize": {
                "post": _operation(
                    "authorize",
                    "Asks the card network for a new payment and stores it. The idempotency key may"
                    " come as header Idempotency-Key instead of in the body. The same merchant, key"
                    " and request get the stored answer again, byte for byte, marked with"
                    " Idempotent-Replayed: true.",
                    body=AuthorizeRequest,
                    answer=PaymentView,
                    errors=(400, 402, 413, 422, 500, 503),
                    headers={"Idempotent-Replayed": {"schema": {"const": "true"}}},
                )
            },
            "/payments": {
                "get": _operation(
                    "list",
                    "A merchant's payments, newest first.",
                    parameters=[
                        _parameter("query", "merchantId", MerchantId, required=True),
                        _parameter("query", "cursor", Cursor),
                        _parameter("query", "limit", Limit),
                    ],
                    answer=PaymentPage,
                    errors=(400, 414, 500, 503),
                )
            },
            "/payments/{paymentId}": {
                "get": _operation(
                    "read",
                    "A payment with its ledger entries.",
                    parameters=[_payment_id()],
                    answer=PaymentView,
                    errors=(404, 414, 500, 503),
                )
            },
            "/payments/capture/{paymentId}": {
                "post": _operation(
                    "capture",
                    "The payment as it stands: authorize has requested its capture already.",
                    parameters=[_payment_id()],
                    body=CaptureRequest,
                    answer=PaymentView,
                    errors=(400, 404, 409, 413, 414, 500, 503),
                )
            },
            "/payments/refund/{paymentId}": {
                "post": _operation(
                    "refund",
                    "Requests the refund of a captured payment; it happens once.",
                    parameters=[_payment_id()],
                    body=RefundRequest,
                    answer=PaymentView,
                    errors=(400, 404, 409, 413, 414, 500, 503),
                )
            },
        },
        "components": {"schemas": components},
    }


def _operation(
    name: str,
    summary: str,
    *,
    answer: type,
    errors: tuple[int, ...],
    parameters: list[dict[str, Any]] | None = None,
    body: type | None = None,
    headers: dict[str, Any] | None = None,
) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "parameters": parameters or [],
        "responses": {
            "200": _response(
                "The payment." if answer is PaymentView else "A page.", answer, headers
            ),
            **{str(status): _problem(status) for status in errors},
        },
    }
    if body is not None:
        operation["requestBody"] = {"required": True, "content": _content("application/json", body)}
    return operation


def _response(text: str, kind: type, headers: dict[str, Any] | None = None) -> dict[str, Any]:
    response: dict[str, Any] = {"description": text, "content": _content("application/json", kind)}
    if headers:
        response["headers"] = headers
    return response


def _problem(status: int) -> dict[str, Any]:
    response: dict[str, Any] = {
        "description": ERRORS[status],
        "content": _content(MEDIA_TYPE, ProblemDocument),
    }
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    return response


def _content(media_type: str, kind: type) -> dict[str, Any]:
    return {media_type: {"schema": {"$ref": _REFERENCE.format(name=kind.__name__)}}}


def _parameter(place: str, name: str, kind: Any, *, required: bool = False) -> dict[str, Any]:
    return {"in": place, "name": name, "required": required, "schema": msgspec.json.schema(kind)}


def _payment_id() -> dict[str, Any]:
    schema = {"type": "integer", "minimum": 1, "maximum": 10**18 - 1}
    return {"in": "path", "name": "paymentId", "required": True, "schema": schema}
