"""Measured contexts of the stack: one JSON document on stdout.

Apart from the tables, which take longer to import than most contexts take to measure.
"""

from collections.abc import Mapping, Sequence

from paystack_cli.context.baseline import growth_percent
from paystack_cli.context.measurement import Amount
from paystack_cli.context.survey import SurveyedContext
from paystack_cli.output.document import print_document, versioned

PERCENT_DECIMALS = 1


def print_contexts(
    contexts: Sequence[SurveyedContext], baseline: Mapping[str, Amount], exceeded: Sequence[str]
) -> None:
    """`paystack.context/v1`, described in docs/schemas; `exceeded` are the broken limits."""
    print_document(
        versioned(
            "context",
            ok=not exceeded,
            exceeded=list(exceeded),
            before_bytes=sum(found.measurement.before.bytes for found in contexts),
            after_bytes=sum(found.measurement.after.bytes for found in contexts),
            contexts=[_context(found, baseline.get(found.name)) for found in contexts],
        )
    )


def _context(found: SurveyedContext, before: Amount | None) -> dict[str, object]:
    measured = found.measurement
    growth = growth_percent(measured.after, before)
    return {
        "context": found.name,
        "ignore_file": found.build.ignore_file.name,
        "before": measured.before._asdict(),
        "after": measured.after._asdict(),
        "cut_percent": round(measured.cut_percent, PERCENT_DECIMALS),
        "permitted_buildkit_bytes": measured.wire_bytes,
        "budget_bytes": found.budget_bytes,
        "baseline_bytes": before.bytes if before else None,
        "growth_percent": None if growth is None else round(growth, PERCENT_DECIMALS),
        "rules": [
            {"line": rule.line, "rule": rule.text, "files": saved.files, "bytes": saved.bytes}
            for rule, saved in zip(found.build.rules, measured.saved, strict=True)
        ],
        "largest": [{"path": kept.path, "bytes": kept.bytes} for kept in measured.largest],
        "secrets": list(measured.secrets),
        "unread_folders": measured.unread,
        "services": [
            {
                "service": taken.service,
                "buildkit_bytes": taken.buildkit_bytes,
                "rerun_bytes": taken.rerun_bytes,
                "classic_bytes": taken.classic_bytes,
            }
            for taken in found.services
        ],
    }
