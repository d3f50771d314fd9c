"""JUnit XML: counts that add up, every attempt told, always well-formed."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from paystack_cli.checks.model import Attempt, CheckResult, Outcome
from paystack_cli.errors import PreflightError
from paystack_cli.output.junit import write_junit

RESULTS = [
    CheckResult(
        "mariadb",
        Outcome.PASSED,
        "wrote and read a row",
        attempts=(
            Attempt(1, 0.0, 0.01, "connection refused"),
            Attempt(2, 0.1, 0.02, None),
        ),
        duration_s=0.12,
    ),
    CheckResult(
        "worker",
        Outcome.FAILED,
        'lag <1000> & "more"\x00\x1b',
        hint="paystack logs worker",
        attempts=(Attempt(1, 0.0, 0.5, "lag"),),
        duration_s=0.5,
    ),
    CheckResult("kafka", Outcome.TIMED_OUT, "silence", hint="paystack status kafka"),
    CheckResult("refund-worker", Outcome.EXCLUDED, "left out on purpose"),
    CheckResult("refund", Outcome.NOT_RUN, "needs captured"),
]


@pytest.fixture
def suite(tmp_path: Path) -> ElementTree.Element:
    path = tmp_path / "made" / "on the way" / "health.xml"
    write_junit(path, "paystack.health", RESULTS)
    return ElementTree.parse(path).getroot()


def test_the_counts_add_up(suite: ElementTree.Element) -> None:
    assert suite.tag == "testsuite"
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "5", "failures": "1", "errors": "1", "skipped": "2"}
    assert suite.get("time") == "0.620"
    assert [case.get("name") for case in suite] == [result.name for result in RESULTS]


def test_every_attempt_is_told(suite: ElementTree.Element) -> None:
    passed = suite[0]
    assert passed.find("properties/property[@name='attempts']").get("value") == "2"  # type: ignore[union-attr]
    assert passed.findtext("system-out") == (
        "attempt 1 at 0.000 s, 0.010 s: connection refused\n"
        "attempt 2 at 0.100 s, 0.020 s: passed\n"
        "wrote and read a row"
    )


def test_a_failure_names_the_next_command_and_stays_well_formed(
    suite: ElementTree.Element,
) -> None:
    failure = suite[1].find("failure")
    assert failure is not None
    assert failure.get("message") == 'lag <1000> & "more"\ufffd\ufffd'
    assert (failure.text or "").endswith("next: paystack logs worker")


def test_a_place_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(PreflightError, match="cannot write the JUnit report"):
        write_junit(tmp_path, "paystack.health", RESULTS)
