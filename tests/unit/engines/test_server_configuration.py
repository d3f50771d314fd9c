"""What the servers are given: Kafka's properties, MariaDB's accounts, nginx's template."""

import pytest

from paystack_cli.engines.local.kafka import server_properties
from paystack_cli.engines.local.mariadb import accounts_sql
from paystack_cli.engines.local.nginx import render


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("KAFKA_NODE_ID", "node.id=x"),
        ("KAFKA_LOG_DIRS", "log.dirs=x"),
        ("KAFKA_ABC__DEF", "abc_def=x"),
        ("KAFKA_ABC___DEF", "abc-def=x"),
        ("KAFKA_A_B__C___D", "a.b_c-d=x"),
    ],
)
def test_kafka_names_follow_the_rule_of_the_official_image(name: str, line: str) -> None:
    assert server_properties({name: "x"}) == line + "\n"


@pytest.mark.parametrize("name", ["KAFKA_HEAP_OPTS", "KAFKA_OPTS", "CLUSTER_ID", "PATH"])
def test_other_variables_are_no_properties(name: str) -> None:
    assert server_properties({name: "x", "KAFKA_NODE_ID": "1"}) == "node.id=1\n"


def test_a_backslash_in_a_property_is_escaped() -> None:
    assert server_properties({"KAFKA_LOG_DIRS": "a\\b"}) == "log.dirs=a\\\\b\n"


ACCOUNTS = {
    "MARIADB_DATABASE": "pay`db",
    "MARIADB_USER": "pay'user",
    "MARIADB_PASSWORD": 'it\'s \\ 50% "x"',
    "MARIADB_ROOT_PASSWORD": "root\nline",
}


def test_accounts_survive_any_character() -> None:
    sql = accounts_sql(ACCOUNTS)
    assert "`pay``db`" in sql
    assert "'pay\\'user'@'%' IDENTIFIED BY 'it\\'s \\\\ 50% \"x\"'" in sql
    assert "IDENTIFIED BY 'root\\nline'" in sql
    assert all(line.endswith(";") for line in sql.strip().splitlines())


def test_no_root_account_is_left_without_a_password() -> None:
    sql = accounts_sql(ACCOUNTS)
    assert "DROP USER IF EXISTS 'root'@'127.0.0.1', 'root'@'::1'" in sql
    assert "@@hostname" in sql


def test_a_template_keeps_the_variables_of_nginx() -> None:
    template = "listen ${GATEWAY_LISTEN}; return 200 '$status ${host}';"
    assert render(template, {"GATEWAY_LISTEN": "127.0.0.1:1"}) == (
        "listen 127.0.0.1:1; return 200 '$status ${host}';"
    )
