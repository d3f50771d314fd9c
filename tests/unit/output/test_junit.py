"""JUnit XML: counts that add up, every attempt told, always well-formed."""

from pathlib import Path
from xml.etree import ElementTree

import lxml.etree
import pytest

from paystack_cli.checks.model import (
    Attempt,
    AttemptFailed,
    Check,
    CheckResult,
    Evidence,
    Outcome,
)
from paystack_cli.checks.progress import Silent
from paystack_cli.checks.retry import Deadline
from paystack_cli.checks.runner import run_in_parallel
from paystack_cli.errors import PreflightError
from paystack_cli.output.junit import write_junit

JUNIT_XSD = Path(__file__).resolve().parents[2] / "data" / "junit.xsd"
"""What the JUnit readers of Jenkins take, as far as it concerns us."""

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


def test_that_it_passed_after_two_tries_is_told_with_every_attempt(
    suite: ElementTree.Element,
) -> None:
    passed = suite[0]
    assert passed.findtext("system-out") == (
        "passed after 2 tries: wrote and read a row\n"
        "attempt 1 at 0.000 s, 0.010 s: connection refused\n"
        "attempt 2 at 0.100 s, 0.020 s: passed"
    )
    (flaky,) = passed.findall("flakyFailure")
    assert (flaky.get("type"), flaky.get("message")) == ("attempt 1", "connection refused")


def test_a_reader_of_junit_accepts_it(suite: ElementTree.Element) -> None:
    schema = lxml.etree.XMLSchema(file=str(JUNIT_XSD))
    schema.assertValid(lxml.etree.fromstring(ElementTree.tostring(suite)))


def test_real_retries_are_told(tmp_path: Path) -> None:
    reasons = ["refused", "lag 7"]

    def probe(_timeout_s: float) -> Evidence:
        if reasons:
            raise AttemptFailed(reasons.pop(0))
        return Evidence("lag 0")

    check = Check("worker", probe, hint="paystack logs worker")
    results = run_in_parallel([check], Deadline.after(10), Silent())
    write_junit(tmp_path / "health.xml", "paystack.health", results)
    case = ElementTree.parse(tmp_path / "health.xml").getroot()[0]
    assert (case.findtext("system-out") or "").startswith("passed after 3 tries: lag 0\n")
    assert [flaky.get("message") for flaky in case.findall("flakyFailure")] == ["refused", "lag 7"]


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
