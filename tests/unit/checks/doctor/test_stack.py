"""What is there of the stack: names, leftovers, drift, name resolution."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from paystack_cli.checks.doctor.drift import examine_drift
from paystack_cli.checks.doctor.leftovers import examine_leftovers
from paystack_cli.checks.doctor.model import Finding, Severity
from paystack_cli.checks.doctor.names import examine_names
from paystack_cli.checks.doctor.network import examine_network
from paystack_cli.engines.base import Completed, Observed, State
from paystack_cli.engines.compose.container import Container
from paystack_cli.engines.compose.daemon import NamedVolume, Neighbour
from tests.support.doctor import choice_of, docker_of, one, running, scene_of
from tests.support.fake_docker import container

SERVICES = """\
  db: {image: x, container_name: pay-db, volumes: ["db-data:/data"]}
  migrate: {image: x, depends_on: {db: {condition: service_healthy}}}
  api:
    image: x
    depends_on:
      migrate: {condition: service_completed_successfully}
"""


class FakeDaemon:
    """Docker as far as names and leftovers are concerned; `removed` are container ids."""

    is_local = True

    def __init__(
        self,
        *,
        neighbours: Sequence[Neighbour] = (),
        containers: Sequence[Container] = (),
        networks: Sequence[str] = (),
        volumes: Sequence[NamedVolume] = (),
    ) -> None:
        self._neighbours, self._containers = list(neighbours), list(containers)
        self._networks, self._volumes = list(networks), list(volumes)

    def neighbours(self) -> list[Neighbour]:
        return self._neighbours

    def containers(self) -> list[Container]:
        return self._containers

    def remove(self, container: str) -> None:
        self._containers = [one for one in self._containers if one.id != container]

    def unused_networks(self) -> list[str]:
        return self._networks

    def remove_unused_networks(self) -> None:
        self._networks = []

    def volumes(self) -> list[NamedVolume]:
        return self._volumes


class FakeEngine:
    """Says what it was made with, of what runs."""

    name = "compose"
    has_network = True

    def __init__(
        self, observed: Mapping[str, Observed] | None = None, unresolved: str = ""
    ) -> None:
        self._observed = observed or {}
        self._unresolved = unresolved
        self.asked: list[tuple[str, tuple[str, ...]]] = []

    def observe(self, services: Sequence[str]) -> Mapping[str, Observed]:
        return {name: self._observed.get(name, Observed(State.RUNNING)) for name in services}

    def exec(self, service: str, command: Sequence[str], *, timeout_s: float) -> Completed:
        self.asked.append((service, tuple(command[4:])))
        return Completed(0, self._unresolved, "")


def test_names_that_others_have(tmp_path: Path) -> None:
    here = str(tmp_path / "project" / "stack")
    neighbours = [
        Neighbour("pay-db", "", "", False, frozenset()),
        Neighbour("pay-api", "pay", "/elsewhere/stack", True, frozenset()),
        Neighbour("pay-migrate", "pay", here, True, frozenset()),
    ]
    docker = docker_of(FakeDaemon(neighbours=neighbours))
    found = list(examine_names(scene_of(tmp_path, SERVICES, docker=docker)))
    assert {finding.id for finding in found} == {"name.container.pay-db", "name.stack"}
    assert "docker rm --force pay-db" in (one(found, "name.container.pay-db").fix or "")
    assert "/elsewhere/stack" in one(found, "name.stack").seen


def test_leftovers_are_removed_by_their_repairs_and_data_never_is(tmp_path: Path) -> None:
    daemon = FakeDaemon(
        containers=[
            container("db"),
            container("old", "exited"),
            container("older"),
            container("db", "exited", id="run-1", name="pay-run-1", one_off=True),
            container("db", id="run-2", name="pay-run-2", one_off=True),
        ],
        networks=["pay_lost"],
        volumes=[NamedVolume("pay_db-data", "db-data"), NamedVolume("pay_lost-data", "lost-data")],
    )
    scene = scene_of(tmp_path, SERVICES, docker=docker_of(daemon))
    found = list(examine_leftovers(scene))
    mendable = {finding.id for finding in found if finding.repair}
    assert mendable == {"state.container.pay-old", "state.container.pay-run-1", "state.network"}
    assert one(found, "state.container.pay-older").fix == "docker rm --force pay-older"
    assert one(found, "state.volume").seen == "no service has pay_lost-data"
    for finding in found:
        if finding.repair:
            finding.repair.run()
    again = list(examine_leftovers(scene))
    assert [finding.id for finding in again if finding.repair] == []
    assert {one.id for one in daemon.containers()} == {"id-db", "id-older", "run-2"}


@pytest.mark.parametrize(
    ("written", "severity"),
    [("10.11.6-MariaDB", "ok"), ("10.6.1-MariaDB", "ok"), ("99.1.0-MariaDB", "fail")],
)
def test_data_of_a_newer_mariadb_is_found_out(tmp_path: Path, written: str, severity: str) -> None:
    data = tmp_path / "state" / "volumes" / "md"
    data.mkdir(parents=True)
    (data / "mysql_upgrade_info").write_text(written)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "mariadb-install-db").touch()
    server = tmp_path / "bin" / "mariadbd"
    server.write_text("#!/bin/sh\necho 'mariadbd  Ver 10.11.6-MariaDB'\n")
    server.chmod(0o755)
    services = "  db: {image: x, volumes: ['md:/x'], x-paystack: {local: {program: mariadb}}}\n"
    scene = scene_of(tmp_path, services, environment={"PAYSTACK_MARIADB": str(server)})
    assert one(list(examine_leftovers(scene)), "state.mariadb").severity == severity


def test_the_command_at_work_and_a_lock_that_nobody_holds(tmp_path: Path) -> None:
    scene = scene_of(tmp_path, SERVICES)
    lock = tmp_path / "state" / "lock"
    lock.parent.mkdir()
    lock.write_text(json.dumps({"pid": 2**22, "command": "up", "since": "then"}))
    assert one(list(examine_leftovers(scene)), "state.lock").seen == "none; the lock is free"


def _drift(tmp_path: Path, **observed: Observed) -> list[Finding]:
    engine: Any = FakeEngine(observed)
    scene = scene_of(
        tmp_path, SERVICES, choice=choice_of(engine), statuses=(running("db"), running("api"))
    )
    return list(examine_drift(scene))


def test_drift_names_the_service_and_what_differs(tmp_path: Path) -> None:
    (finding,) = _drift(tmp_path, api=Observed(State.RUNNING, "its configuration changed"))
    assert (finding.id, finding.severity) == ("drift.api", Severity.WARN)
    assert (finding.seen, finding.fix) == ("api: its configuration changed", "paystack up api")


def test_no_drift_is_one_finding(tmp_path: Path) -> None:
    (finding,) = _drift(tmp_path)
    assert (finding.id, finding.severity) == ("drift", Severity.OK)


@pytest.mark.parametrize(
    ("unresolved", "id", "severity"), [("", "dns", "ok"), ("db\n", "dns.api", "fail")]
)
def test_a_service_asks_for_what_it_needs_behind_the_one_shots(
    tmp_path: Path, unresolved: str, id: str, severity: str
) -> None:
    engine = FakeEngine(unresolved=unresolved)
    scene = scene_of(
        tmp_path, SERVICES, choice=choice_of(engine), statuses=(running("db"), running("api"))
    )
    (finding,) = examine_network(scene)
    assert (finding.id, finding.severity) == (id, severity)
    assert engine.asked == [("api", ("db",))]
