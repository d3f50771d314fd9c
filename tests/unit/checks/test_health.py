"""Which services health checks, and what it says of those that do not run."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

import pytest

from paystack_cli.checks.health import PROBES, Choice, check_health, choose
from paystack_cli.checks.model import Check, CheckResult, Outcome
from paystack_cli.checks.outside import Outside
from paystack_cli.checks.probes import Limits
from paystack_cli.checks.probes.kafka import TOPIC as HEALTH_TOPIC
from paystack_cli.checks.progress import Silent
from paystack_cli.checks.retry import Deadline
from paystack_cli.clients.endpoints import Endpoints
from paystack_cli.engines.base import Engine, Health, LogLine, ServiceStatus, State
from paystack_cli.errors import UsageError
from paystack_cli.stack.compose import load_stack
from paystack_cli.stack.model import Stack
from paystack_cli.stack.selection import EVERYTHING, Asked
from paystack_cli.stack.settings import load_settings

PROJECT = Path(__file__).resolve().parents[3]
SECRETS = {"MARIADB_PASSWORD": "p", "MARIADB_ROOT_PASSWORD": "r"}


@pytest.fixture(scope="module")
def stack() -> Stack:
    return load_stack(load_settings(project_dir=PROJECT, environment=SECRETS))


def test_every_service_that_stays_has_a_check_that_exists(stack: Stack) -> None:
    for name in stack.default_services:
        service = stack.services[name]
        assert service.one_shot or service.check in PROBES, name
    assert {service.check for service in stack.services.values()} <= {*PROBES, None}


def test_the_topic_of_the_kafka_probe_is_in_the_catalog(stack: Stack) -> None:
    assert stack.catalog.topics[HEALTH_TOPIC].partitions == 1


def test_each_worker_is_a_consumer_of_the_catalog(stack: Stack) -> None:
    workers = {service.name for service in stack.services.values() if service.check == "worker"}
    assert workers == set(stack.catalog.consumers)


@pytest.mark.parametrize(
    ("names", "exclude", "excluded_at_up", "checked", "excluded"),
    [
        pytest.param(
            ["workers"],
            [],
            (),
            ("settlement-worker", "refund-worker", "consumer-worker"),
            (),
            id="a group",
        ),
        pytest.param(
            ["workers"],
            ["refund-worker,consumer-worker"],
            (),
            ("settlement-worker",),
            ("refund-worker", "consumer-worker"),
            id="a group but some",
        ),
        pytest.param(["infra"], [], (), ("mariadb", "kafka"), (), id="one-shots have none"),
        pytest.param(
            ["mariadb", "gateway"],
            [],
            ("gateway", "kafka"),
            ("mariadb", "gateway"),
            (),
            id="named beats left out at up",
        ),
    ],
)
def test_choice(
    stack: Stack,
    names: list[str],
    exclude: list[str],
    excluded_at_up: tuple[str, ...],
    checked: tuple[str, ...],
    excluded: tuple[str, ...],
) -> None:
    choice = choose(
        stack, Asked(names=tuple(names), exclude=tuple(exclude)), excluded_at_up=excluded_at_up
    )
    assert choice == Choice(checked, excluded)


def test_without_names_all_are_chosen_and_what_up_left_out_is_excluded(stack: Stack) -> None:
    choice = choose(stack, Asked(exclude=("kafka",)), excluded_at_up={"gateway"})
    assert set(choice.excluded) == {"kafka", "gateway"}
    assert set(choice.checked) | set(choice.excluded) == {
        name for name in stack.default_services if stack.services[name].check
    }


MORE = {"ours": [Check("merchants", None, ""), Check("fees", None, "")]}  # type: ignore[arg-type]
"""Checks of one plug-in, none of which is made here."""


@pytest.mark.parametrize(
    ("asked", "checked", "excluded"),
    [
        (Asked(names=("merchants",)), ("merchants",), ()),
        (Asked(only=("ours,kafka",)), ("kafka", "merchants", "fees"), ()),
        (Asked(names=("kafka", "ours"), exclude=("fees",)), ("kafka", "merchants"), ("fees",)),
        (Asked(names=("infra",)), ("mariadb", "kafka"), ()),
    ],
)
def test_checks_of_no_service_are_named_and_left_out_like_services(
    stack: Stack, asked: Asked, checked: tuple[str, ...], excluded: tuple[str, ...]
) -> None:
    assert choose(stack, asked, excluded_at_up=(), more=MORE) == Choice(checked, excluded)


def test_without_names_checks_of_no_service_come_last(stack: Stack) -> None:
    choice = choose(stack, Asked(exclude=("ours",)), excluded_at_up=(), more=MORE)
    assert choice.excluded == ("merchants", "fees")
    assert choose(stack, EVERYTHING, excluded_at_up=(), more=MORE).checked[-2:] == choice.excluded


def test_a_mistyped_check_gets_the_nearest(stack: Stack) -> None:
    with pytest.raises(UsageError) as refused:
        choose(stack, Asked(names=("merchnats",)), excluded_at_up=(), more=MORE)
    assert "merchants" in refused.value.hint


def test_a_service_with_a_profile_is_checked_only_when_named(stack: Stack) -> None:
    everything = choose(stack, EVERYTHING, excluded_at_up=())
    assert "jenkins" not in (*everything.checked, *everything.excluded)
    named = choose(stack, Asked(names=("jenkins",)), excluded_at_up=())
    assert named.checked == ("jenkins",)


@pytest.mark.parametrize(
    ("names", "said"), [(["marriadb"], "'marriadb'"), (["db-migrate"], "no health check")]
)
def test_names_that_mean_nothing_are_refused(stack: Stack, names: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        choose(stack, Asked(names=tuple(names)), excluded_at_up=())


class OneProcess:
    """The part of an engine that health asks: one service and what it wrote."""

    def __init__(self, state: State, problem: str | None = None) -> None:
        self._state = state
        self._problem = problem

    def problem(self) -> str | None:
        return self._problem

    def ps(self) -> list[ServiceStatus]:
        return [
            ServiceStatus(
                name="mariadb",
                group="infra",
                state=self._state,
                health=Health.NONE,
                health_detail="",
                excluded=False,
                pid=None,
                ended="terminated by SIGKILL",
                uptime_s=None,
                restarts=3,
                ports=(),
                memory_bytes=None,
            )
        ]

    def logs(
        self, services: Sequence[str], *, follow: bool = False, tail: int | None = None
    ) -> Iterator[LogLine]:
        assert not follow
        return iter([LogLine(services[0], f"the last {tail} lines \x1b[2J")])


def health_of(stack: Stack, one_process: OneProcess) -> list[CheckResult]:
    engine = cast(Engine, one_process)
    return check_health(
        stack,
        Outside(Endpoints(stack, engine, {})),
        engine,
        Choice(checked=("mariadb",), excluded=("gateway",)),
        limits=Limits(lag_records=0, outbox_age_s=0, parked_rows=0),
        deadline=Deadline.after(60),
        progress=Silent(),
    )


@pytest.mark.parametrize(
    ("state", "said", "command"),
    [
        (State.NOT_STARTED, "mariadb was never started", "paystack up mariadb"),
        (State.STOPPED, "mariadb is stopped", "paystack up mariadb"),
        (State.FAILED, "mariadb has failed", "paystack logs mariadb --tail 50"),
    ],
)
def test_what_does_not_run_is_said_at_once(
    stack: Stack, state: State, said: str, command: str
) -> None:
    results = health_of(stack, OneProcess(state))
    assert [(result.name, result.outcome) for result in results] == [
        ("mariadb", Outcome.FAILED),
        ("gateway", Outcome.EXCLUDED),
    ]
    assert results[0].summary.startswith(said)
    assert results[0].hint == command
    expected = (
        ()
        if state is State.NOT_STARTED
        else (
            f"process: {state}, restarts: 3, last ended: terminated by SIGKILL",
            "log: the last 5 lines \\x1b[2J",
        )
    )
    assert results[0].details == expected


@pytest.mark.parametrize("state", [State.NOT_STARTED, State.STOPPED, State.FAILED])
def test_an_engine_that_was_killed_is_told_instead_of_a_service_that_never_started(
    stack: Stack, state: State
) -> None:
    result = health_of(stack, OneProcess(state, "the supervisor was killed"))[0]
    assert result.summary == "mariadb does not run; the supervisor was killed"
    assert result.hint
