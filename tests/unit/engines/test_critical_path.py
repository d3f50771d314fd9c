"""The chain of services that made `up` take as long as it did."""

from hypothesis import given
from hypothesis import strategies as st

from paystack_cli.engines.base import Action, ServiceTiming
from paystack_cli.engines.critical_path import CriticalPath, Link, critical_path

CHECKS_S = 0.5


def timing(
    name: str, at_s: float, ready_s: float, action: Action = Action.STARTED, prepared_s: float = 0
) -> ServiceTiming:
    return ServiceTiming(name, action, "", 0.0, prepared_s, ready_s, at_s)


NEEDS = {"db": (), "migrate": ("db",), "broker": (), "app": ("migrate", "broker"), "alone": ()}


def test_each_link_is_the_need_that_was_ready_last() -> None:
    found = critical_path(
        [
            timing("db", 2.5, 1.5, prepared_s=0.5),
            timing("migrate", 3.0, 0.5),
            timing("broker", 2.0, 1.5),
            timing("app", 4.0, 1.0),
            timing("alone", 3.5, 3.0),
        ],
        NEEDS,
    )
    assert found == CriticalPath(0.5, (Link("db", 2.0), Link("migrate", 0.5), Link("app", 1.0)))
    assert found.services == ("db", "migrate", "app")
    assert found.slowest == "db"


def test_what_ran_already_ends_the_chain() -> None:
    ran = timing("migrate", 0.1, 0.0, Action.UNCHANGED)
    found = critical_path([ran, timing("broker", 1.0, 0.5), timing("app", 2.0, 0.5)], NEEDS)
    assert found.services == ("broker", "app")


def test_nothing_started_is_no_chain() -> None:
    found = critical_path([timing("db", 0.1, 0.0, Action.UNCHANGED)], NEEDS)
    assert (found, found.slowest) == (CriticalPath(), "")


@st.composite
def ups(draw: st.DrawFn) -> tuple[list[ServiceTiming], dict[str, tuple[str, ...]]]:
    """An `up` in which each service starts when its last need is ready, as the engines do it."""
    names = [f"s{number}" for number in range(draw(st.integers(1, 8)))]
    needs: dict[str, tuple[str, ...]] = {}
    ready: dict[str, float] = {}
    timings = []
    for position, name in enumerate(names):
        needs[name] = tuple(draw(st.sets(st.sampled_from(names[:position])))) if position else ()
        took_s = draw(st.floats(0.01, 100))
        action = draw(st.sampled_from([Action.STARTED, Action.COMPLETED, Action.UNCHANGED]))
        begin_s = max((ready[need] for need in needs[name]), default=CHECKS_S)
        ready[name] = begin_s + took_s
        timings.append(timing(name, ready[name], took_s, action))
    return timings, needs


@given(ups())
def test_it_is_a_path_of_needs_and_its_sum_is_the_end(
    up: tuple[list[ServiceTiming], dict[str, tuple[str, ...]]],
) -> None:
    timings, needs = up
    found = critical_path(timings, needs)
    started = {one.name: one for one in timings if one.action is not Action.UNCHANGED}
    if not started:
        assert found == CriticalPath()
        return
    assert set(found.services) <= started.keys()
    for need, service in zip(found.services, found.services[1:], strict=False):
        assert need in needs[service]
    total_s = found.before_s + sum(link.seconds for link in found.links)
    end_s = max(one.at_s for one in started.values())
    assert abs(total_s - end_s) < 1e-6
    assert started[found.services[-1]].at_s == end_s
    assert all(link.seconds >= 0 for link in found.links)
