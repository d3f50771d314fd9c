"""The Docker Engine's JSON becomes plain values."""

from datetime import UTC, datetime
from typing import Any

import pytest

from paystack_cli.engines.compose.container import (
    how_ended,
    parse_container,
    parse_event,
    parse_time,
)

INSPECTED: dict[str, Any] = {
    "Id": "4789",
    "Name": "/pay-store",
    "Image": "sha256:b7be",
    "RestartCount": 2,
    "State": {
        "Status": "running",
        "Pid": 4711,
        "ExitCode": 0,
        "Error": "",
        "OOMKilled": False,
        "StartedAt": "2026-11-22T19:55:01.123456789Z",
        "FinishedAt": "0001-01-01T00:00:00Z",
        "Health": {
            "Status": "unhealthy",
            "Log": [{"Output": "old"}, {"ExitCode": 1, "Output": "no ledger yet\n"}],
        },
    },
    "Config": {
        "Labels": {
            "com.docker.compose.service": "store",
            "com.docker.compose.oneoff": "False",
            "com.docker.compose.config-hash": "2bc3",
            "paystack.protected": "true",
        }
    },
    "HostConfig": {"Memory": 64},
    "NetworkSettings": {
        "Ports": {"7/tcp": [{"HostIp": "127.0.0.1", "HostPort": "7000"}], "8/tcp": None}
    },
}


def test_the_whole_container() -> None:
    found = parse_container(INSPECTED)
    assert (found.name, found.service, found.one_off, found.protected) == (
        "pay-store",
        "store",
        False,
        True,
    )
    assert found.started_at == datetime(2026, 11, 22, 19, 55, 1, 123456, tzinfo=UTC)
    assert found.finished_at is None
    assert (found.health, found.last_probe) == ("unhealthy", "no ledger yet")
    assert found.ports == {"7/tcp": ("127.0.0.1", 7000)}
    assert (found.restarts, found.memory_limit_bytes, found.config_hash) == (2, 64, "2bc3")


def test_a_container_of_others_without_labels_health_or_ports() -> None:
    bare = {
        **INSPECTED,
        "State": {key: v for key, v in INSPECTED["State"].items() if key != "Health"},
        "Config": {"Labels": None},
        "NetworkSettings": {},
    }
    found = parse_container(bare)
    assert (found.service, found.health, found.last_probe, found.ports) == ("", None, "", {})


@pytest.mark.parametrize(
    ("code", "out_of_memory", "words"),
    [
        (0, False, "exit status 0"),
        (3, False, "exit status 3"),
        (137, False, "terminated by SIGKILL"),
        (143, False, "terminated by SIGTERM"),
        (255, False, "exit status 255"),
        (137, True, "killed for want of memory (OOM)"),
    ],
)
def test_how_a_process_ended(code: int, out_of_memory: bool, words: str) -> None:
    assert how_ended(code, out_of_memory=out_of_memory) == words


def test_an_event() -> None:
    found = parse_event(
        {
            "Action": "die",
            "Actor": {
                "ID": "4789",
                "Attributes": {
                    "com.docker.compose.service": "store",
                    "com.docker.compose.oneoff": "True",
                    "exitCode": "137",
                },
            },
            "timeNano": 1_000_000_000,
        }
    )
    assert (found.container, found.service, found.one_off) == ("4789", "store", True)
    assert found.what == "die: terminated by SIGKILL"
    assert found.at == datetime.fromtimestamp(1, UTC)


def test_never_is_no_time() -> None:
    assert parse_time("0001-01-01T00:00:00Z") is None
    assert parse_time("") is None
