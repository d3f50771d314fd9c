"""Log files as one stream."""

from pathlib import Path

import pytest

from paystack_cli.engines.local.logs import Follower, read_logs
from paystack_cli.engines.local.state import StateFolder


@pytest.fixture
def folder(tmp_path: Path) -> StateFolder:
    """An empty state folder."""
    folder = StateFolder(tmp_path / "state")
    folder.create()
    return folder


JSON = '{{"event":"{0}","timestamp":"2026-11-22T17:00:{0}.000000Z"}}'


def _read(folder: StateFolder, *services: str, tail: int | None = None) -> list[str]:
    return [f"{line.service} {line.text}" for line in read_logs(folder, services, tail)]


def test_services_are_interleaved_by_time(folder: StateFolder) -> None:
    folder.log("a").write_text("\n".join([JSON.format("01"), JSON.format("04"), ""]))
    folder.log("b").write_text("\n".join([JSON.format("02"), JSON.format("03"), ""]))
    assert [line[:1] for line in _read(folder, "a", "b")] == ["a", "b", "b", "a"]


def test_lines_without_a_time_stay_behind_the_line_before(folder: StateFolder) -> None:
    folder.log("a").write_text(JSON.format("01") + "\nTraceback\n  File\n" + JSON.format("05"))
    folder.log("b").write_text(JSON.format("03") + "\n")
    assert [line.split()[1][:9] for line in _read(folder, "a", "b")][1:3] == ["Traceback", "File"]


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("2026-11-22 17:00:01 0 [Note] InnoDB", "2026-11-22 17:00:02 0 [Note] ready"),
        ("[2026-11-22T17:00:01,100] INFO kafka", "[2026-11-22T17:00:01,200] INFO kafka"),
        ("2026-11-22  9:00:01 0 [Note] one digit", "2026-11-22 10:00:01 0 [Note] two"),
    ],
)
def test_times_of_the_servers_are_read(folder: StateFolder, earlier: str, later: str) -> None:
    folder.log("a").write_text(later + "\n")
    folder.log("b").write_text(earlier + "\n")
    assert _read(folder, "a", "b") == [f"b {earlier}", f"a {later}"]


@pytest.mark.parametrize("ending", ["", "\n"])
def test_tail_reaches_into_rotated_files(folder: StateFolder, ending: str) -> None:
    log = folder.log("a")
    log.with_name("a.log.2").write_text("one\ntwo\n")
    log.with_name("a.log.1").write_text("three\nfour\n")
    log.write_text("five" + ending)
    assert _read(folder, "a") == ["a one", "a two", "a three", "a four", "a five"]
    assert _read(folder, "a", tail=4) == ["a two", "a three", "a four", "a five"]
    assert _read(folder, "a", tail=1) == ["a five"]
    assert _read(folder, "a", tail=0) == []


def test_tail_of_a_log_longer_than_one_read(folder: StateFolder) -> None:
    folder.log("a").write_text("".join(f"line {number} {'x' * 200}\n" for number in range(2000)))
    lines = _read(folder, "a", tail=1500)
    assert [line.split()[2] for line in lines] == [str(number) for number in range(500, 2000)]


def test_a_service_without_a_log_has_no_lines(folder: StateFolder) -> None:
    assert _read(folder, "never-started") == []


def _append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def test_following_begins_at_once_and_goes_on_through_rotation(folder: StateFolder) -> None:
    log = folder.log("a")
    log.write_text("before\n")
    lines = Follower(folder, ["a"]).lines()
    _append(log, "first\nhal")
    assert next(lines).text == "first"
    _append(log, "f\n")
    log.rename(log.with_name("a.log.1"))
    log.write_text("after\n")
    assert [next(lines).text, next(lines).text] == ["half", "after"]


def test_following_a_service_that_starts_later(folder: StateFolder) -> None:
    lines = Follower(folder, ["late"]).lines()
    folder.log("late").write_text("hello\n")
    assert next(lines).text == "hello"
