"""The names of what can be broken; apart, because every start of the command reads them."""

from enum import StrEnum


class Variant(StrEnum):
    """What is broken while payments come in."""

    BROKER_DOWN = "broker-down"
    CARD_NETWORK = "card-network"
