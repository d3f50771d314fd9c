"""A cluster with access rules: what is not allowed is said, and nothing is half done."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

from paystack_cli.stack.settings import load_settings
from tests.integration.replay.conftest import Bench
from tests.support.changed_project import changed_project
from tests.support.dead_letters import bury, captured_payments
from tests.support.stack import PROJECT, StackUnderTest, own_stack

AUTHORIZER = {
    "KAFKA_AUTHORIZER_CLASS_NAME": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "KAFKA_ALLOW_EVERYONE_IF_NO_ACL_FOUND": "true",
}
EVERYBODY = "User:ANONYMOUS"
ANSWER_TIMEOUT_S = 20.0

Denied = tuple[ResourceType, str, AclOperation]


def with_access_rules(services: dict[str, Any]) -> None:
    """A broker that keeps access rules; it begins with none."""
    services["kafka"]["environment"] |= AUTHORIZER


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackUnderTest]:
    """A database and a broker of their own, for rules are for all who use them."""
    project = changed_project(tmp_path_factory.mktemp("project"), with_access_rules)
    with own_stack(
        "rules",
        tmp_path_factory.mktemp("rules"),
        *("--project-dir", str(project), "--only", "mariadb,kafka,db-migrate,kafka-topics"),
        PAYSTACK_TOOLS_DIR=str(load_settings(project_dir=PROJECT).tools_dir),
    ) as stack:
        yield stack


@contextmanager
def denied(stack: StackUnderTest, rule: Denied) -> Iterator[None]:
    """The broker refuses this to everybody within the block."""
    kind, name, operation = rule
    what = (kind, name, ResourcePatternType.LITERAL, EVERYBODY, "*")
    admin = AdminClient({"bootstrap.servers": stack.bootstrap})
    rules = [
        # The first rule of a resource ends that everybody may do all with it.
        AclBinding(*what, AclOperation.ALL, AclPermissionType.ALLOW),
        AclBinding(*what, operation, AclPermissionType.DENY),
    ]
    for answer in admin.create_acls(rules).values():
        answer.result(ANSWER_TIMEOUT_S)
    try:
        yield
    finally:
        every = AclBindingFilter(*what, AclOperation.ANY, AclPermissionType.ANY)
        admin.delete_acls([every])[every].result(ANSWER_TIMEOUT_S)


@pytest.mark.parametrize(
    "rule",
    [
        (ResourceType.TOPIC, "payment.captured", AclOperation.WRITE),
        (ResourceType.TOPIC, "paystack.replay.ledger", AclOperation.WRITE),
        (ResourceType.TOPIC, "payment.dlq", AclOperation.READ),
        (
            ResourceType.TRANSACTIONAL_ID,
            "paystack.replay.payment.dlq",
            AclOperation.WRITE,
        ),
    ],
    ids=lambda rule: f"{rule[2].name} {rule[1]}",
)
def test_what_is_not_allowed_is_said_and_nothing_is_sent(bench: Bench, rule: Denied) -> None:
    dead = bury(bench.stack, captured_payments(bench.stack, 3))
    bench.make_plan()
    with denied(bench.stack, rule):
        refused = bench.apply(expect=3)
    assert "uthoriz" in refused.stderr
    assert "next: let this account" in refused.stderr
    assert bench.sent(dead) == []
    assert bench.apply().document["replayed"] == 3, "allowed again, the same plan goes through"
