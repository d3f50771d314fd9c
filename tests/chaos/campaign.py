"""The kill campaign: load, one SIGKILL, recovery, drain, invariants; for each process, many rounds.

tests/chaos/kills                            every process once
tests/chaos/kills --rounds 10                ten times each
tests/chaos/kills --seed 7 --only mariadb    one process, a schedule seen before
"""

import argparse
import dataclasses
import json
import random
import secrets
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.chaos.evidence import Evidence, collect
from tests.chaos.faults import KILLED, kill_and_watch, wait_drained
from tests.chaos.invariants import Harm, Violation, violations
from tests.chaos.journal import Journal
from tests.chaos.load import Load, Unsettled
from tests.chaos.timeline import timeline
from tests.support.stack import StackUnderTest, own_stack

RATE_PER_S = 60.0
"""Authorizes a second; with repeats and refunds about half as many requests again."""
BREAKER_OPEN_MS = 2_000
"""Shorter than the stack's own 30 s, which would be most of a campaign."""


@dataclass(frozen=True, slots=True)
class Episode:
    """What one kill did: seconds to healthy and to drained, and what the stack holds since."""

    round: int
    service: str
    healthy_after_s: float
    drained_after_s: float
    acknowledged: int
    unsettled: tuple[Unsettled, ...]
    violations: tuple[Violation, ...]
    timeline: tuple[str, ...]
    """Of the first payment that a violation names."""
    ledger: tuple[dict[str, Any], ...]

    @property
    def passed(self) -> bool:
        return not self.violations and not self.unsettled

    def count(self, harm: Harm) -> int:
        """Payments that suffered this harm."""
        return len({(v.payment_id, v.detail) for v in self.violations if v.harm is harm})


def run_campaign(
    stack: StackUnderTest,
    folder: Path,
    *,
    seed: int,
    services: Sequence[str] = KILLED,
    rounds: int = 1,
    rate_per_s: float = RATE_PER_S,
) -> Iterator[Episode]:
    """One episode after the other on a running stack; journals stay in `folder`.

    Each round kills all `services` in an order of its own.
    """
    random_source = random.Random(seed)
    journal = Journal(folder / f"journal-{seed}.jsonl")
    acknowledged = 0
    reported = set(violations(collect(stack, journal.path)))
    for number in range(1, rounds + 1):
        for service in random_source.sample(services, len(services)):
            load = Load(
                stack.gateway,
                journal,
                name=f"{seed}-{number}-{service}",
                rate_per_s=rate_per_s,
                random_source=random.Random(random_source.random()),
            )
            load.start()
            try:
                kill = kill_and_watch(stack, service, random_source)
            finally:
                unsettled = load.finish()
            drained_s = wait_drained(stack)
            evidence = collect(stack, journal.path)
            new = [found for found in violations(evidence) if found not in reported]
            reported.update(new)
            yield Episode(
                round=number,
                service=service,
                healthy_after_s=kill.healthy_after_s,
                drained_after_s=drained_s,
                acknowledged=len(evidence.journal.acknowledged) - acknowledged,
                unsettled=tuple(unsettled),
                violations=tuple(new),
                timeline=_first_timeline(evidence, new),
                ledger=ledger_totals(evidence),
            )
            acknowledged = len(evidence.journal.acknowledged)
    journal.close()


def _first_timeline(evidence: Evidence, found: Sequence[Violation]) -> tuple[str, ...]:
    named = (violation.payment_id for violation in found if violation.payment_id is not None)
    first = next(named, None)
    return () if first is None else tuple(timeline(evidence, first))


LEDGER_TOTALS = """
SELECT entry_type, currency, COUNT(*) AS entries, CAST(SUM(amount) AS SIGNED) AS amount
FROM ledger_entry GROUP BY entry_type, currency ORDER BY entry_type, currency
"""


def ledger_totals(evidence: Evidence) -> tuple[dict[str, Any], ...]:
    """Entries and minor units by entry type and currency."""
    return tuple(dict(row) for row in evidence.rows(LEDGER_TOTALS))


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the campaign on a stack of its own; 0 when no payment suffered."""
    options = _parse(arguments)
    print(f"seed {options.seed}", file=sys.stderr, flush=True)
    folder = Path(tempfile.mkdtemp(prefix=f"kills-{options.seed}-"))
    episodes = []
    with own_stack(
        f"kills-{options.seed}", folder / "state", PAYSTACK_BREAKER_OPEN_MS=str(BREAKER_OPEN_MS)
    ) as stack:
        for episode in run_campaign(
            stack,
            folder,
            seed=options.seed,
            services=options.only or KILLED,
            rounds=options.rounds,
            rate_per_s=options.rate,
        ):
            episodes.append(episode)
            print(line(episode), file=sys.stderr, flush=True)
    passed = all(episode.passed for episode in episodes)
    if passed:
        shutil.rmtree(folder)
    else:
        print(f"journal and logs: {folder}", file=sys.stderr)
    if options.output == "json":
        print(json.dumps(report(options.seed, episodes), indent=2))
    else:
        print(table(episodes))
        print(f"kills: {'PASSED' if passed else 'FAILED'}, seed {options.seed}")
    return 0 if passed else 1


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tests/chaos/kills", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--only", action="append", choices=KILLED, metavar="SERVICE")
    parser.add_argument("--rate", type=float, default=RATE_PER_S, help="authorizes a second")
    parser.add_argument("--output", choices=("table", "json"), default="table")
    return parser.parse_args(arguments)


def line(episode: Episode) -> str:
    """One episode as a line, with everything that went wrong below it."""
    head = (
        f"round {episode.round:2} {episode.service:18}"
        f" healthy after {episode.healthy_after_s:5.1f} s,"
        f" drained {episode.drained_after_s:4.1f} s later; acknowledged {episode.acknowledged:5},"
        f" lost {episode.count(Harm.LOST)}, duplicated {episode.count(Harm.DUPLICATED)},"
        f" wrong {episode.count(Harm.WRONG)}, unsettled {len(episode.unsettled)}"
    )
    return "\n".join(
        [
            head,
            *(f"    {violation}" for violation in episode.violations),
            *(f"        {trace}" for trace in episode.timeline),
            *(f"    unsettled: {request.asked} {request.last}" for request in episode.unsettled),
        ]
    )


def table(episodes: Sequence[Episode]) -> str:
    """Per service: kills, longest way back, sums; then the ledger's totals."""
    kills = Counter(episode.service for episode in episodes)
    rows = [f"{'service':18} kills healthy_s_max drained_s_max acknowledged"]
    for service, count in kills.items():
        own = [episode for episode in episodes if episode.service == service]
        rows.append(
            f"{service:18} {count:5} {max(e.healthy_after_s for e in own):13.1f}"
            f" {max(e.drained_after_s for e in own):13.1f} {sum(e.acknowledged for e in own):12}"
        )
    for total in episodes[-1].ledger if episodes else ():
        rows.append("ledger {entry_type} {currency}: {entries} entries, {amount}".format(**total))
    return "\n".join(rows)


def report(seed: int, episodes: Sequence[Episode]) -> dict[str, Any]:
    """The JSON document of the campaign."""
    return {
        "schema": "paystack.kills/v1",
        "seed": seed,
        "passed": all(episode.passed for episode in episodes),
        "episodes": [
            {
                **dataclasses.asdict(episode),
                "lost": episode.count(Harm.LOST),
                "duplicated": episode.count(Harm.DUPLICATED),
            }
            for episode in episodes
        ],
    }


if __name__ == "__main__":
    sys.exit(main())
