"""The life of a whole stack in containers: the same promises as elsewhere, and those of Compose.

From harmless to destructive; each test leaves the stack healthy.
"""

import time

import pytest

from tests.e2e.test_logs import (  # noqa: F401
    payment,
    test_a_payment_is_followed_through_the_services_in_the_order_of_time,
)
from tests.e2e.test_stack_life import (  # noqa: F401 - what every engine keeps
    test_a_second_up_starts_nothing,
    test_every_service_is_healthy_and_shows_what_it_costs,
    test_health_proves_every_service,
    test_logs_are_json_lines_of_the_services_asked_for,
    test_no_escape_codes_when_nobody_looks,
    test_outbox_status_shows_an_empty_backlog,
    test_smoke_follows_a_payment_to_its_refund,
)
from tests.support.container_stack import ContainerStack, own_container_stack
from tests.support.docker import docker
from tests.support.documents import keeps_schema
from tests.support.payments import accepted, authorize, wait_status
from tests.support.stack import is_well

BACK_WITHIN_S = 60.0
TERMINATED = 128 + 15
"""What a Java process ends with after SIGTERM."""


def test_db_is_logged_in_inside_its_container(stack: ContainerStack) -> None:
    for options, user in (((), "payuser@127.0.0.1"), (("--root",), "root@127.0.0.1")):
        answer = stack.paystack("db", *options, "-e", "SELECT USER(), DATABASE()")
        assert answer.stdout.splitlines()[-1] == f"{user}\tpaydb"


def test_open_prints_where_the_container_publishes_its_page(stack: ContainerStack) -> None:
    url = stack.paystack("open", "gateway", "--no-browser").stdout.strip()
    assert url == stack.url("gateway", "/actuator/health")


@pytest.mark.parametrize("command", ["health", "smoke"])
def test_checks_from_inside_the_network(stack: ContainerStack, command: str) -> None:
    before = stack.lives()
    document = stack.paystack(command, "--from", "inside", "--output", "json").document
    assert document["from"] == "inside"
    assert {check["outcome"] for check in document["checks"]} == {"passed"}
    assert stack.lives() == before  # nothing of curl-client stays


@pytest.mark.parametrize(("environment", "place"), [({"CI": "true"}, "inside"), ({}, "outside")])
def test_build_servers_check_from_inside(
    stack: ContainerStack, environment: dict[str, str], place: str
) -> None:
    answer = stack.paystack("health", "gateway", "--output", "json", **{"CI": "", **environment})
    assert answer.document["from"] == place


def test_the_watch_sees_all_servers(stack: ContainerStack) -> None:
    document = stack.paystack("watch", "--once", "--output", "json").document
    keeps_schema("watch", document)
    assert document["problems"] == []
    assert {row["health"] for row in document["services"]} <= {"healthy", "-"}
    assert {row["state"] for row in document["breakers"]} == {"CLOSED"}
    assert {row["service"] for row in document["consumers"]} == {
        *("settlement-worker", "refund-worker", "consumer-worker"),
    }


def test_dead_letters_are_empty(stack: ContainerStack) -> None:
    document = stack.paystack("dlq", "inspect", "--output", "json").document
    assert document["schema"] == "paystack.dlq-inspect/v1"
    assert document["dead"] == 0, document


def test_a_second_build_makes_nothing(stack: ContainerStack) -> None:
    document = stack.paystack("build", "--output", "json").document
    keeps_schema("build", document)
    assert {image["outcome"] for image in document["images"]} == {"unchanged"}


def test_the_documented_account_reaches_the_database(stack: ContainerStack) -> None:
    account = ("-upayuser", "-ppaypass")
    said = docker("exec", f"{stack.name}-mariadb", "mariadb", *account, "-e", "SELECT 1")
    assert said.split() == ["1", "1"]


def test_recreate_makes_mariadb_alone_anew_and_keeps_the_data(stack: ContainerStack) -> None:
    payment_id = accepted(authorize(stack))
    wait_status(stack, payment_id, "CAPTURED")
    before = stack.lives()
    stack.paystack("up", "--only", "mariadb", "--recreate")
    after = stack.lives()
    (anew,) = stack.names("mariadb")
    assert after.pop(anew)[0] != before.pop(anew)[0]
    assert after == before
    assert wait_status(stack, payment_id, "CAPTURED")
    stack.paystack("smoke")


def test_the_gateway_follows_ingest_service_to_another_address(stack: ContainerStack) -> None:
    (edge,) = (name for name in stack.objects("network") if name.endswith("-edge"))

    def address() -> str:
        networks = stack.container("ingest-service")["NetworkSettings"]["Networks"]
        return str(networks[edge]["IPAddress"])

    before = address()
    docker("rm", "--force", f"{stack.name}-ingest-service")
    # The engine gives the lowest free address: whoever comes first gets the old one.
    idle = ("--rm", "--detach", f"--network={edge}", "--entrypoint=sleep", stack.curl_image, "600")
    other = docker("run", *idle)
    try:
        stack.paystack("up", "--only", "ingest-service")
        assert address() != before
        accepted(authorize(stack))
    finally:
        docker("rm", "--force", other)


@pytest.mark.parametrize("service", ["mariadb", "kafka", "settlement-worker", "gateway"])
def test_a_killed_container_comes_back_by_itself(stack: ContainerStack, service: str) -> None:
    before = stack.status()[service]["restarts"]
    killed = stack.kill(service)
    row = stack.wait_back(service, killed, BACK_WITHIN_S)
    assert row["restarts"] == before + 1
    stack.paystack("smoke")


def test_each_ends_by_its_own_well_before_it_would_be_killed(stack: ContainerStack) -> None:
    running = [service for service, row in stack.status().items() if row["pid"]]
    for service in reversed(running):
        began_s = time.monotonic()
        docker("stop", f"{stack.name}-{service}")
        took_s = time.monotonic() - began_s
        assert stack.container(service)["State"]["ExitCode"] in {0, TERMINATED}, service
        assert took_s < stack.model.services[service].stop_grace_s / 2, service
    stack.paystack("up")
    stack.paystack("smoke")


def test_an_excluded_service_stays_down_and_every_command_knows(stack: ContainerStack) -> None:
    stack.paystack("down", "consumer-worker")
    stack.paystack("up", "--exclude", "consumer-worker")
    rows = stack.status()
    assert [name for name, row in rows.items() if row["excluded"]] == ["consumer-worker"]
    assert all(map(is_well, rows.values()))
    assert not stack.names("consumer-worker") & stack.containers().keys()

    health = stack.paystack("health", "--output", "json").document
    outcomes = {check["name"]: check["outcome"] for check in health["checks"]}
    assert outcomes.pop("consumer-worker") == "excluded"
    assert set(outcomes.values()) == {"passed"}

    smoke = stack.paystack("smoke", "--output", "json", expect=None).document
    about_the_ledger = {c["outcome"] for c in smoke["checks"] if c["name"].startswith("ledger")}
    assert about_the_ledger == {"excluded"}

    stack.paystack("up")
    assert not any(row["excluded"] for row in stack.status().values())
    stack.paystack("smoke")


def test_a_second_stack_lives_and_goes_beside_the_first(
    stack: ContainerStack, tmp_path_factory: pytest.TempPathFactory
) -> None:
    state = tmp_path_factory.mktemp("beside")
    before, volumes = stack.lives(), stack.objects("volume")
    subset = ("--only", "mariadb,pg-simulator")
    with own_container_stack("beside", state, *subset) as other:
        running = {name for name, row in other.status().items() if row["health"] == "healthy"}
        assert running == {"mariadb", "pg-simulator"}
        assert other.containers().keys() == other.names("mariadb", "pg-simulator")
    assert (other.containers(), other.objects("volume"), other.objects("network")) == ({}, [], [])
    assert (stack.lives(), stack.objects("volume")) == (before, volumes)
    stack.paystack("health")


def test_whatever_up_and_down_do_jenkins_and_ngrok_go_on(
    stack: ContainerStack, protected: dict[str, tuple[str, str]]
) -> None:
    payment_id = accepted(authorize(stack))
    wait_status(stack, payment_id, "CAPTURED")
    volumes = set(stack.objects("volume"))
    jenkins_home = f"{stack.name}-jenkins-home"

    stack.paystack("down")
    assert stack.lives() == protected
    assert set(stack.objects("volume")) == volumes

    stack.paystack("up")
    assert wait_status(stack, payment_id, "CAPTURED")
    _reaches_the_stack(stack)

    stack.paystack("down", "--volumes", "--yes")
    assert stack.lives() == protected
    assert stack.objects("volume") == [jenkins_home]

    stack.paystack("up")
    stack.paystack("up", "--recreate", "--only", "gateway")
    assert protected.items() <= stack.lives().items()
    _reaches_the_stack(stack)
    stack.paystack("smoke")


def _reaches_the_stack(stack: ContainerStack) -> None:
    """The networks of jenkins still lead to the services that have been made anew."""
    address = "http://gateway:8080/actuator/health"
    assert "UP" in docker("exec", f"{stack.name}-jenkins", "curl", "-fsS", address)
