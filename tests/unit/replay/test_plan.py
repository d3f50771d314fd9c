"""Plans as files, and what may have changed since."""

import json
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from paystack_cli.errors import PreflightError, UsageError
from paystack_cli.replay.drift import drift_of
from paystack_cli.replay.judgement import Judgement, Verdict
from paystack_cli.replay.letters import Letter
from paystack_cli.replay.plan import Plan, read_plan, write_plan
from paystack_cli.replay.survey import Surveyed
from tests.support.documents import keeps_schema
from tests.unit.replay.test_contract import letter


def surveyed(found: Letter, verdict: Verdict = Verdict.REPLAY, replays: int = 0) -> Surveyed:
    reasons = () if verdict is Verdict.REPLAY else ("because",)
    return Surveyed(found, Judgement(verdict, reasons), replays, "CAPTURED", applied=False)


def plan_of(*found: Surveyed) -> Plan:
    return Plan.make(found, cluster_id="cluster-1", made_by="ann@ops", expiry_h=24)


def test_a_plan_comes_back_from_its_file_as_it_was(tmp_path: Path) -> None:
    first = letter()
    second = replace(first, place=first.place._replace(offset=5))
    made = plan_of(surveyed(second, Verdict.REFUSE), surveyed(first, Verdict.WARN, replays=1))
    edited = made.letters[0].edited(b'{"a": 1}\xff', surveyed(first))
    made = made.with_letters({edited.place: edited})
    path = tmp_path / "plan.json"
    write_plan(made, path)
    document = json.loads(path.read_text("utf-8"))
    keeps_schema("dlq-replay", document)
    back = read_plan(path)
    assert back.letters == made.letters
    assert back.document() == document
    assert [one.place.offset for one in back.letters] == [0, 5], "in the order of their places"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_plan_that_others_could_read_is_replaced_by_one_that_they_cannot(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text("old", "utf-8")
    path.chmod(0o644)
    write_plan(plan_of(), path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_plan_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the plan cannot be written"):
        write_plan(plan_of(), tmp_path / "no" / "such" / "folder")


def test_too_many_letters_for_one_plan_are_refused() -> None:
    def endless() -> Iterator[Surveyed]:
        while True:
            yield surveyed(letter())

    with pytest.raises(UsageError, match="more than 10000 letters"):
        plan_of(*()).make(endless(), cluster_id="c", made_by="a", expiry_h=1)


def test_what_is_chosen_leaves_out_warnings_unless_they_are_accepted() -> None:
    found = [
        surveyed(replace(letter(), place=letter().place._replace(offset=number)), verdict)
        for number, verdict in enumerate(Verdict)
    ]
    plan = plan_of(*found)
    assert [one.verdict for one in plan.chosen(warned=False).values()] == ["replay"]
    assert [one.verdict for one in plan.chosen(warned=True).values()] == ["replay", "warn"]


def test_a_plan_is_good_on_its_cluster_until_it_expires() -> None:
    plan = plan_of()
    plan.require_valid("cluster-1")
    with pytest.raises(PreflightError, match="made for cluster cluster-1; this is cluster-2"):
        plan.require_valid("cluster-2")
    past = replace(plan, expires_at=datetime.now(UTC) - timedelta(seconds=1))
    with pytest.raises(PreflightError, match="the plan expired at"):
        past.require_valid("cluster-1")


@pytest.mark.parametrize(
    ("planned", "now", "drifts"),
    [
        (Verdict.REPLAY, Verdict.REPLAY, False),
        (Verdict.REPLAY, Verdict.WARN, True),
        (Verdict.REPLAY, Verdict.SKIP, True),
        (Verdict.REPLAY, Verdict.REFUSE, True),
        (Verdict.WARN, Verdict.WARN, False),
        (Verdict.WARN, Verdict.REPLAY, False),
        (Verdict.WARN, Verdict.SKIP, True),
        (Verdict.WARN, Verdict.REFUSE, True),
    ],
)
def test_a_verdict_may_become_milder_but_not_stricter(
    planned: Verdict, now: Verdict, drifts: bool
) -> None:
    (one,) = plan_of(surveyed(letter(), planned)).letters
    drift = drift_of(one, letter(), surveyed(letter(), now))
    assert (drift is not None) == drifts
    assert drift is None or drift.what == "because"


@pytest.mark.parametrize(
    ("found", "what"),
    [
        (surveyed(replace(letter(), value=b"{}")), "another record lies there"),
        (
            surveyed(letter(), replays=1),
            "it has been replayed 1 time(s)",
        ),
    ],
)
def test_what_lies_there_now_must_be_what_was_planned(found: Surveyed, what: str) -> None:
    (one,) = plan_of(surveyed(letter())).letters
    drift = drift_of(one, found.letter, found)
    assert drift is not None
    assert drift.what == what


@pytest.mark.parametrize("target", [{"target_topic": "payment.refunded"}, {"target_partition": 5}])
def test_a_target_that_somebody_wrote_into_the_plan_is_a_drift(target: dict[str, object]) -> None:
    (one,) = plan_of(surveyed(letter())).letters
    drift = drift_of(replace(one, **target), letter(), surveyed(letter()))  # type: ignore[arg-type]
    assert drift is not None
    assert drift.what == "it died in payment.captured, not where the plan sends it"
