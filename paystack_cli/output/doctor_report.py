"""What the doctor found: one JSON document or a list on stdout, and JUnit when asked for."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import typer
from rich.table import Table
from rich.text import Text

from paystack_cli.checks.doctor.model import Finding, Repair, Severity, has_failed
from paystack_cli.checks.model import CheckResult, Outcome
from paystack_cli.output.console import plain_table, stdout_console
from paystack_cli.output.document import print_document, versioned
from paystack_cli.output.junit import write_junit

_STYLES: Mapping[Severity, str] = {
    Severity.OK: "green",
    Severity.WARN: "yellow",
    Severity.FAIL: "bold red",
}
_WORST_FIRST = (Severity.FAIL, Severity.WARN, Severity.OK)
_OUTCOMES: Mapping[Severity, Outcome] = {
    Severity.OK: Outcome.PASSED,
    Severity.WARN: Outcome.PASSED,
    Severity.FAIL: Outcome.FAILED,
}


def report_findings(
    findings: Sequence[Finding],
    repairs: Sequence[Repair],
    *,
    engine: str,
    as_json: bool,
    junit: Path | None,
) -> None:
    """Tell the findings, and what `--fix` has done before they were made."""
    if junit is not None:
        write_junit(junit, "paystack.doctor", [_result(finding) for finding in findings])
    if as_json:
        print_document(document(findings, repairs, engine))
        return
    stdout_console().print(_table(findings))
    typer.echo(_summary(findings))


def document(
    findings: Iterable[Finding], repairs: Iterable[Repair], engine: str
) -> dict[str, object]:
    """`paystack.doctor/v1`, described in docs/schemas."""
    listed = list(findings)
    return versioned(
        "doctor",
        ok=not has_failed(listed),
        engine=engine,
        repaired=[repair.does for repair in repairs],
        findings=[
            {
                "id": finding.id,
                "title": finding.title,
                "severity": finding.severity.value,
                "seen": finding.seen,
                "fix": finding.fix,
                "safe_fix": finding.repair is not None,
            }
            for finding in listed
        ],
    )


def _table(findings: Iterable[Finding]) -> Table:
    """One row per finding, the worst first; below one that needs something, what mends it."""
    table = plain_table(header=False)
    for finding in sorted(findings, key=lambda finding: _WORST_FIRST.index(finding.severity)):
        seen = finding.seen if finding.fix is None else f"{finding.seen}\nfix: {finding.fix}"
        table.add_row(
            Text(finding.severity.value, _STYLES[finding.severity]),
            Text(finding.title),
            Text(seen, overflow="fold"),
        )
    return table


def _summary(findings: Sequence[Finding]) -> str:
    count = Counter(finding.severity for finding in findings)
    safe = sum(finding.repair is not None for finding in findings)
    hint = f"; paystack doctor --fix mends {safe}" if safe else ""
    return (
        f"doctor: {count[Severity.FAIL]} failed, {count[Severity.WARN]} to see to,"
        f" {count[Severity.OK]} well{hint}"
    )


def _result(finding: Finding) -> CheckResult:
    return CheckResult(
        name=finding.id,
        outcome=_OUTCOMES[finding.severity],
        summary=f"{finding.title}: {finding.seen}",
        hint=finding.fix,
    )
