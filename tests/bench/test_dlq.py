"""A slice of `tests/bench/dlq`: every letter counted, every cause found.

Rates and times are printed, not judged: they depend on what else the machine does.
"""

import pytest

from tests.bench.dlq_bench import main


def test_a_slice_of_the_bench(capsys: pytest.CaptureFixture[str]) -> None:
    exit_code = main(["--letters", "20000", "--rounds", "1"], "")
    report = capsys.readouterr().out
    print(report)
    assert exit_code == 0, report
    assert "ratio" in report
    assert "memory: peak" in report
