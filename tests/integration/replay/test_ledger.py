"""Discards, history, and two operators at once."""

import signal

from tests.integration.replay.conftest import Bench
from tests.support.dead_letters import bury, captured_payments
from tests.support.documents import keeps_schema
from tests.support.topics import read_topics

SLOW = ("--rate", "20")
"""A transaction of two letters each tenth of a second."""


def test_a_discarded_letter_is_never_replayed_and_never_deleted(bench: Bench) -> None:
    first, second = bury(bench.stack, captured_payments(bench.stack, 2))
    bench.make_plan()
    discard = ("dlq", "discard", "payment.dlq", first.place, "--reason", "a test \x1b[2Jrecord")
    assert "--yes" in bench.stack.paystack(*discard, expect=2).stderr
    document = bench.stack.paystack(*discard, "--yes", "--output", "json").document
    keeps_schema("dlq-discard", document)
    assert len(document["discarded"]) == 1
    again = bench.stack.paystack(*discard, "--yes", "--output", "json").document
    assert (len(again["discarded"]), len(again["standing"])) == (0, 1)

    assert bench.apply().document["handled_before"] == 1, "the older plan leaves it out"
    assert [record.header("ce_id") for record in bench.sent([first, second])] == [
        str(second.event_id).encode()
    ]
    verdicts = bench.verdicts()
    assert [verdict for verdict, _ in verdicts] == ["skip", "skip"]
    assert any(reason[0].startswith("discarded by ") for _, reason in verdicts)
    kept = read_topics(bench.stack.bootstrap, ["payment.dlq"])
    assert (first.partition, first.offset) in {(r.partition, r.offset) for r in kept}


def test_letters_that_were_dealt_with_are_marked_and_break_no_limit(bench: Bench) -> None:
    payments = captured_payments(bench.stack, 3)
    replayed, discarded, waiting = bury(bench.stack, payments)
    (twin,) = bury(bench.stack, payments[:1])
    reason = ("--reason", "a test", "--yes")
    bench.stack.paystack("dlq", "discard", "payment.dlq", discarded.place, *reason)
    bench.make_plan("--where", f"key={replayed.payment_id}")
    bench.apply()
    states = {
        replayed.place: "replayed",
        twin.place: "replayed",
        discarded.place: "discarded",
        waiting.place: "waiting",
    }

    listed = bench.stack.paystack("dlq", "list", "payment.dlq", "--output", "json").document
    found = {f"{one['partition']}:{one['offset']}": one for one in listed["letters"]}
    assert {place: found[place]["state"] for place in states} == states
    shown = bench.stack.paystack("dlq", "show", "payment.dlq", replayed.place).stdout
    assert found[replayed.place]["replay_id"] in shown

    inspect = ("dlq", "inspect", "payment.dlq", "--last", "0", "--output", "json")
    (topic,) = bench.stack.paystack(*inspect, "--max-dead", "1").document["topics"]
    assert [topic[count] for count in ("count", *sorted(set(states.values())))] == [4, 1, 2, 1]
    assert bench.stack.paystack(*inspect, "--max-dead", "0", expect=6).document["ok"] is False


def test_a_letter_that_is_not_there_cannot_be_discarded(bench: Bench) -> None:
    for place, said in (
        ("0:999999", "no letter at payment.dlq 0@999999"),
        ("x", "names no letter"),
    ):
        refused = bench.stack.paystack(
            "dlq", "discard", "payment.dlq", place, "--reason", "-", "--yes", expect=2
        )
        assert said in refused.stderr
    missing = bench.stack.paystack(
        "dlq", "discard", "no.such.dlq", "0:0", "--reason", "-", "--yes", expect=3
    )
    assert "no topic no.such.dlq" in missing.stderr


def test_history_says_who_when_what_and_whether_it_arrived(bench: Bench) -> None:
    first, second, third = dead = bury(bench.stack, captured_payments(bench.stack, 3))
    discard = ("dlq", "discard", "payment.dlq", first.place, "--reason", "not ours", "--yes")
    bench.stack.paystack(*discard)
    plan = bench.make_plan()
    bench.apply()
    with bench.stack.database() as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO inbox_event (consumer, event_id, received_at) VALUES"
            " ('consumer-worker', %s, UTC_TIMESTAMP(6))",
            (second.event_id,),
        )
    answer = bench.stack.paystack(
        "dlq", "history", "payment.dlq", "--last", "3", "--output", "json"
    )
    keeps_schema("dlq-history", answer.document)
    entries = {entry["event_id"]: entry for entry in answer.document["entries"]}
    assert set(entries) == {letter.event_id for letter in dead}
    outcomes = [(entries[d.event_id]["outcome"], entries[d.event_id]["applied"]) for d in dead]
    assert outcomes == [("discarded", None), ("replayed", True), ("replayed", False)]
    assert entries[first.event_id]["reason"] == "not ours"
    assert entries[third.event_id]["plan_id"] == plan["plan_id"]
    assert all(entry["by"] == plan["made_by"] for entry in entries.values())
    table = bench.stack.paystack("dlq", "history", "--last", "3").stdout
    assert "replayed, not applied" in table
    assert "not ours" in table


def test_of_two_operators_one_is_shut_out_and_nothing_goes_twice(bench: Bench) -> None:
    dead = bury(bench.stack, captured_payments(bench.stack, 60))
    bench.make_plan()
    with bench.stack.start("dlq", "apply", str(bench.plan), "--yes", *SLOW) as first:
        assert first.stderr is not None
        while not first.stderr.readline().startswith("replayed 4 "):
            assert first.poll() is None
        second = bench.apply()
        _out, said = first.communicate(timeout=30)
    assert first.returncode == 1, said
    assert "another operator has taken over payment.dlq" in said
    assert "next: see who did what: paystack dlq history" in said
    assert second.document["handled_before"] >= 4
    assert second.document["handled_before"] + second.document["replayed"] == 60
    events = [record.header("ce_id") for record in bench.sent(dead)]
    assert len(events) == len(set(events)) == 60


def test_a_run_that_is_interrupted_leaves_nothing_open_and_the_next_goes_on(bench: Bench) -> None:
    dead = bury(bench.stack, captured_payments(bench.stack, 40))
    bench.make_plan()
    with bench.stack.start("dlq", "apply", str(bench.plan), "--yes", *SLOW) as first:
        assert first.stderr is not None
        while not first.stderr.readline().startswith("replayed"):
            assert first.poll() is None
        first.send_signal(signal.SIGINT)
        first.communicate(timeout=30)
    assert first.returncode == 130
    sent = len(bench.sent(dead))
    assert 2 <= sent < 40
    assert bench.apply().document["handled_before"] == sent
    assert len(bench.sent(dead)) == 40
