"""Rules, verdicts and suggestions about a context: documents or tables on stdout."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import typer
from rich.text import Text

from paystack_cli.byte_size import format_size
from paystack_cli.context.audit import AuditedRule
from paystack_cli.context.explain import Verdict
from paystack_cli.context.ignore_file import Rule
from paystack_cli.context.suggestions import Suggestion
from paystack_cli.output.console import plain_table, stdout_console
from paystack_cli.output.context_files_report import printable
from paystack_cli.output.document import print_document, versioned

if TYPE_CHECKING:
    from rich.table import Table


def report_rules(contexts: Mapping[str, Sequence[AuditedRule]], *, as_json: bool) -> None:
    """Every rule of every context: what it saves, and what is wrong with it."""
    if as_json:
        print_document(
            versioned(
                "context-rules",
                contexts=[
                    {"context": name, "rules": [_rule(audited) for audited in rules]}
                    for name, rules in contexts.items()
                ],
            )
        )
        return
    for name, rules in contexts.items():
        stdout_console().print(_rules_table(name, rules))


def _rule(audited: AuditedRule) -> dict[str, object]:
    return {
        "line": audited.rule.line,
        "rule": audited.rule.text,
        "files": audited.saved.files,
        "bytes": audited.saved.bytes,
        "restored": audited.restored,
        "findings": [
            {
                "fault": finding.fault,
                "message": finding.message,
                "saves": finding.saves._asdict() if finding.saves else None,
            }
            for finding in audited.findings
        ],
    }


def _rules_table(name: str, rules: Sequence[AuditedRule]) -> "Table":
    table = plain_table(name, "LINE", "KEEPS OUT", "FILES", "LETS IN", "FINDING")
    for audited in rules:
        table.add_row(
            Text(printable(audited.rule.text)),
            str(audited.rule.line),
            format_size(audited.saved.bytes),
            str(audited.saved.files),
            str(audited.restored),
            Text("\n".join(f"{found.fault}: {found.message}" for found in audited.findings)),
        )
    return table


def report_verdicts(context: str, path: str, verdicts: Sequence[Verdict], *, as_json: bool) -> None:
    """Whether each builder is sent a path, and why."""
    if as_json:
        print_document(
            versioned(
                "context-explain",
                context=context,
                path=path,
                verdicts=[
                    {
                        "builder": verdict.builder,
                        "sent": verdict.is_sent,
                        "line": verdict.rule.line if verdict.rule else None,
                        "rule": verdict.rule.text if verdict.rule else None,
                        "reason": verdict.reason,
                    }
                    for verdict in verdicts
                ],
            )
        )
        return
    for verdict in verdicts:
        told = "sent" if verdict.is_sent else "not sent"
        typer.echo(f"{verdict.builder}: {told}, {verdict.reason}{_origin(verdict.rule)}")


def _origin(rule: Rule | None) -> str:
    if rule is None:
        return ""
    where = "added by the builder" if rule.line is None else f"line {rule.line}"
    return f" ({where}: {printable(rule.text)})"


def report_suggestions(
    contexts: Mapping[str, Sequence[Suggestion]], *, written: bool, as_json: bool
) -> None:
    """Lines that would make contexts smaller, each with what it saves."""
    if as_json:
        print_document(
            versioned(
                "context-suggest",
                written=written,
                contexts=[
                    {
                        "context": name,
                        "suggestions": [
                            {"line": found.line, "files": found.saves.files}
                            | {"bytes": found.saves.bytes}
                            for found in suggestions
                        ],
                    }
                    for name, suggestions in contexts.items()
                ],
            )
        )
        return
    for name, suggestions in contexts.items():
        if not suggestions:
            typer.echo(f"{name}: nothing to add")
            continue
        table = plain_table(name, "WOULD KEEP OUT" if not written else "KEEPS OUT", "FILES")
        for found in suggestions:
            saves = found.saves
            table.add_row(Text(printable(found.line)), format_size(saves.bytes), str(saves.files))
        stdout_console().print(table)
