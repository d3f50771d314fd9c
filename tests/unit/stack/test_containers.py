"""What every container of compose.yaml keeps: rights, limits, networks, health checks."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.stack import COMPOSE_FILE

DOCUMENT: dict[str, Any] = yaml.safe_load(COMPOSE_FILE.read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = DOCUMENT["services"]
PREFIX = "${PAYSTACK_NAME:-pay}"

WRITES_ITS_OWN_FILES = {"jenkins"}
SEES_THIS_FOLDER = {"jenkins"}
WITHOUT_HEALTH = {"db-migrate", "kafka-topics", "curl-client", "ngrok"}
"""They end by themselves, or the image of others has nothing to ask with."""


@pytest.mark.parametrize("name", SERVICES)
class TestEveryContainer:
    def test_has_no_rights(self, name: str) -> None:
        service = SERVICES[name]
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["user"].partition(":")[0] not in {"0", "root"}
        assert not {"privileged", "cap_add", "network_mode", "pid", "devices"} & service.keys()

    def test_cannot_change_its_own_files(self, name: str) -> None:
        assert SERVICES[name]["read_only"] is (name not in WRITES_ITS_OWN_FILES)

    def test_has_limits(self, name: str) -> None:
        service = SERVICES[name]
        assert service["mem_limit"]
        assert service["pids_limit"] > 0
        assert service["logging"]["driver"] == "json-file"
        assert service["logging"]["options"].keys() == {"max-size", "max-file"}

    def test_is_in_a_network_of_ours(self, name: str) -> None:
        assert set(SERVICES[name]["networks"]) <= DOCUMENT["networks"].keys()

    def test_publishes_on_this_machine_alone(self, name: str) -> None:
        for port in SERVICES[name].get("ports", ()):
            assert port.startswith("127.0.0.1:${PAYSTACK_"), port

    def test_sees_no_folder_of_this_machine(self, name: str) -> None:
        mounted = {entry.partition(":")[0] for entry in SERVICES[name].get("volumes", ())}
        if name not in SEES_THIS_FOLDER:
            assert mounted <= DOCUMENT["volumes"].keys()

    def test_says_what_its_dependencies_must_have_reached(self, name: str) -> None:
        for dependency, wanted in SERVICES[name].get("depends_on", {}).items():
            once = SERVICES[dependency]["restart"] == "no"
            expected = "service_completed_successfully" if once else "service_healthy"
            assert wanted == {"condition": expected}

    def test_proves_its_readiness(self, name: str) -> None:
        check = SERVICES[name].get("healthcheck")
        assert (check is None) is (name in WITHOUT_HEALTH)
        assert "start_interval" not in (check or {})  # needs Docker Engine 25

    def test_is_named_after_the_stack(self, name: str) -> None:
        if name != "curl-client":  # several of it may run at a time
            assert SERVICES[name]["container_name"] == f"{PREFIX}-{name}"


@pytest.mark.parametrize("kind", ["networks", "volumes"])
def test_what_they_share_is_named_after_the_stack(kind: str) -> None:
    for name, entry in DOCUMENT[kind].items():
        assert entry == {"name": f"{PREFIX}-{name}"}


def test_the_gateway_sees_ingest_service_and_no_server() -> None:
    members = {
        network: {name for name, service in SERVICES.items() if network in service["networks"]}
        for network in DOCUMENT["networks"]
    }
    assert members["edge"] == {"gateway", "ingest-service", "curl-client", "jenkins", "ngrok"}
    assert members["backend"] == SERVICES.keys() - {"gateway", "ngrok"}


def test_what_is_not_part_of_all_has_a_profile() -> None:
    profiles = {
        name: service["profiles"] for name, service in SERVICES.items() if "profiles" in service
    }
    assert profiles == {
        "curl-client": ["tooling"],
        "jenkins": ["protected"],
        "ngrok": ["protected"],
    }


@pytest.mark.parametrize("secret", ["JENKINS_ADMIN_PASSWORD", "NGROK_AUTHTOKEN"])
def test_a_secret_of_a_protected_service_is_missed_only_where_it_is_used(secret: str) -> None:
    (owner,) = (name for name in ("jenkins", "ngrok") if secret in SERVICES[name]["environment"])
    assert SERVICES[owner]["environment"][secret] is None  # as it is outside, or not at all
    shell, option, script = SERVICES[owner]["entrypoint"]
    done = subprocess.run(
        [shell, option, script.replace("$$", "$")], env={}, capture_output=True, text=True
    )
    assert done.returncode != 0
    assert secret in done.stderr
    assert ".env.example" in done.stderr


@pytest.fixture
def patiently(tmp_path: Path) -> list[str]:
    """The script that paces the health checks, with a clock that only notes what it was asked."""
    sleep = tmp_path / "sleep"
    sleep.write_text(f'#!/bin/sh\necho "$1" >> {tmp_path}/slept\n')
    sleep.chmod(0o755)
    script = (
        DOCUMENT["x-patiently"].replace("$$", "$").replace("/tmp/healthy", f"{tmp_path}/healthy")
    )
    return ["env", f"PATH={tmp_path}:/usr/bin:/bin", "sh", "-c", script]


def test_a_health_check_is_asked_often_until_it_passes_and_seldom_then(
    patiently: list[str], tmp_path: Path
) -> None:
    def check(*command: str) -> int:
        return subprocess.run([*patiently, *command]).returncode

    def slept() -> int:
        return len((tmp_path / "slept").read_text().split()) if (tmp_path / "slept").exists() else 0

    assert (check("false"), check("false"), slept()) == (1, 1, 0)
    assert (check("test", "a b", "=", "a b"), slept()) == (0, 0)
    assert (check("true"), slept()) == (0, 1)
    assert (check("false"), slept()) == (1, 2)
    assert (check("false"), slept()) == (1, 2)


def test_a_paced_health_check_has_time_to_pause() -> None:
    script = DOCUMENT["x-patiently"]
    pause_s, patience_s = (int(found) for found in re.findall(r"(?:sleep|timeout) (\d+)", script))
    for service in SERVICES.values():
        check = service.get("healthcheck", {})
        if script in check.get("test", ()):
            assert int(check["timeout"].rstrip("s")) > pause_s + patience_s
