"""Each exit code that a command documents, in containers. The rows are in the table."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.docker import DockerProject, docker_project, shell_image
from tests.support.exit_codes import OF_A_BUILD, OF_A_SMALL_PROJECT, Row, ends_as_the_row_says
from tests.support.ports import free_ports

SERVICE = """
echo "mode $MODE"
case $MODE in
  crashes) echo cannot read the ledger; sleep 0.2; exit 3;;
  'never ready') ;;
  *) touch /tmp/ready;;
esac
trap 'exit 0' TERM
[ "$MODE" != deaf ] || trap '' TERM
while :; do sleep 0.1; done
"""
DOCKERFILE = """
ARG BASE
FROM $BASE
ARG MODE
USER root
RUN case $MODE in crashes) exit 3;; deaf) sleep 60;; esac
"""
COMPOSE = """
x-run: &run
  image: ${SHELL_IMAGE}
  entrypoint: [sh, -c]
  command: ["${SERVICE}"]
  restart: unless-stopped
  stop_grace_period: 3s
  healthcheck: {test: [CMD-SHELL, test -e /tmp/ready], interval: 200ms}
services:
  store:
    <<: *run
    container_name: ${PAYSTACK_NAME}-store
    environment: {MODE: "${MODE:-serves}"}
    ports: ["127.0.0.1:${PAYSTACK_STORE_PORT}:7"]
    volumes: ["store-data:/data"]
  app:
    <<: *run
    container_name: ${PAYSTACK_NAME}-app
    environment: {MODE: serves}
    depends_on: {store: {condition: service_healthy}}
  made:
    <<: *run
    profiles: [images]
    image: ${PAYSTACK_NAME}/made
    build: {context: made, args: {BASE: "${SHELL_IMAGE}", MODE: "${MODE:-serves}"}}
volumes:
  store-data:
"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[DockerProject]:
    """Nothing of it runs yet; `made` has an image of its own."""
    own = {"PAYSTACK_STORE_PORT": str(free_ports(1)[0]), "SERVICE": SERVICE}
    with docker_project(tmp_path, COMPOSE, SHELL_IMAGE=shell_image(), **own) as made:
        context = made.folder / "stack" / "made"
        context.mkdir()
        (context / "Dockerfile").write_text(DOCKERFILE)
        artefacts = made.folder / "scripts" / "artefacts"
        artefacts.parent.mkdir()
        artefacts.write_text("#!/bin/sh\n")
        artefacts.chmod(0o755)
        yield made


@pytest.mark.parametrize("row", [*OF_A_SMALL_PROJECT, *OF_A_BUILD], ids=str)
def test_of_a_small_project(project: DockerProject, row: Row) -> None:
    ends_as_the_row_says(project, row)
