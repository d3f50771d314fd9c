"""Servers elsewhere that let in over TLS with a password: settings, errors, no secret told."""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pymysql
import pytest

from paystack_cli.stack.settings import load_settings
from tests.support.certificates import Authority
from tests.support.changed_project import changed_project
from tests.support.dead_letters import bury, captured_payments
from tests.support.ports import free_ports
from tests.support.stack import PROJECT, ROOT_PASSWORD, Answer, StackUnderTest, own_stack

ACCOUNT = "operator"
PASSWORD = f"pw-{secrets.token_hex(8)}"
"""One for both servers."""

COMMANDS = {
    "dlq inspect": ("dlq", "inspect", "payment.dlq"),
    "outbox status": ("outbox", "status"),
    "outbox doctor": ("outbox", "doctor"),
    "verify": ("verify", "--settle", "0"),
    "trace": ("trace",),
}
READS_KAFKA = ("dlq inspect", "trace", "verify")
READS_DATABASE = ("outbox status", "outbox doctor", "trace", "verify")


@dataclass(frozen=True)
class Secured:
    """The stack, the settings that let in, and a payment whose event is dead."""

    stack: StackUnderTest
    settings: Mapping[str, str]
    project: Path
    other_authority: Path
    payment_id: int

    def run(self, command: str, expect: int | None = 0, **changed: str) -> Answer:
        words = COMMANDS[command]
        if command == "trace":
            words = (*words, f"payment:{self.payment_id}")
        return self.stack.paystack(*words, expect=expect, **{**self.settings, **changed})


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    folder = tmp_path_factory.mktemp("certificates")
    authority, other = Authority.make(folder, "ours"), Authority.make(folder, "theirs")
    broker, database = authority.server(folder, "broker"), authority.server(folder, "database")
    (port,) = free_ports(1)

    def secure(services: dict[str, Any]) -> None:
        services["mariadb"]["command"] += [
            f"--ssl-ca={database.authority}",
            f"--ssl-cert={database.certificate}",
            f"--ssl-key={database.key}",
        ]
        secure_broker(services["kafka"], port, broker.key_store(folder / "broker-store.pem"))

    project = changed_project(tmp_path_factory.mktemp("project"), secure)
    with own_stack(
        "secure",
        tmp_path_factory.mktemp("secure"),
        *("--project-dir", str(project)),
        *("--only", "mariadb,kafka,db-migrate,kafka-topics"),
        PAYSTACK_TOOLS_DIR=str(load_settings(project_dir=PROJECT).tools_dir),
    ) as stack:
        (captured,) = captured_payments(stack, 1)
        bury(stack, [captured])
        _let_in(stack)
        settings = {
            "PAYSTACK_KAFKA_BOOTSTRAP": f"127.0.0.1:{port}",
            "PAYSTACK_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "PAYSTACK_KAFKA_SASL_MECHANISM": "PLAIN",
            "PAYSTACK_KAFKA_SASL_USERNAME": ACCOUNT,
            "PAYSTACK_KAFKA_SASL_PASSWORD": PASSWORD,
            "PAYSTACK_KAFKA_SSL_CA": str(authority.certificate),
            "PAYSTACK_DB_USER": ACCOUNT,
            "PAYSTACK_DB_PASSWORD": PASSWORD,
            "PAYSTACK_DB_SSL_CA": str(authority.certificate),
        }
        yield Secured(stack, settings, project, other.certificate, captured[0])


def secure_broker(kafka: dict[str, Any], port: int, key_store: Path) -> None:
    """A further door of the broker, for those who have an account."""
    module = "org.apache.kafka.common.security.plain.PlainLoginModule required"
    local = kafka["x-paystack"]["local"]["environment"]
    local["KAFKA_LISTENERS"] += f",SECURE://127.0.0.1:{port}"
    local["KAFKA_ADVERTISED_LISTENERS"] += f",SECURE://127.0.0.1:{port}"
    local["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"] += ",SECURE:SASL_SSL"
    door = "KAFKA_LISTENER_NAME_SECURE_"
    local |= {
        f"{door}SASL_ENABLED_MECHANISMS": "PLAIN",
        f"{door}PLAIN_SASL_JAAS_CONFIG": f'{module} user_{ACCOUNT}="{PASSWORD}";',
        f"{door}SSL_KEYSTORE_TYPE": "PEM",
        f"{door}SSL_KEYSTORE_LOCATION": str(key_store),
    }


def _let_in(stack: StackUnderTest) -> None:
    """An account that the database takes over TLS only, and that cannot change anything."""
    connection = pymysql.connect(
        host="127.0.0.1", port=stack.port("mariadb"), user="root", password=ROOT_PASSWORD
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE USER '{ACCOUNT}'@'%' IDENTIFIED BY '{PASSWORD}' REQUIRE SSL")
        cursor.execute(f"GRANT SELECT ON paydb.* TO '{ACCOUNT}'@'%'")
        cursor.execute(f"GRANT PROCESS ON *.* TO '{ACCOUNT}'@'%'")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_reaches_secured_servers(secured: Secured, command: str) -> None:
    answer = secured.run(command, expect=None)
    assert answer.exit_code in (0, 1), answer  # 1: there is a letter, and no relay
    assert "not read: topics" not in answer.stdout
    assert PASSWORD not in answer.stdout + answer.stderr
    if command in ("dlq inspect", "trace"):
        assert str(secured.payment_id) in answer.stdout


def test_settings_may_stand_in_a_file(secured: Secured) -> None:
    lines = [f"{name}={value}\n" for name, value in secured.settings.items()]
    (secured.project / ".env").write_text("".join(lines), "utf-8")
    project = ("--project-dir", str(secured.project))
    answer = secured.stack.paystack(*project, *COMMANDS["dlq inspect"])
    assert str(secured.payment_id) in answer.stdout


WRONG = {
    "kafka password": (
        {"PAYSTACK_KAFKA_SASL_PASSWORD": "wrong-pw"},
        READS_KAFKA,
        "Invalid username or password",
    ),
    "database password": ({"PAYSTACK_DB_PASSWORD": "wrong-pw"}, READS_DATABASE, "denied"),
    "plain to a secured door": (
        {"PAYSTACK_KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT"},
        READS_KAFKA,
        "Broker transport failure",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_does_not_let_in_is_told_without_a_secret(secured: Secured, wrong: str) -> None:
    changed, commands, said = WRONG[wrong]
    for command in commands:
        _refused(secured.run(command, expect=None, **changed), command, said)


def test_without_an_authority_the_database_is_asked_over_tls_all_the_same(secured: Secured) -> None:
    assert "0 rows wait" in secured.run("outbox status", PAYSTACK_DB_SSL_CA="").stdout


@pytest.mark.parametrize("variable", ["PAYSTACK_KAFKA_SSL_CA", "PAYSTACK_DB_SSL_CA"])
def test_a_server_of_another_authority_is_not_trusted(secured: Secured, variable: str) -> None:
    commands = READS_KAFKA if "KAFKA" in variable else READS_DATABASE
    for command in commands:
        answer = secured.run(command, expect=None, **{variable: str(secured.other_authority)})
        _refused(answer, command, "certificate")


def _refused(answer: Answer, command: str, said: str) -> None:
    if command == "trace" and answer.exit_code == 1:  # a timeline without the topics
        assert "not read: topics" in answer.stdout, answer
        assert said in answer.stdout, answer
    else:
        assert answer.exit_code == 3, answer
        assert said in answer.stderr, answer
        assert "next: " in answer.stderr
        assert "Traceback" not in answer.stderr
    for secret in (PASSWORD, "wrong-pw"):
        assert secret not in answer.stdout + answer.stderr


def test_no_secret_is_in_a_command_line(secured: Secured) -> None:
    follow = ("dlq", "list", "payment.dlq", "--follow")
    with secured.stack.start(*follow, **secured.settings) as following:
        words = psutil.Process(following.pid).cmdline()
        following.terminate()
    assert follow[-1] in words
    assert not any(PASSWORD in word for word in words)
