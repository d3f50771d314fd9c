"""JUnit XML of check results, as Jenkins and other CI servers read it."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree

from paystack_cli.checks.model import Attempt, CheckResult, Outcome
from paystack_cli.errors import PreflightError

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold, not even escaped."""

_VERDICTS = {
    Outcome.PASSED: None,
    Outcome.FAILED: "failure",
    Outcome.TIMED_OUT: "error",
    Outcome.EXCLUDED: "skipped",
    Outcome.NOT_RUN: "skipped",
}
"""The child element that tells a test case's outcome."""


def write_junit(path: Path, suite: str, results: Sequence[CheckResult]) -> None:
    """One test suite, one test case per check, every attempt in its `system-out`.

    Raises PreflightError when the file cannot be written.
    """
    tree = ElementTree.ElementTree(_suite(suite, results))
    ElementTree.indent(tree)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        tree.write(path, encoding="utf-8", xml_declaration=True)
    except OSError as error:
        raise PreflightError(
            f"cannot write the JUnit report {path}: {error.strerror}",
            hint="choose a writable place: --junit FILE",
        ) from error


def _suite(suite: str, results: Sequence[CheckResult]) -> ElementTree.Element:
    verdicts = [_VERDICTS[result.outcome] for result in results]
    element = ElementTree.Element(
        "testsuite",
        name=suite,
        tests=str(len(results)),
        failures=str(verdicts.count("failure")),
        errors=str(verdicts.count("error")),
        skipped=str(verdicts.count("skipped")),
        time=f"{sum(result.duration_s for result in results):.3f}",
    )
    for result in results:
        element.append(_test_case(suite, result))
    return element


def _test_case(suite: str, result: CheckResult) -> ElementTree.Element:
    case = ElementTree.Element(
        "testcase", classname=suite, name=result.name, time=f"{result.duration_s:.3f}"
    )
    verdict = _VERDICTS[result.outcome]
    if verdict is None:
        case.extend(_flaky(attempt) for attempt in result.attempts if attempt.reason)
    else:
        told = ElementTree.SubElement(
            case, verdict, message=_xml(result.summary), type=result.outcome.value
        )
        following = (f"next: {result.hint}",) if result.hint else ()
        told.text = _xml("\n".join((result.summary, *result.details, *following)))
    ElementTree.SubElement(case, "system-out").text = _xml("\n".join(_story(result)))
    return case


def _flaky(attempt: Attempt) -> ElementTree.Element:
    """A failed attempt of a check that passed in the end, as Maven Surefire writes reruns."""
    flaky = ElementTree.Element(
        "flakyFailure", message=_xml(attempt.reason or ""), type=f"attempt {attempt.number}"
    )
    flaky.text = _xml(_line(attempt))
    return flaky


def _story(result: CheckResult) -> Iterator[str]:
    """How often it was tried and how it ended, then every attempt."""
    count = len(result.attempts)
    tries = f" after {count} {'try' if count == 1 else 'tries'}" if count else ""
    yield f"{result.outcome.value.replace('_', ' ')}{tries}: {result.summary}"
    yield from map(_line, result.attempts)


def _line(attempt: Attempt) -> str:
    return (
        f"attempt {attempt.number} at {attempt.started_s:.3f} s, "
        f"{attempt.duration_s:.3f} s: {attempt.reason or 'passed'}"
    )


def _xml(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
