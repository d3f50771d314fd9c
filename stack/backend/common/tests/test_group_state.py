"""The statistics of librdkafka, read."""

import json
from typing import Any

import pytest
from paycore.group_state import GroupState, read_statistics


def statistics(**replaced: Any) -> str:
    partition = {"fetch_state": "active", "hi_offset": 20, "lo_offset": 5, "committed_offset": 12}
    document = {
        "brokers": {
            "b:9092/bootstrap": {"nodeid": -1, "state": "UP"},
            "b:9092/1": {"nodeid": 1, "state": "UP"},
        },
        "cgrp": {"state": "up", "join_state": "steady"},
        "topics": {
            "payment.captured": {
                "partitions": {
                    "0": partition,
                    "1": partition | {"committed_offset": -1001},
                    "2": partition | {"fetch_state": "none"},
                    "-1": partition,
                }
            }
        },
    }
    return json.dumps(document | replaced)


def test_lag_is_what_lies_above_the_committed_offsets_of_own_partitions() -> None:
    assert read_statistics(statistics()) == GroupState(True, True, {"payment.captured": 8 + 15})


@pytest.mark.parametrize(
    ("replaced", "connected", "joined"),
    [
        ({"brokers": {"b/bootstrap": {"nodeid": -1, "state": "UP"}}}, False, True),
        ({"brokers": {"b/1": {"nodeid": 1, "state": "TRY_CONNECT"}}}, False, True),
        ({"cgrp": {"state": "up", "join_state": "wait-join"}}, True, False),
        ({"cgrp": {"state": "query-coord", "join_state": "init"}}, True, False),
    ],
)
def test_what_is_missing_shows(replaced: dict[str, Any], connected: bool, joined: bool) -> None:
    state = read_statistics(statistics(**replaced))
    assert (state.connected, state.joined) == (connected, joined)
