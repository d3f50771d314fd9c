"""A slice of `tests/bench/build`: small contexts, and nothing is built but what has changed.

Times are printed, not judged: they depend on what else the machine does.
"""

import pytest

from tests.bench.build_bench import main

pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("docker_engine")]


def test_a_slice_of_the_bench(capsys: pytest.CaptureFixture[str]) -> None:
    exit_code = main([], "")
    report = capsys.readouterr().out
    print(report)
    assert exit_code == 0, report
    assert "made anew: settlement-worker" in report
