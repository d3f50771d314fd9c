"""`paystack health` against a real MariaDB and a real Kafka."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.support.kafka import groups
from tests.support.ports import free_ports
from tests.support.stack import Answer, StackUnderTest

SERVERS = ["mariadb", "kafka"]


def checks_of(answer: Answer) -> dict[str, dict[str, object]]:
    return {check["name"]: check for check in answer.document["checks"]}


def test_servers_that_do_their_job_are_healthy(servers: StackUnderTest, tmp_path: Path) -> None:
    report = tmp_path / "health.xml"
    answer = servers.paystack("health", *SERVERS, "--output", "json", "--junit", str(report))
    assert answer.document["ok"] is True
    checks = checks_of(answer)
    assert list(checks) == SERVERS
    assert {check["outcome"] for check in checks.values()} == {"passed"}
    assert checks["mariadb"]["facts"]["migrated"] is True  # type: ignore[index]
    assert checks["kafka"]["facts"]["round_trip_s"] > 0  # type: ignore[index]
    suite = ElementTree.parse(report).getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("2", "0")


def test_the_probes_leave_nothing_behind(servers: StackUnderTest) -> None:
    before = groups(servers.bootstrap)
    servers.paystack("health", *SERVERS)
    assert servers.rows("SELECT * FROM health_probe") == []
    assert groups(servers.bootstrap) == before


def test_a_wrong_password_is_said_at_once(servers: StackUnderTest) -> None:
    answer = servers.paystack(
        "health", "mariadb", "--output", "json", expect=1, PAYSTACK_DB_PASSWORD="wrong"
    )
    check = checks_of(answer)["mariadb"]
    assert check["outcome"] == "failed"
    assert "Access denied" in str(check["summary"])
    assert "MARIADB_PASSWORD" in str(check["next"])
    assert len(check["attempts"]) == 1  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("service", "variable", "value"),
    [
        ("mariadb", "PAYSTACK_DB_PORT", "{port}"),
        ("kafka", "PAYSTACK_KAFKA_BOOTSTRAP", "127.0.0.1:{port}"),
    ],
)
def test_silence_is_a_time_out(
    servers: StackUnderTest, service: str, variable: str, value: str
) -> None:
    (port,) = free_ports(1)
    answer = servers.paystack(
        "health",
        service,
        "--timeout",
        "1",
        "--output",
        "json",
        expect=5,
        **{variable: value.format(port=port)},
    )
    check = checks_of(answer)[service]
    assert check["outcome"] == "timed_out"
    assert check["next"] == f"paystack status {service}"
    assert "Traceback" not in answer.stderr


def test_services_that_were_never_started_say_so_with_the_next_command(
    servers: StackUnderTest,
) -> None:
    answer = servers.paystack("health", "--exclude", "workers", "--output", "json", expect=1)
    checks = checks_of(answer)
    assert checks["gateway"]["summary"] == "gateway was never started"
    assert checks["gateway"]["next"] == "paystack up gateway"
    assert checks["settlement-worker"]["outcome"] == "excluded"
    assert checks["mariadb"]["outcome"] == "passed"
