"""A slice of `tests/bench/authorize`: nothing lost or doubled, shared commits worth their while.

Requests a second are printed, not judged: they depend on what else the machine does.
"""

import pytest

from tests.bench.authorize_bench import main


def test_a_slice_of_the_bench(capsys: pytest.CaptureFixture[str]) -> None:
    exit_code = main(["--seconds", "2"], "")
    report = capsys.readouterr().out
    print(report)
    assert exit_code == 0, report
    assert "x (a) one-transaction-a-request" in report
    assert "x (b) constant" in report
