"""Applying a plan: once, as it was, and not when anything has changed."""

import json
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType  # type: ignore[attr-defined]

from tests.integration.replay.conftest import Bench
from tests.support.dead_letters import bury, captured_payments, forget_letters, headers_of
from tests.support.documents import keeps_schema
from tests.support.outbox import event_value
from tests.support.ports import free_ports
from tests.support.programs import fetched
from tests.support.stack import PAYSTACK
from tests.support.terminal import Terminal
from tests.support.topics import read_topics

LEDGER = "paystack.replay.ledger"


def test_a_record_is_sent_as_it_was_before_it_died_and_once(bench: Bench) -> None:
    dead = bury(bench.stack, captured_payments(bench.stack, 5))
    bench.make_plan()
    document = bench.apply().document
    keeps_schema("dlq-apply", document)
    assert (document["chosen"], document["replayed"], document["handled_before"]) == (5, 5, 0)
    replay_ids = {letter["offset"]: letter["replay_id"] for letter in document["letters"]}
    assert len(set(replay_ids.values())) == len(replay_ids)
    sent = {record.header("ce_id"): record for record in bench.sent(dead)}
    assert len(sent) == len(bench.sent(dead)) == 5
    for letter in dead:
        record = sent[str(letter.event_id).encode()]
        assert record.key == str(letter.payment_id).encode()
        assert json.loads(record.value or b"") == event_value("PAYMENT_CAPTURED", letter.payment_id)
        assert record.partition == letter.target_partition
        own = [h for h in headers_of(letter.event_id, 0, 0) if not h[0].startswith("kafka_dlt-")]
        assert list(record.headers[:-2]) == own
        assert [name for name, _ in record.headers[-2:]] == [
            "paystack-replay-id",
            "paystack-replay-count",
        ]
        assert record.header("paystack-replay-count") == b"1"


def test_the_same_plan_again_or_a_new_one_sends_nothing_more(bench: Bench) -> None:
    dead = bury(bench.stack, captured_payments(bench.stack, 3))
    bench.make_plan()
    bench.apply()
    again = bench.apply().document
    assert (again["replayed"], again["handled_before"]) == (0, 3)
    assert [verdict for verdict, _ in bench.verdicts()] == ["skip"] * 3
    assert len(bench.sent(dead)) == 3


def test_kcat_sees_each_committed_record_once(bench: Bench) -> None:
    dead = bury(bench.stack, captured_payments(bench.stack, 4))
    bench.make_plan()
    bench.apply("--rate", "20")
    kcat = fetched("kcat")
    seen = subprocess.run(
        [
            *(*kcat.argv, "-b", bench.stack.bootstrap, "-C", "-t", "payment.captured", "-e", "-q"),
            *("-X", "isolation.level=read_committed", "-f", "%k %h\\n"),
        ],
        env={**os.environ, **kcat.environment},
        capture_output=True,
        check=True,
    ).stdout.decode(errors="replace")
    for letter in dead:
        (line,) = [line for line in seen.splitlines() if line.startswith(f"{letter.payment_id} ")]
        assert f"ce_id={letter.event_id}," in line
        assert "paystack-replay-count=1" in line


def test_a_question_that_nobody_answers_changes_nothing(bench: Bench) -> None:
    dead = bury(bench.stack, captured_payments(bench.stack, 1))
    bench.make_plan()
    asked = bench.stack.paystack("dlq", "apply", str(bench.plan), expect=2)
    assert "1 letter(s) will be replayed" in asked.stderr
    assert f"paystack dlq apply {bench.plan} --yes" in asked.stderr
    assert bench.sent(dead) == []


def test_a_person_is_shown_the_letters_and_asked(bench: Bench) -> None:
    (letter,) = dead = bury(bench.stack, captured_payments(bench.stack, 1))
    bench.make_plan()
    command = [str(PAYSTACK), "dlq", "apply", str(bench.plan)]
    for answer, code, sent in (("n", 130, 0), ("y", 0, 1)):
        terminal = Terminal(command, bench.stack.environment, columns=160)
        try:
            terminal.wait_for("1 letter(s) will be replayed; go on? [y/N]")
            assert any(str(letter.payment_id) in line for line in terminal.shown)
            terminal.type(f"{answer}\n")
            assert terminal.wait_end() == code
        finally:
            terminal.close()
        assert len(bench.sent(dead)) == sent


def test_a_letter_that_was_applied_since_is_refused_and_nothing_goes(bench: Bench) -> None:
    dead = bury(bench.stack, captured_payments(bench.stack, 3))
    bench.make_plan()
    with bench.stack.database() as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO inbox_event (consumer, event_id, received_at) VALUES"
            " ('consumer-worker', %s, UTC_TIMESTAMP(6))",
            (dead[1].event_id,),
        )
    refused = bench.apply(expect=3)
    assert "1 letter(s) have changed since the plan was made" in refused.stderr
    assert "already applied by consumer-worker" in refused.stderr
    assert "paystack dlq replay --plan FILE" in refused.stderr
    assert bench.sent(dead) == []


def test_a_letter_that_is_gone_is_refused(bench: Bench) -> None:
    dead = bury(bench.stack, captured_payments(bench.stack, 2))
    bench.make_plan()
    forget_letters(bench.stack)
    refused = bench.apply(expect=3)
    assert "2 letter(s) have changed" in refused.stderr
    assert "its topic does not keep it any more" in refused.stderr
    assert bench.sent(dead) == []


def test_a_plan_that_was_tampered_with_is_refused(bench: Bench) -> None:
    dead = bury(bench.stack, captured_payments(bench.stack, 1))
    dead += bury(bench.stack, captured_payments(bench.stack, 1), amount="1")
    letters = bench.make_plan(expect=1)["letters"]
    tampered = {
        "replay": {"target_topic": "payment.refunded"},
        "refuse": {"verdict": "replay", "reasons": []},
    }
    bench.change_plan(letters=[letter | tampered[letter["verdict"]] for letter in letters])
    refused = bench.apply(expect=3)
    assert "2 letter(s) have changed since the plan was made" in refused.stderr
    assert "it died in payment.captured, not where the plan sends it" in refused.stderr
    assert "breaks the schema" in refused.stderr
    assert bench.sent(dead) == []


PAST = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
BAD_PLANS: list[tuple[dict[str, object], int, str]] = [
    ({"expires_at": PAST}, 3, "the plan expired at"),
    ({"cluster_id": "another"}, 3, "the plan was made for cluster another; this is"),
    ({"schema": "paystack.dlq-replay/v2"}, 2, "is no replay plan of this release"),
    ({"letters": [{}]}, 2, "is no replay plan of this release"),
    ({"letters": None}, 2, "is no replay plan of this release"),
    ({"expires_at": "soon"}, 2, "is no replay plan of this release"),
]


def test_a_plan_that_cannot_be_applied_changes_nothing(bench: Bench) -> None:
    dead = bury(bench.stack, captured_payments(bench.stack, 1))
    document = bench.make_plan()
    for changed, code, said in BAD_PLANS:
        bench.change_plan(**document | changed)
        refused = bench.apply(expect=code)
        assert said in refused.stderr
        assert "next: " in refused.stderr
        assert refused.stdout == ""
    assert bench.sent(dead) == []


@pytest.mark.parametrize("content", [None, b"", b"[]", b"\xff", b"{" * 100_000])
def test_a_file_that_is_no_plan_is_a_clear_error(bench: Bench, content: bytes | None) -> None:
    if content is not None:
        bench.plan.write_bytes(content)
    refused = bench.apply(expect=2)
    assert "plan" in refused.stderr
    assert "paystack dlq replay --plan FILE" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_an_edited_value_is_sent_and_its_own_never(bench: Bench, tmp_path: Path) -> None:
    (letter,) = dead = bury(bench.stack, captured_payments(bench.stack, 1), amount="1000")
    (before,) = bench.make_plan(expect=1)["letters"]
    value = json.dumps(event_value("PAYMENT_CAPTURED", letter.payment_id)).encode()
    repaired = tmp_path / "repaired.json"

    repaired.write_bytes(value.replace(b'"KRW"', b'"krw"'))
    refused = bench.apply("--edit", f"{letter.place}={repaired}", expect=2)
    assert "data.currency must match pattern" in refused.stderr
    repaired.write_bytes(
        json.dumps(event_value("PAYMENT_CAPTURED", letter.payment_id, amount=7)).encode()
    )
    assert "it says 7 KRW" in bench.apply("--edit", f"{letter.place}={repaired}", expect=2).stderr
    assert json.loads(bench.plan.read_text())["letters"] == [before], "the plan is as it was"

    repaired.write_bytes(value)
    document = bench.apply("--edit", f"{letter.place}={repaired}").document
    assert (document["replayed"], document["edited"]) == (1, 1)
    assert document["letters"][0]["replay_id"] != before["replay_id"]
    bench.apply()
    assert [record.value for record in bench.sent(dead)] == [value]
    (entry,) = bench.stack.paystack("dlq", "history", "--last", "1", "--output", "json").document[
        "entries"
    ]
    assert entry["edited"] is True


def test_a_value_that_the_broker_does_not_take_is_a_clear_error(
    bench: Bench, tmp_path: Path
) -> None:
    letter, _other = dead = bury(bench.stack, captured_payments(bench.stack, 2))
    bench.make_plan()
    large = tmp_path / "large.json"
    value = json.dumps(event_value("PAYMENT_CAPTURED", letter.payment_id))
    large.write_text(value + " " * 1_200_000, "utf-8")
    refused = bench.apply("--edit", f"{letter.place}={large}", expect=3)
    assert "size too large" in refused.stderr
    assert bench.sent(dead) == [], "nor the one beside it"
    large.write_text(value, "utf-8")
    assert bench.apply("--edit", f"{letter.place}={large}").document["replayed"] == 2


def test_an_editor_makes_the_value(bench: Bench, tmp_path: Path) -> None:
    (letter,) = dead = bury(bench.stack, captured_payments(bench.stack, 1), currency="krw")
    bench.make_plan(expect=1)
    assert "was not changed" in bench.apply("--edit", letter.place, expect=2, EDITOR="true").stderr
    done = bench.apply("--edit", letter.place, EDITOR="sed -i s/krw/KRW/")
    assert done.document["edited"] == 1
    (record,) = bench.sent(dead)
    assert json.loads(record.value or b"") == event_value("PAYMENT_CAPTURED", letter.payment_id)


def test_canaries_that_do_not_arrive_stop_the_rest(bench: Bench) -> None:
    dead = bury(bench.stack, captured_payments(bench.stack, 6))  # nobody consumes here
    bench.make_plan()
    stopped = bench.apply("--canary", "2", "--canary-timeout", "1", expect=5)
    assert "2 of 2 canaries have not been applied within 1 s" in stopped.stderr
    assert len(bench.sent(dead)) == 2
    assert bench.apply().document["replayed"] == 4


def test_a_stack_without_a_ledger_gets_one_that_is_compacted(bench: Bench) -> None:
    admin = AdminClient({"bootstrap.servers": bench.stack.bootstrap})
    admin.delete_topics([LEDGER])[LEDGER].result(30)
    bury(bench.stack, captured_payments(bench.stack, 1))
    bench.make_plan()
    assert LEDGER not in admin.list_topics(timeout=10).topics, "a plan changes nothing"
    bench.apply()
    asked = ConfigResource(ResourceType.TOPIC, LEDGER)
    config = admin.describe_configs([asked])[asked].result(30)
    assert config["cleanup.policy"].value == "compact"
    assert len(read_topics(bench.stack.bootstrap, [LEDGER])) == 1


@pytest.mark.parametrize(
    ("variable", "said"),
    [("PAYSTACK_KAFKA_BOOTSTRAP", "Kafka 127.0.0.1"), ("PAYSTACK_DB_PORT", "MariaDB payuser@")],
)
def test_a_server_that_is_down_is_a_clear_error(bench: Bench, variable: str, said: str) -> None:
    dead = bury(bench.stack, captured_payments(bench.stack, 1))
    bench.make_plan()
    (port,) = free_ports(1)
    value = str(port) if variable.endswith("PORT") else f"127.0.0.1:{port}"
    plan = ("dlq", "replay", "payment.dlq", "--plan", str(bench.plan.with_suffix(".new")))
    for refused in (
        bench.apply(expect=3, **{variable: value}),
        bench.stack.paystack(*plan, expect=3, **{variable: value}),
    ):
        assert said in refused.stderr
        assert "next: paystack status" in refused.stderr
    assert not bench.plan.with_suffix(".new").exists()
    assert bench.sent(dead) == []
