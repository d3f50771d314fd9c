"""A slice of `tests/bench/pipeline`: every payment in the ledger exactly once.

Rates and times are printed, not judged: they depend on what else the machine does.
"""

import pytest

from tests.bench.pipeline_bench import main


def test_a_slice_of_the_bench(capsys: pytest.CaptureFixture[str]) -> None:
    exit_code = main(["--seconds", "2"], "")
    report = capsys.readouterr().out
    print(report)
    assert exit_code == 0, report
    assert "not booked exactly once: 0" in report
    assert "bare producer" in report
