"""Which dead-letter topics are read, and the limits that a gate sets on what they hold."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from paystack_cli.errors import PreflightError, UsageError
from paystack_cli.events.fate import State
from paystack_cli.events.inspection import Inspection
from paystack_cli.stack.catalog import Catalog

BASELINE_SCHEMA = "paystack.dlq-baseline/v1"


def choose_topics(catalog: Catalog, names: Sequence[str]) -> tuple[str, ...]:
    """The named dead-letter topics, all when none is. Raises UsageError for any other name."""
    known = catalog.dead_letter_topics
    for name in names:
        if name not in known:
            raise UsageError(
                f"{name!r} is no dead-letter topic of the catalog",
                hint=f"one of: {', '.join(known)}",
            )
    return any_topics(catalog, names)


def any_topics(catalog: Catalog, names: Sequence[str]) -> tuple[str, ...]:
    """The named topics, whatever they are; the catalog's dead-letter topics when none is."""
    return tuple(dict.fromkeys(names)) or catalog.dead_letter_topics


def breaches(
    inspection: Inspection,
    *,
    max_dead: int | None = None,
    max_age_s: float | None = None,
    baseline: frozenset[str] | None = None,
) -> Iterator[str]:
    """What is beyond the limits that were given, one sentence each.

    Only letters that wait count: nothing is to be done about others. `max_dead` is for each topic;
    `baseline` are the fingerprints that are known.
    """
    for topic in inspection.topics:
        total = inspection.total(topic, State.WAITING)
        if max_dead is not None and total.count > max_dead:
            yield f"{total.count} dead letter(s) wait in {topic}, more than {max_dead}"
        age_s = (inspection.now_ms - total.first_ms) / 1000 if total.last_ms else 0.0
        if max_age_s is not None and age_s > max_age_s:
            yield f"the oldest waiting in {topic} is {age_s:.0f} s old, more than {max_age_s:g} s"
    if baseline is None:
        return
    for cause, tally in inspection.tallies:
        if cause.state is State.WAITING and cause.fingerprint.id not in baseline:
            new = cause.fingerprint
            told = new.message or new.exception or "without a reason"
            yield f"{cause.topic}: new cause {new.id}, {tally.count} letter(s): {told}"


def read_baseline(path: Path) -> frozenset[str]:
    """The fingerprints in a file of `write_baseline`. Raises PreflightError."""
    try:
        document = json.loads(path.read_text("utf-8"))
        causes = {BASELINE_SCHEMA: document["causes"]}[document["schema"]]
        return frozenset(cause["fingerprint"] for cause in causes)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PreflightError(
            f"{path} is no baseline: {error}",
            hint=f"make one of what is there now: paystack dlq inspect --write-baseline {path}",
        ) from error


def write_baseline(path: Path, inspection: Inspection) -> None:
    """All causes of now as known ones, sorted so that changes read well. Raises PreflightError."""
    causes = {
        cause.fingerprint.id: {
            "fingerprint": cause.fingerprint.id,
            "exception": cause.fingerprint.exception,
            "event_type": cause.fingerprint.event_type,
            "message": cause.fingerprint.message,
        }
        for cause, _ in inspection.tallies
    }
    document = {"schema": BASELINE_SCHEMA, "causes": [causes[id_] for id_ in sorted(causes)]}
    try:
        path.write_text(json.dumps(document, indent=2) + "\n", "utf-8")
    except OSError as error:
        raise PreflightError(
            f"cannot write the baseline {path}: {error.strerror}", hint="choose a writable place"
        ) from error
