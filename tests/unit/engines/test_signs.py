"""Words of servers and of Docker, what they mean, and the command that helps."""

import pytest

from paystack_cli.engines.signs import read_signs, remedy


@pytest.mark.parametrize(
    ("words", "means", "command"),
    [
        (
            "InnoDB: Error number 28 means 'No space left on device'",
            "its disk or volume is full",
            "paystack up store",
        ),
        (
            "migration_failed: (1045, \"Access denied for user 'payuser'@'10.0.0.3'\")",
            "the database refuses the password of payuser",
            "MARIADB_PASSWORD",
        ),
        (
            "Error: No such image: pay/one:latest",
            "image pay/one:latest is not there",
            "scripts/base",
        ),
        (
            "pull access denied for pay/one, repository",
            "image pay/one is not there",
            "scripts/base",
        ),
        ("dial tcp: lookup x: no such host", "an image cannot be fetched", "scripts/base-images"),
        ("Bind for 127.0.0.1:80 failed: port is already allocated", "a port that", "move ours"),
        ("java.lang.OutOfMemoryError: Java heap space", "too little memory", "mem_limit"),
        ("(1146, \"Table 'paydb.outbox' doesn't exist\")", "table paydb.outbox is not there", "up"),
        (
            "Failed to resolve 'kafka:9092': Name or service not known",
            "does not reach",
            "paystack status",
        ),
        (
            "connect to 10.0.0.2:9092 failed: Connection refused",
            "does not reach",
            "paystack status",
        ),
    ],
)
def test_words_and_what_they_mean(words: str, means: str, command: str) -> None:
    reading = read_signs(["started", words, "ended"])
    assert reading is not None
    assert means in reading.means
    assert command in reading.next_command("store")


def test_the_more_telling_sign_counts_wherever_it_stands() -> None:
    lines = ["No space left on device", "Connection refused", "Connection refused"]
    reading = read_signs(lines)
    assert reading is not None
    assert reading.means == "its disk or volume is full"


def test_words_of_nobody_have_a_next_command_all_the_same() -> None:
    assert read_signs(["all is well"]) is None
    assert "paystack up" in remedy("something else")
    assert "docker network prune" in remedy(
        "could not find an available, non-overlapping address pool"
    )
