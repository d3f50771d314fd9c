"""A slice of `tests/bench/outbox`: every row counted.

Times are printed, not judged: they depend on what else the machine does.
"""

import pytest

from tests.bench.outbox_bench import main


def test_a_slice_of_the_bench(capsys: pytest.CaptureFixture[str]) -> None:
    exit_code = main(["--rows", "50000"], "")
    report = capsys.readouterr().out
    print(report)
    assert exit_code == 0, report
    assert "poll: " in report
    assert "status: " in report
