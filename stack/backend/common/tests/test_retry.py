from hypothesis import given
from hypothesis import strategies as st
from paycore.retry import PAUSE_FIRST_S, growing_pause_s


@given(st.integers(1, 10_000), st.floats(0.5, 60))
def test_pauses_double_up_to_their_maximum(failures: int, pause_max_s: float) -> None:
    whole_s = PAUSE_FIRST_S * 2.0 ** min(failures - 1, 20)
    pause_s = growing_pause_s(failures, pause_max_s)
    assert min(whole_s, pause_max_s) / 2 <= pause_s <= min(whole_s, pause_max_s)
