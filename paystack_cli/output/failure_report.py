"""A service that did not become ready: the error's full text, and its part of a JSON document."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from paystack_cli.engines.base import Health
from paystack_cli.engines.failure import Evidence, FailureReport, UpFailed, ended
from paystack_cli.errors import PaystackError
from paystack_cli.output.document import print_document


@contextmanager
def failures_told(
    document: Callable[[FailureReport], Mapping[str, object]] | None = None,
) -> Iterator[None]:
    """Within it a service that fails is told in full, and as the command's document if it has one.

    Raises PaystackError with the full text.
    """
    try:
        yield
    except UpFailed as failed:
        if document is not None:
            print_document(document(failed.report))
        raise PaystackError(
            failure_text(failed.report), hint=failed.hint, exit_code=failed.exit_code
        ) from failed


def failure_text(report: FailureReport) -> str:
    """The cause in the first line, below it what is known."""
    return "\n  ".join([report.headline, *_lines(report)])


def _lines(report: FailureReport) -> Iterator[str]:
    if len(report.path) > 1:
        yield f"way: {' -> '.join(report.path)}"
    for evidence in report.evidence:
        yield f"{evidence.service}: {_condition(evidence)}"
        if evidence.engine_error:
            yield f"{evidence.service}, Docker says: {evidence.engine_error}"
        if evidence.probe_output:
            yield f"{evidence.service}, {evidence.probe or 'its probe'}: {evidence.probe_output}"
        yield from (f"{evidence.service} | {line}" for line in evidence.log.lines)
    if report.held_up:
        yield f"not started for it: {', '.join(report.held_up)}"
    if report.also_late:
        yield f"not ready either: {', '.join(report.also_late)}"


def _condition(evidence: Evidence) -> str:
    """State, how it ended, how often: "restarting, exit status 3, ended 2 times"."""
    parts = [str(evidence.state)]
    if evidence.health is not Health.NONE:
        parts.append(str(evidence.health))
    if evidence.out_of_memory:
        parts.append("out of memory (OOM)")
    elif evidence.signal:
        parts.append(f"terminated by {evidence.signal}")
    elif evidence.exit_code is not None:
        parts.append(f"exit status {evidence.exit_code}")
    if evidence.crashes > 1:
        parts.append(ended(evidence.crashes))
    return ", ".join(parts)


def failure_document(report: FailureReport) -> dict[str, object]:
    """`failure` of a document: what a program would switch on."""
    return {
        "service": report.service,
        "trouble": report.trouble.value,
        "what": report.what,
        "cause": {"service": report.cause.service, "what": report.cause.what},
        "path": list(report.path),
        "evidence": [_evidence_document(evidence) for evidence in report.evidence],
        "held_up": list(report.held_up),
        "also_late": list(report.also_late),
        "next": report.cause.next_command,
    }


def _evidence_document(evidence: Evidence) -> dict[str, object]:
    return {
        "service": evidence.service,
        "state": evidence.state.value,
        "health": evidence.health.value,
        "exit_code": evidence.exit_code,
        "signal": evidence.signal,
        "out_of_memory": evidence.out_of_memory,
        "memory_limit_bytes": evidence.memory_limit_bytes or None,
        "ends": evidence.crashes,
        "engine_error": evidence.engine_error or None,
        "probe": evidence.probe or None,
        "probe_output": evidence.probe_output or None,
        "log": list(evidence.log.lines),
    }
