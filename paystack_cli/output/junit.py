"""JUnit XML of check results, as Jenkins and other CI servers read it."""

import re
from collections.abc import Sequence
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
    properties = ElementTree.SubElement(case, "properties")
    ElementTree.SubElement(properties, "property", name="attempts", value=str(len(result.attempts)))
    if verdict := _VERDICTS[result.outcome]:
        told = ElementTree.SubElement(
            case, verdict, message=_xml(result.summary), type=result.outcome.value
        )
        if result.hint:
            lines = [result.summary, *result.details, f"next: {result.hint}"]
            told.text = _xml("\n".join(lines))
    attempts = [_line(attempt) for attempt in result.attempts]
    if verdict is None:
        attempts.append(result.summary)
    ElementTree.SubElement(case, "system-out").text = _xml("\n".join(attempts))
    return case


def _line(attempt: Attempt) -> str:
    return (
        f"attempt {attempt.number} at {attempt.started_s:.3f} s, "
        f"{attempt.duration_s:.3f} s: {attempt.reason or 'passed'}"
    )


def _xml(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
