"""One cause out of many symptoms."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paystack_cli.engines.base import Health, State
from paystack_cli.engines.failure import Evidence, Failed, FailureReport, Trouble
from paystack_cli.engines.log_excerpt import excerpt
from paystack_cli.engines.root_cause import explain, late, words_for
from paystack_cli.stack.model import Stack
from tests.support.compose_project import make_project, stack_of

COMPOSE = """
services:
  store: {command: [x], restart: always}
  broker: {command: [x], restart: always, ports: ["127.0.0.1:19092:9092"]}
  init: {command: [x], depends_on: [store]}
  app:
    command: [x]
    restart: always
    healthcheck: {test: [CMD, y], start_period: 60s}
    depends_on:
      init: {condition: service_completed_successfully}
      broker: {condition: service_started}
  door: {command: [x], restart: always, depends_on: [app]}
"""
WELL = {
    "store": Evidence("store", State.RUNNING),
    "broker": Evidence("broker", State.RUNNING),
    "init": Evidence("init", State.COMPLETED),
    "app": Evidence("app", State.RUNNING),
    "door": Evidence("door", State.RUNNING),
}
ENDED = Failed("app", Trouble.ENDED, "ended at start, exit status 1")
UNREACHABLE = excerpt(["error: Connection refused"])


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """door -> app -> init -> store, and app -> broker."""
    return stack_of(make_project(tmp_path_factory.mktemp("causes"), COMPOSE))


def why(stack: Stack, *known: Evidence, failed: Failed = ENDED) -> FailureReport:
    look = {**WELL, **{evidence.service: evidence for evidence in known}}
    return explain(stack, failed, look.__getitem__, selected=stack.services)


def test_the_deepest_need_that_is_not_well_is_the_cause(stack: Stack) -> None:
    store = Evidence("store", State.STOPPED, log=excerpt(["all was well"]))
    report = why(stack, store, Evidence("init", State.FAILED, log=UNREACHABLE))
    assert report.path == ("app", "init", "store")
    assert report.headline == (
        "app ended at start, exit status 1: store, which it needs, is stopped"
    )
    assert report.cause.next_command == "paystack up store"
    assert report.evidence[1].log.lines == ()


def test_a_need_that_failed_says_why(stack: Stack) -> None:
    full = excerpt(["[ERROR] InnoDB: No space left on device", "[ERROR] Aborting"])
    report = why(stack, Evidence("store", State.RESTARTING, log=full))
    assert report.cause.what == "keeps crashing: its disk or volume is full"
    assert report.cause.next_command.endswith("paystack up store")
    assert report.evidence[1].log == full


def test_an_unhealthy_need_is_told_by_its_probe(stack: Stack) -> None:
    unhealthy = replace(WELL["broker"], health=Health.UNHEALTHY, probe_output="no leader")
    report = why(stack, unhealthy)
    assert (report.cause.service, report.cause.what) == ("broker", "is not healthy: no leader")


def test_what_speaks_of_itself_is_its_own_cause_whatever_its_needs_do(stack: Stack) -> None:
    own = Evidence("app", State.FAILED, log=excerpt(["error: RATE is negative"]))
    report = why(stack, own, Evidence("store", State.STOPPED))
    assert (report.path, report.cause.what) == (("app",), "error: RATE is negative")


def test_a_probe_that_reaches_nobody_says_nothing_of_the_needs(stack: Stack) -> None:
    own = Evidence(
        "app",
        State.STARTING,
        probe_output="GET http://127.0.0.1:8081/: Connection refused",
        log=excerpt(["error: RATE is negative"]),
    )
    report = why(stack, own, Evidence("broker", State.NOT_STARTED))
    assert (report.path, report.cause.what) == (("app",), "error: RATE is negative")


def test_what_cannot_reach_a_need_leads_to_the_need(stack: Stack) -> None:
    app = Evidence("app", State.RUNNING, log=UNREACHABLE)
    report = why(stack, app, Evidence("broker", State.STOPPED))
    assert report.path == ("app", "broker")


@pytest.mark.parametrize("words", ["broker:9092", "127.0.0.1:19092", "10.0.0.2:9092"])
def test_of_two_needs_that_are_not_well_it_is_the_one_it_speaks_of(
    stack: Stack, words: str
) -> None:
    app = Evidence("app", State.RUNNING, log=excerpt([f"{words} failed: Connection refused"]))
    report = why(stack, app, Evidence("store", State.FAILED), Evidence("broker", State.STOPPED))
    assert report.path == ("app", "broker")


def test_what_cannot_reach_a_need_that_is_well_says_so(stack: Stack) -> None:
    report = why(stack, Evidence("app", State.RUNNING, log=UNREACHABLE))
    assert report.cause.what == "it does not reach what it needs"


def test_whom_it_held_up(stack: Stack) -> None:
    assert why(stack, failed=Failed("init", Trouble.ONE_SHOT_FAILED, "failed")).held_up == (
        "app",
        "door",
    )


@pytest.mark.parametrize(
    ("trouble", "following"),
    [
        (Trouble.CRASH_LOOP, "paystack logs app --tail 50"),
        (Trouble.ONE_SHOT_FAILED, "paystack logs app --tail 50"),
        (Trouble.UNHEALTHY, "paystack logs app --tail 50"),
        (Trouble.SLOW_START, "more time: paystack up app --timeout SECONDS"),
        (Trouble.WAITING, "more time: paystack up app --timeout SECONDS"),
        (Trouble.STOPPED, "paystack up app"),
    ],
)
def test_each_trouble_has_a_next_command(stack: Stack, trouble: Trouble, following: str) -> None:
    assert why(stack, failed=Failed("app", trouble, "…")).cause.next_command == following


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        (Evidence("a", State.FAILED, out_of_memory=True), "more memory than there is"),
        (Evidence("a", State.FAILED, out_of_memory=True, memory_limit_bytes=2**25), "32 MiB"),
        (Evidence("a", State.FAILED, signal="SIGKILL"), "somebody killed it"),
        (Evidence("a", State.FAILED, log=excerpt(["goodbye"])), "goodbye"),
        (Evidence("a", State.RUNNING, probe_output="503"), "503"),
        (Evidence("a", State.FAILED), ""),
    ],
)
def test_what_is_wrong_in_a_few_words(evidence: Evidence, words: str) -> None:
    assert words in words_for(evidence)


@pytest.mark.parametrize(
    ("waited_s", "crashes", "trouble", "what"),
    [
        (59.0, 0, Trouble.SLOW_START, "still starts after 59 s, without a crash"),
        (61.0, 0, Trouble.UNHEALTHY, "is not healthy after 61 s"),
        (10.0, 1, Trouble.UNHEALTHY, "is not ready after 10 s and has ended once"),
        (10.0, 2, Trouble.UNHEALTHY, "is not ready after 10 s and has ended 2 times"),
    ],
)
def test_a_slow_starter_is_told_from_an_unhealthy_and_a_crashing_service(
    stack: Stack, waited_s: float, crashes: int, trouble: Trouble, what: str
) -> None:
    assert late(stack.services["app"], waited_s, crashes) == Failed("app", trouble, what)


evidence_of = st.builds(
    Evidence,
    service=st.just(""),
    state=st.sampled_from(State),
    health=st.sampled_from(Health),
    out_of_memory=st.booleans(),
    probe_output=st.sampled_from(["", "503", "Connection refused"]),
    engine_error=st.sampled_from(["", "port is already allocated"]),
    log=st.sampled_from([excerpt([]), UNREACHABLE, excerpt(["error: RATE"]), excerpt(["bye"])]),
)


@given(
    known=st.fixed_dictionaries(dict.fromkeys(WELL, evidence_of)),
    name=st.sampled_from(sorted(WELL)),
    trouble=st.sampled_from(Trouble),
)
def test_there_is_one_cause_along_the_needs_whatever_is_known(
    stack: Stack, known: dict[str, Evidence], name: str, trouble: Trouble
) -> None:
    look = {service: replace(one, service=service) for service, one in known.items()}
    report = explain(stack, Failed(name, trouble, "…"), look.__getitem__)
    assert report.path[0] == name
    assert report.path[-1] == report.cause.service
    for service, need in zip(report.path, report.path[1:], strict=False):
        assert need in stack.services[service].depends_on
    if len(report.path) > 1:
        assert not look[report.cause.service].well
        assert all(look[need].well for need in stack.services[report.cause.service].depends_on)
    assert report.cause.next_command
    assert "\n" not in report.headline
