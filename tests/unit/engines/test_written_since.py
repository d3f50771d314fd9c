"""What a service has written since a command began."""

from pathlib import Path

import pytest

from paystack_cli.engines.local.written_since import (
    EARLIER_BYTES,
    READ_BYTES_MAX,
    last_written,
    sizes,
    written_since,
)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """With a line of an earlier life."""
    log = tmp_path / "store.log"
    log.write_text("error: of yesterday\n")
    return log


def test_only_new_lines(log: Path) -> None:
    before = sizes([log])
    with log.open("a") as file:
        file.write("started\nno ledger\n")
    assert written_since(log, before) == ["started", "no ledger"]


def test_when_nothing_is_new_the_last_words_of_before(log: Path) -> None:
    assert written_since(log, sizes([log])) == ["error: of yesterday"]


def test_a_log_that_was_rotated_meanwhile_is_all_new(log: Path) -> None:
    before = sizes([log])
    log.write_text("new\n")
    assert written_since(log, before) == ["new"]


def test_a_log_that_came_into_being_meanwhile(tmp_path: Path) -> None:
    log = tmp_path / "new.log"
    before = sizes([log])
    assert written_since(log, before) == []
    log.write_text("started\n")
    assert written_since(log, before) == ["started"]


def test_of_a_long_log_only_the_end_is_read(log: Path) -> None:
    before = sizes([log])
    with log.open("a") as file:
        file.writelines(f"line {number}\n" for number in range(READ_BYTES_MAX // 5))
    lines = written_since(log, before)
    assert sum(map(len, lines)) <= READ_BYTES_MAX
    assert sum(map(len, last_written(log))) <= EARLIER_BYTES
    assert lines[-1] == last_written(log)[-1]
