"""The doctor on a real Docker Engine: each trouble is made for real, found, and mended."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from paystack_cli.errors import ExitCode
from tests.support.docker import PROJECT_LABEL, DockerProject, docker, docker_project, shell_image
from tests.support.documents import keeps_schema
from tests.support.ports import free_ports

pytestmark = pytest.mark.docker

COMPOSE = """
name: ${PAYSTACK_NAME}
x-run: &run
  image: ${SHELL_IMAGE}
  entrypoint: [sh, -c]
  command: ["trap 'exit 0' TERM; while :; do sleep 0.1; done"]
  restart: unless-stopped
  stop_grace_period: 2s
services:
  store:
    <<: *run
    container_name: ${PAYSTACK_NAME}-store
    environment: {GREETING: "${GREETING:-hello}"}
    ports: ["127.0.0.1:${STORE_PORT}:7"]
  app:
    <<: *run
    container_name: ${PAYSTACK_NAME}-app
    depends_on: [store]
"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[DockerProject]:
    """Nothing of it runs yet."""
    environment = {"SHELL_IMAGE": shell_image(), "STORE_PORT": str(free_ports(1)[0])}
    with docker_project(tmp_path, COMPOSE, **environment) as made:
        yield made


def _findings(
    project: DockerProject, *options: str, expect: int = ExitCode.OK, **environment: str
) -> dict[str, dict[str, Any]]:
    answer = project.paystack("doctor", *options, "--output", "json", expect=expect, **environment)
    keeps_schema("doctor", answer.document)
    return {finding["id"]: finding for finding in answer.document["findings"]}


def test_a_healthy_stack_then_drift_then_a_name_that_does_not_resolve(
    project: DockerProject,
) -> None:
    project.paystack("up")
    found = _findings(project)
    assert found["dns"]["seen"] == "all that is needed resolves (containers asked: 1)"
    assert f"store has it ({project.name}-store)" in found["port.store.7"]["seen"]
    for id in ("clock.docker", "drift", "name.container", "state.container", "state.network"):
        assert found[id]["severity"] == "ok", found[id]
    assert found["engine.docker"]["seen"].startswith("Docker Engine ")

    changed = _findings(project, GREETING="goodbye")
    assert changed["drift.store"]["fix"] == "paystack up store"

    (network,) = project.objects("network")
    docker("network", "disconnect", network, f"{project.name}-store")
    lost = _findings(project, expect=ExitCode.CHECK_FAILED)
    assert lost["dns.app"]["seen"] == "app finds no address of store"


def test_containers_of_others_that_are_in_the_way(project: DockerProject) -> None:
    port, image = project.environment["STORE_PORT"], project.environment["SHELL_IMAGE"]
    stranger, namesake = f"{project.name}-stranger", f"{project.name}-app"
    try:
        serve = ("--publish", f"127.0.0.1:{port}:7", "--entrypoint", "sleep", image, "60")
        docker("run", "--detach", "--name", stranger, *serve)
        docker("create", "--name", namesake, image)
        found = _findings(project, expect=ExitCode.CHECK_FAILED)
        assert f"taken by the container {stranger}" in found["port.store.7"]["seen"]
        assert found["port.store.7"]["fix"].startswith(f"docker stop {stranger}; or: STORE_PORT=")
        assert found[f"name.container.{namesake}"]["severity"] == "fail"
    finally:
        docker("rm", "--force", stranger, namesake)


def test_leftovers_are_removed_once_and_what_runs_is_left_alone(project: DockerProject) -> None:
    project.paystack("up", "--only", "store")
    running = project.lives()
    label = ("--label", f"{PROJECT_LABEL}={project.name}")
    of_nobody = ("--label", "com.docker.compose.service=renamed")
    image = project.environment["SHELL_IMAGE"]
    docker("create", "--name", f"{project.name}-old", *label, *of_nobody, image)
    docker("network", "create", *label, f"{project.name}_lost")
    found = _findings(project)
    assert found[f"state.container.{project.name}-old"]["safe_fix"]
    assert found["state.network"]["safe_fix"]
    assert f"{project.name}-old" in project.containers()  # nothing is done without --fix

    mended = project.paystack("doctor", "--fix", "--output", "json").document
    assert len(mended["repaired"]) == 2
    assert project.lives() == running
    assert f"{project.name}_lost" not in project.objects("network")
    assert project.paystack("doctor", "--fix", "--output", "json").document["repaired"] == []
