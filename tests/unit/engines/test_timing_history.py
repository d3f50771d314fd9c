"""What is usual on this machine: kept in a small file that may be broken in any way."""

import json
from pathlib import Path

import pytest

from paystack_cli.engines.base import Action, ServiceTiming, UpReport
from paystack_cli.engines.timing_history import (
    SAMPLES_MIN,
    UPS_MAX,
    TimingHistory,
    stands_out,
)


@pytest.fixture
def history(tmp_path: Path) -> TimingHistory:
    """Of a state folder in which nothing was started yet."""
    return TimingHistory.of(tmp_path, "local")


def up(**ready_s: float) -> UpReport:
    """An `up` that started these."""
    return UpReport(tuple(timing(name, took_s) for name, took_s in ready_s.items()), 1.0)


def timing(name: str, ready_s: float, action: Action = Action.STARTED) -> ServiceTiming:
    return ServiceTiming(name, action, "", 0.0, 0.0, ready_s, 1.0)


def test_the_median_of_earlier_ups_is_usual(history: TimingHistory) -> None:
    for ready_s in (1.0, 9.0, 2.0):
        assert history.usual_s() == {}
        history.add(up(store=ready_s))
    assert history.usual_s() == {"store": 2.0}


def test_what_was_left_alone_is_no_start(history: TimingHistory) -> None:
    for _ in range(SAMPLES_MIN):
        history.add(UpReport((timing("store", 0.0, Action.UNCHANGED),), 0.1))
    assert history.usual_s() == {}
    assert not history.path.exists()


def test_only_the_newest_ups_are_kept(history: TimingHistory) -> None:
    for number in range(UPS_MAX + 20):
        history.add(up(store=float(number)))
    assert len(history.path.read_text().splitlines()) == UPS_MAX
    assert history.usual_s()["store"] > UPS_MAX / 2
    assert [file.name for file in history.path.parent.iterdir()] == [history.path.name]


@pytest.mark.parametrize(
    "broken", [b"", b"{", b"\xff\xfe", b"[]\n", b'{"ready_s": 3}\n', b'{"ready_s": {"a": "x"}}\n']
)
def test_a_broken_line_is_left_out_and_the_next_up_goes_on(
    history: TimingHistory, broken: bytes
) -> None:
    history.path.write_bytes(broken)
    assert history.usual_s() == {}
    for _ in range(SAMPLES_MIN):
        history.add(up(store=2.0))
    assert history.usual_s() == {"store": 2.0}
    assert json.loads(history.path.read_text().splitlines()[-1])["ready_s"] == {"store": 2.0}


def test_what_cannot_be_kept_is_no_error(tmp_path: Path) -> None:
    history = TimingHistory.of(tmp_path / "gone", "local")
    history.add(up(store=2.0))
    assert history.usual_s() == {}


def test_engines_have_a_history_each(tmp_path: Path) -> None:
    for _ in range(SAMPLES_MIN):
        TimingHistory.of(tmp_path, "compose").add(up(store=2.0))
    assert TimingHistory.of(tmp_path, "local").usual_s() == {}


@pytest.mark.parametrize(
    ("ready_s", "usual_s", "noticed"),
    [(3.0, 2.0, True), (2.9, 2.0, False), (0.5, 0.1, False), (0.6, 0.1, True), (1.0, 2.0, False)],
)
def test_a_time_stands_out_when_it_is_longer_by_factor_and_seconds(
    ready_s: float, usual_s: float, noticed: bool
) -> None:
    assert stands_out(timing("store", ready_s), usual_s) is noticed
