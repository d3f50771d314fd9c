"""Judges measured contexts against limits: budgets, growth, files that look like secrets."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from paystack_cli.byte_size import format_size
from paystack_cli.context.baseline import growth_percent
from paystack_cli.context.measurement import Amount
from paystack_cli.context.survey import SurveyedContext


class Limits(NamedTuple):
    """`budget_bytes`: of all contexts together; `growth_percent_max`: of each since the baseline.

    `allowed_secrets` are file patterns of what looks like a secret and is none.
    """

    budget_bytes: int | None = None
    growth_percent_max: float | None = None
    allowed_secrets: Collection[str] = ()


def breaches(
    contexts: Sequence[SurveyedContext], baseline: Mapping[str, Amount], limits: Limits
) -> Iterator[str]:
    """Every limit that is broken, told for people."""
    for found in contexts:
        yield from _of_context(found, baseline.get(found.name), limits)
    total = sum(found.measurement.after.bytes for found in contexts)
    if limits.budget_bytes is not None and total > limits.budget_bytes:
        yield (
            f"the contexts are {format_size(total)} together,"
            f" more than {format_size(limits.budget_bytes)}"
        )


def _of_context(found: SurveyedContext, before: Amount | None, limits: Limits) -> Iterator[str]:
    after = found.measurement.after
    if found.budget_bytes is not None and after.bytes > found.budget_bytes:
        yield (
            f"{found.name} is {format_size(after.bytes)},"
            f" more than its budget of {format_size(found.budget_bytes)}"
        )
    growth = growth_percent(after, before)
    limit = limits.growth_percent_max
    if growth is not None and limit is not None and growth > limit:
        yield f"{found.name} has grown by {growth:.1f} % since the baseline, more than {limit:g} %"
    for path in found.measurement.secrets:
        if not any(fnmatchcase(path, allowed) for allowed in limits.allowed_secrets):
            yield f"{found.name} still sends {path}, which looks like a secret"
