"""A clock is blamed only for what the round trip of asking cannot explain."""

import time

from hypothesis import given
from hypothesis import strategies as st

from paystack_cli.checks.doctor.clocks import SKEW_FAIL_S, SKEW_WARN_S, Skew, judge, measure

SECONDS = st.floats(min_value=0, max_value=1e6, allow_nan=False)


@given(ahead_s=st.floats(min_value=-1e6, max_value=1e6, allow_nan=False), error_s=SECONDS)
def test_the_verdict_follows_what_is_certain(ahead_s: float, error_s: float) -> None:
    finding = judge("clock.x", "Clock of X", Skew(ahead_s, error_s))
    certain_s = abs(ahead_s) - error_s
    if certain_s >= SKEW_FAIL_S:
        assert finding.severity == "fail"
    elif certain_s >= SKEW_WARN_S:
        assert finding.severity == "warn"
    else:
        assert finding.severity == "ok"
    assert (finding.fix is None) == (finding.severity == "ok")


def test_a_clock_that_is_an_hour_ahead() -> None:
    skew = measure(lambda: time.time() + 3600)
    assert 3590 < skew.certain_s <= 3600
    finding = judge("clock.x", "Clock of X", skew)
    assert "ahead of this machine's" in finding.seen


def test_a_slow_answer_of_a_right_clock_is_no_skew() -> None:
    def slowly() -> float:
        time.sleep(0.05)
        return time.time()

    assert measure(slowly).certain_s < SKEW_WARN_S
