"""settlement-worker that makes up a new idempotency key for each call, and calls twice."""

import secrets
from collections.abc import Mapping

from paycore.card_network import CardNetwork, Outcome

_call = CardNetwork._call


async def _call_twice(
    network: CardNetwork, path: str, key: str, body: Mapping[str, object], trace: Mapping[str, str]
) -> Outcome:
    await _call(network, path, f"{key}-{secrets.token_hex(4)}", body, trace)
    return await _call(network, path, key, body, trace)


CardNetwork._call = _call_twice
