"""A slice of `tests/bench/trace`: a payment is found as quickly among many as among few."""

import pytest

from tests.bench.trace_bench import main


def test_a_slice_of_the_bench(capsys: pytest.CaptureFixture[str]) -> None:
    exit_code = main([], "")
    report = capsys.readouterr().out
    print(report)
    assert exit_code == 0, report
    assert "ratio" in report
