"""Log files as one stream."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paystack_cli.engines.local.log_files import LINE_BYTES_MAX, READ_BYTES, forwards
from paystack_cli.engines.local.logs import UNTIMED_LINES_MAX, Follower, read_logs
from paystack_cli.engines.local.state import StateFolder


@pytest.fixture
def folder(tmp_path: Path) -> StateFolder:
    """An empty state folder."""
    folder = StateFolder(tmp_path / "state")
    folder.create()
    return folder


START = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
PAD = "x" * 200
JSON = '{{"event":"{0}","timestamp":"2026-11-22T17:00:{0}.000000Z"}}'


def _read(folder: StateFolder, *services: str, tail: int | None = None) -> list[str]:
    return [f"{line.service} {line.text}" for line in read_logs(folder, services, tail=tail)]


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


def test_a_line_that_is_too_long_is_cut_and_the_next_one_whole(folder: StateFolder) -> None:
    folder.log("a").write_bytes(b"x" * (3 * LINE_BYTES_MAX) + b"\nnext\n")
    for tail in (None, 10):
        assert [len(line) for line in _read(folder, "a", tail=tail)] == [LINE_BYTES_MAX + 2, 6]


def test_since_is_found_in_rotated_files_without_reading_all(folder: StateFolder) -> None:
    log = folder.log("a")
    lines = [f"{START + timedelta(seconds=n):%Y-%m-%d %H:%M:%SZ} {n:05} {PAD}" for n in range(9000)]
    old, new = log.with_name("a.log.1"), log
    old.write_text("\n".join(lines[:6000]) + "\n")
    new.write_text("\n".join(lines[6000:]) + "\n")
    since = START + timedelta(seconds=5990)
    found = list(read_logs(folder, ["a"], since=since))
    assert [line.text for line in found] == lines[5990:]
    assert sum(1 for _ in forwards(log, since)) < len(found) + READ_BYTES // len(PAD)


def test_the_tail_counts_what_is_kept(folder: StateFolder) -> None:
    folder.log("a").write_text("\n".join(JSON.format(f"{n:02}") for n in range(60)))
    kept = read_logs(folder, ["a"], tail=2, keep=lambda line: '"event":"1' in line.text)
    assert [line.text[10:12] for line in kept] == ["18", "19"]


def test_the_tail_within_a_time(folder: StateFolder) -> None:
    folder.log("a").write_text("\n".join(JSON.format(f"{n:02}") + "\n  more" for n in range(60)))
    since = datetime(2026, 11, 22, 17, 0, 57, tzinfo=UTC)
    found = [line.text for line in read_logs(folder, ["a"], tail=10, since=since)]
    assert found == [line for n in (57, 58, 59) for line in (JSON.format(f"{n:02}"), "  more")]


SECONDS = st.none() | st.integers(0, 59)
"""Of a line; None tells no time."""


@given(
    st.dictionaries(st.sampled_from("abcd"), st.lists(SECONDS, max_size=30)),
    st.none() | st.integers(0, 40),
)
def test_any_logs_become_one_stream_by_time(
    logs: dict[str, list[int | None]], tail: int | None
) -> None:
    with TemporaryDirectory() as state:
        folder = StateFolder(Path(state) / "state")
        folder.create()
        written = {
            service: [_line(number, second) for number, second in enumerate(seconds)]
            for service, seconds in logs.items()
        }
        for service, lines in written.items():
            folder.log(service).write_text("".join(f"{line}\n" for line in lines))
        found = list(read_logs(folder, logs, tail=tail))
    for service, lines in written.items():
        expected = lines if tail is None else lines[max(0, len(lines) - tail) :]
        assert [line.text for line in found if line.service == service] == expected
    times = [line.at for line in found if line.at is not None]
    assert times == sorted(times)


def _line(number: int, second: int | None) -> str:
    return f"at {number}" if second is None else f"2026-11-22 17:00:{second:02}Z {number}"


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


def test_a_long_stretch_without_times_does_not_end_the_reading(folder: StateFolder) -> None:
    stretch = "\n".join(f"  at {number}" for number in range(UNTIMED_LINES_MAX + 500))
    folder.log("a").write_text(JSON.format("01") + f"\n{stretch}\n" + JSON.format("05") + "\n")
    lines = list(read_logs(folder, ["a"], tail=5_000, since=START))
    assert lines[0].text == JSON.format("01")
    assert lines[-1].text == JSON.format("05")


def test_a_line_that_is_younger_than_its_file_is_found(folder: StateFolder) -> None:
    """The kernel's clock for files is a few milliseconds behind."""
    log = folder.log("a")
    log.write_text(JSON.format("05") + "\n")
    at = START + timedelta(seconds=5)
    os.utime(log, ((at - timedelta(milliseconds=4)).timestamp(),) * 2)
    assert [line.at for line in read_logs(folder, ["a"], since=at)] == [at]
