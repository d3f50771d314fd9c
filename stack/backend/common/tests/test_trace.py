import pytest
from paycore.trace import accept_request_id, continue_trace, trace_id

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_a_valid_trace_goes_on_with_a_span_of_its_own() -> None:
    ours = continue_trace(PARENT)
    assert trace_id(ours) == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert ours != PARENT
    assert ours.endswith("-01")
    assert len(ours) == len(PARENT)


@pytest.mark.parametrize(
    "broken",
    [
        None,
        "",
        "garbage",
        PARENT.upper(),
        "00-" + "0" * 32 + "-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-" + "0" * 16 + "-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        PARENT + "\n",
    ],
)
def test_what_is_no_trace_starts_a_new_one(broken: str | None) -> None:
    ours = continue_trace(broken)
    assert trace_id(ours) != "4bf92f3577b34da6a3ce929d0e0e4736"
    assert trace_id(continue_trace(ours)) == trace_id(ours)


@pytest.mark.parametrize("sane", ["a", "req-1", "A.b_c:9", "f" * 64])
def test_a_sane_request_id_is_kept(sane: str) -> None:
    assert accept_request_id(sane) == sane


@pytest.mark.parametrize("insane", [None, "", "a b", "x" * 65, "a\r\nSet-Cookie: b", "ü"])
def test_any_other_request_id_is_replaced(insane: str | None) -> None:
    assert accept_request_id(insane) != insane
    assert len(accept_request_id(insane)) == 32
