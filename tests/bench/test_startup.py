"""A slice of `tests/bench/startup`: fewer runs, the same goals.

That of `status` in containers is in tests/docker, where a whole stack is running.
"""

import pytest

from tests.bench.startup_bench import Goal, main


@pytest.mark.parametrize("case", ["start", "local"])
def test_the_goals_are_kept(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    exit_code = main(["--case", case], "")
    report = capsys.readouterr().out
    print(report)
    assert exit_code == 0, report
    assert "kept" in report


@pytest.mark.parametrize(("mine_s", "kept"), [(0.149, True), (0.151, False)])
def test_a_missed_goal_is_found_out(mine_s: float, kept: bool) -> None:
    assert Goal("a", "b", ratio_max=1.5).verdict(mine_s, 0.1)[0] is kept
    assert Goal("a", "b", extra_max_s=0.05).verdict(mine_s, 0.1)[0] is kept
