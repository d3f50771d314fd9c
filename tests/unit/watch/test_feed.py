"""A source read in a thread of its own."""

import time
from threading import Event

import pytest

from paystack_cli.errors import CheckFailed
from paystack_cli.watch import feed as under_test
from paystack_cli.watch.feed import Feed, Reading
from tests.support.waiting import wait_for

SOON_S = 0.01
PATIENCE_S = 5.0


@pytest.fixture
def answers() -> list[object]:
    """What the source answers next, the last one for ever."""
    return []


def _feed(answers: list[object]) -> "Feed[object]":
    def read() -> object:
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return Feed("database", read, SOON_S)


def _until(feed: "Feed[object]", reading: Reading[object]) -> None:
    wait_for(lambda: feed.newest() == reading, f"{reading}", PATIENCE_S, SOON_S)
    feed.stop()


def test_it_is_read_again_and_again(answers: list[object]) -> None:
    answers += [1, 2, 3]
    _until(_feed(answers), Reading(3))


def test_a_problem_is_told_and_the_last_value_stays(answers: list[object]) -> None:
    answers += [1, CheckFailed("it is away\nfor long", hint="wait")]
    _until(_feed(answers), Reading(1, "it is away"))


def test_the_next_answer_ends_a_problem(answers: list[object]) -> None:
    answers += [CheckFailed("it is away", hint="wait"), 2]
    _until(_feed(answers), Reading(2))


def test_a_source_that_hangs_is_told_and_waited_for_by_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(under_test, "SILENT_AFTER_S", SOON_S)
    gate = Event()
    hanging: Feed[None] = Feed("database", lambda: gate.wait(PATIENCE_S) and None, SOON_S)
    begun_s = time.monotonic()
    hanging.wait_for_first(SOON_S)
    wait_for(lambda: hanging.newest().problem == "no answer for 0 s", "told", PATIENCE_S, SOON_S)
    assert time.monotonic() - begun_s < PATIENCE_S
    hanging.stop()
    gate.set()


def test_what_is_no_error_of_ours_is_raised_where_it_is_seen(answers: list[object]) -> None:
    answers += [KeyError("bug")]
    feed = _feed(answers)
    feed.wait_for_first(PATIENCE_S)
    with pytest.raises(KeyError, match="bug"):
        feed.newest()
