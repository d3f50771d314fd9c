"""A slice of `tests/bench/compose_up`: both ways come to a healthy stack, and the ratio is printed.

The ratio of one round, beside whatever else the machine does, is not judged.
"""

import re

import pytest

from tests.bench.compose_up_bench import main

pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("docker_engine")]


def test_a_slice_of_the_bench(capsys: pytest.CaptureFixture[str]) -> None:
    exit_code = main([], "")
    report = capsys.readouterr().out
    print(report)
    assert exit_code == 0, report
    assert re.search(r"^ratio \d+\.\d\d \(goal at most 1\.1", report, re.MULTILINE)
