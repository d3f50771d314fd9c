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
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.chaos.evidence import Evidence, collect
from tests.chaos.faults import KILLED, Kill, kill_and_watch, wait_drained
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
    unwell: str | None
    """What was not healthy again in time."""
    drained_after_s: float
    acknowledged: int
    unsettled: tuple[Unsettled, ...]
    violations: tuple[Violation, ...]
    timeline: tuple[str, ...]
    """Of the first payment that a violation names."""
    ledger: tuple[dict[str, Any], ...]

    @property
    def passed(self) -> bool:
        return not (self.unwell or self.violations or self.unsettled)

    def count(self, harm: Harm) -> int:
        """Violations of this kind."""
        return sum(violation.harm is harm for violation in self.violations)


def run_campaign(
    stack: StackUnderTest,
    folder: Path,
    *,
    seed: int,
    services: Sequence[str] = KILLED,
    rounds: int = 1,
    rate_per_s: float = RATE_PER_S,
) -> Iterator[Episode]:
    """One episode after the other on a running stack; the journal stays in `folder`.

    Each round kills all `services` in an order of its own. The campaign ends early when the stack
    does not become healthy again.
    """
    random_source = random.Random(seed)
    with closing(Journal(folder / f"journal-{seed}.jsonl")) as journal:
        campaign = _Campaign(stack, journal, f"{seed}", rate_per_s, random_source)
        for number in range(1, rounds + 1):
            for service in random_source.sample(services, len(services)):
                episode = campaign.episode(number, service)
                yield episode
                if episode.unwell is not None:
                    return


class _Campaign:
    """What lasts from one episode to the next: what was acknowledged and what was found before."""

    def __init__(
        self,
        stack: StackUnderTest,
        journal: Journal,
        name: str,
        rate_per_s: float,
        random_source: random.Random,
    ) -> None:
        self._stack = stack
        self._journal = journal
        self._name = name
        self._rate_per_s = rate_per_s
        self._random = random_source
        self._acknowledged = 0
        self._found = set(violations(collect(stack, journal.path)))

    def episode(self, number: int, service: str) -> Episode:
        """Load, one kill, recovery, drain, invariants."""
        kill, unsettled = self._kill_under_load(number, service)
        drained_s = wait_drained(self._stack)
        evidence = collect(self._stack, self._journal.path)
        new = [violation for violation in violations(evidence) if violation not in self._found]
        self._found.update(new)
        before, self._acknowledged = self._acknowledged, len(evidence.journal.acknowledged)
        return Episode(
            round=number,
            service=service,
            healthy_after_s=kill.healthy_after_s,
            unwell=kill.unwell,
            drained_after_s=drained_s,
            acknowledged=self._acknowledged - before,
            unsettled=tuple(unsettled),
            violations=tuple(new),
            timeline=_first_timeline(evidence, new),
            ledger=ledger_totals(evidence),
        )

    def _kill_under_load(self, number: int, service: str) -> tuple[Kill, list[Unsettled]]:
        load = Load(
            self._stack.gateway,
            self._journal,
            name=f"{self._name}-{number}-{service}",
            rate_per_s=self._rate_per_s,
            random_source=random.Random(self._random.random()),
        )
        load.start()
        try:
            kill = kill_and_watch(self._stack, service, self._random)
        finally:
            unsettled = load.finish()
        return kill, unsettled


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
        f"round {episode.round:2} {episode.service:22}"
        f" healthy after {episode.healthy_after_s:5.1f} s,"
        f" drained {episode.drained_after_s:4.1f} s later; acknowledged {episode.acknowledged:5},"
        f" lost {episode.count(Harm.LOST)}, duplicated {episode.count(Harm.DUPLICATED)},"
        f" wrong {episode.count(Harm.WRONG)}, unsettled {len(episode.unsettled)}"
    )
    return "\n".join(
        [
            head,
            *([f"    unwell: {episode.unwell}"] if episode.unwell else []),
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
