"""What a consumer knows of its broker and its group, from librdkafka's own statistics.

https://github.com/confluentinc/librdkafka/blob/master/STATISTICS.md - they come by themselves, from
within `poll`. Asking the client (`list_topics`, watermarks) would wait for the poll under way.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

INTERNAL_PARTITION = "-1"
"""librdkafka's name for records without a partition yet."""


@dataclass(frozen=True, slots=True)
class GroupState:
    """`lag` counts, by topic, the records above the committed offsets of this member."""

    connected: bool = False
    joined: bool = False
    lag: Mapping[str, int] = field(default_factory=dict)


def read_statistics(text: str) -> GroupState:
    """Reads one statistics document of a consumer."""
    document = msgspec.json.decode(text)
    brokers = document["brokers"].values()
    group = document.get("cgrp", {})
    return GroupState(
        connected=any(b["nodeid"] >= 0 and b["state"] == "UP" for b in brokers),
        joined=group.get("state") == "up" and group.get("join_state") == "steady",
        lag={name: _lag(topic["partitions"]) for name, topic in document["topics"].items()},
    )


def _lag(partitions: Mapping[str, Mapping[str, Any]]) -> int:
    """Nothing committed yet counts from the oldest record; a partition of others does not count."""
    return sum(
        max(0, part["hi_offset"] - max(part["committed_offset"], part["lo_offset"]))
        for number, part in partitions.items()
        if number != INTERNAL_PARTITION and part["fetch_state"] == "active"
    )
