"""A payment's statuses and the only legal steps between them."""

from enum import StrEnum


class PaymentStatus(StrEnum):
    AUTHORIZED = "AUTHORIZED"
    CAPTURE_REQUESTED = "CAPTURE_REQUESTED"
    CAPTURED = "CAPTURED"
    CAPTURE_FAILED = "CAPTURE_FAILED"
    REFUND_REQUESTED = "REFUND_REQUESTED"
    REFUNDED = "REFUNDED"
    REFUND_FAILED = "REFUND_FAILED"


PREDECESSOR = {
    PaymentStatus.CAPTURE_REQUESTED: PaymentStatus.AUTHORIZED,
    PaymentStatus.CAPTURED: PaymentStatus.CAPTURE_REQUESTED,
    PaymentStatus.CAPTURE_FAILED: PaymentStatus.CAPTURE_REQUESTED,
    PaymentStatus.REFUND_REQUESTED: PaymentStatus.CAPTURED,
    PaymentStatus.REFUNDED: PaymentStatus.REFUND_REQUESTED,
    PaymentStatus.REFUND_FAILED: PaymentStatus.REFUND_REQUESTED,
}
"""Every status but the first is reached from exactly one other."""
