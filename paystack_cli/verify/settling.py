"""Looks until what is only under way has arrived: what stays is a violation."""

import time
from collections.abc import Callable, Sequence

from paystack_cli.checks.model import CheckResult, Outcome
from paystack_cli.clients.sanitize import sanitize
from paystack_cli.verify.evidence import Evidence
from paystack_cli.verify.rules import INVARIANTS, Invariant, Violation

PAUSE_S = 1.0
"""Between two looks."""
TOLD_MAX = 100
"""Violations of one invariant that are told one by one; all are counted."""


def verify(look: Callable[[], Evidence], settle_s: float) -> list[CheckResult]:
    """Every invariant. What a first look finds must still be there at all later ones.

    A stack at work always has something under way; what came after the first look is none of its
    business. Ends as soon as nothing is left, at the latest after `settle_s`.
    """
    deadline_s = time.monotonic() + settle_s
    evidence = look()
    found: dict[int, list[Violation]] = {}
    took_s: dict[int, float] = {}
    for invariant in INVARIANTS:
        begun_s = time.monotonic()
        found[invariant.number] = list(invariant.find(evidence))
        took_s[invariant.number] = time.monotonic() - begun_s
    while any(found.values()) and time.monotonic() < deadline_s:
        time.sleep(PAUSE_S)
        evidence = look()
        for invariant in INVARIANTS:
            if found[invariant.number]:
                still = set(invariant.find(evidence))
                found[invariant.number] = [
                    each for each in found[invariant.number] if each in still
                ]
    return [
        _result(invariant, found[invariant.number], evidence, took_s[invariant.number])
        for invariant in INVARIANTS
    ]


def _result(
    invariant: Invariant, violations: Sequence[Violation], evidence: Evidence, took_s: float
) -> CheckResult:
    name = f"{invariant.number}-{invariant.name}"
    if invariant.needs_journal and evidence.journal is None:
        return CheckResult(name, Outcome.NOT_RUN, "needs what clients were told: --journal FILE")
    if not violations:
        unasked = invariant.asks_network and evidence.calls is None
        but = "; the card network's call log was not asked" if unasked else ""
        return CheckResult(name, Outcome.PASSED, invariant.rule + but, duration_s=took_s)
    told = [Violation(each.payment_id, sanitize(each.detail)) for each in violations[:TOLD_MAX]]
    return CheckResult(
        name,
        Outcome.FAILED,
        f"{len(violations)} violation(s) of: {invariant.rule}",
        hint=invariant.hint,
        details=tuple(map(str, told)),
        facts={
            "violations": len(violations),
            "payments": sorted({each.payment_id for each in told if each.payment_id is not None}),
        },
        duration_s=took_s,
    )
