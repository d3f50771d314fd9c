"""compose.yaml becomes the stack model."""

from pathlib import Path

import pytest

from paystack_cli.errors import PreflightError
from paystack_cli.stack.builds import Build
from paystack_cli.stack.model import Condition, Port, Volume
from tests.support.compose_project import make_project, settings_of, stack_of
from tests.support.stack import PROJECT

SECRETS = {"MARIADB_PASSWORD": "p", "MARIADB_ROOT_PASSWORD": "r"}

COMPOSE = """
name: ${PAYSTACK_NAME:-pay}
x-paystack:
  format: 1
  groups:
    infra: [store, init]
  local:
    environment:
      STORE_HOST: 127.0.0.1
services:
  store:
    image: store:${STORE_TAG:-1}
    restart: unless-stopped
    stop_grace_period: 1m30s
    ports: ["127.0.0.1:${STORE_PORT:-7000}:7"]
    volumes: ["data:/var/lib/store"]
    environment: [PLAIN=a=b, TAKEN, ABSENT]
    healthcheck:
      test: [CMD, curl, -fsS, "http://127.0.0.1:7/health"]
      interval: 500ms
    x-paystack:
      check: http
      local:
        program: store
        environment: {FOLDER: "${PAYSTACK_VOLUMES:-}/data"}
        extra_ports: ["127.0.0.1:7001:8/udp"]
  init:
    command: [python, -m, init]
    depends_on: [store]
  app:
    command: [python, -m, app]
    environment: {STORE_HOST: store, NUMBER: 1, NOTHING: }
    depends_on:
      init: {condition: service_completed_successfully}
      store: {condition: service_healthy}
"""


def test_the_whole_model(tmp_path: Path) -> None:
    project = make_project(tmp_path, COMPOSE)
    stack = stack_of(project, STORE_PORT="7100", TAKEN="t")
    store, init, app = stack.services.values()

    assert stack.name == "pay"
    assert stack.groups == {"infra": ("store", "init")}
    assert stack.local_environment == {"STORE_HOST": "127.0.0.1"}

    assert store.image == "store:1"
    assert store.group == "infra"
    assert store.check == "http"
    assert store.restarts
    assert store.stop_grace_s == 90
    assert store.environment == {"PLAIN": "a=b", "TAKEN": "t"}
    assert store.ports == (Port("127.0.0.1", 7100, 7, "tcp", "STORE_PORT"),)
    assert store.published(7) == store.ports[0]
    assert store.published(8) is None
    assert store.volumes == (Volume("data", "/var/lib/store"),)
    assert store.healthcheck is not None
    assert store.healthcheck.readiness_url == "http://127.0.0.1:7/health"
    assert (store.healthcheck.interval_s, store.healthcheck.retries) == (0.5, 3)
    assert store.local.program == "store"
    assert store.local.extra_ports == (Port("127.0.0.1", 7001, 8, "udp", None),)
    volumes = project / ".paystack" / "pay" / "volumes"
    assert store.local.environment == {"FOLDER": f"{volumes}/data"}

    assert init.depends_on == {"store": Condition.STARTED}
    assert init.one_shot
    assert not init.restarts

    assert app.group == "other"
    assert app.command == ("python", "-m", "app")
    assert app.environment == {"STORE_HOST": "store", "NUMBER": "1"}
    assert app.depends_on == {"init": Condition.COMPLETED, "store": Condition.HEALTHY}
    assert not app.one_shot


CONTAINERS = """
services:
  app:
    image: pay/app
    container_name: pay-app
    build: {context: backend, dockerfile: app/Dockerfile, args: {BASE: "${BASE:-python}"}}
    restart: on-failure:3
    mem_limit: 64m
    read_only: true
    cap_drop: [ALL]
    networks: [edge]
    tmpfs: [/tmp]
    healthcheck: {test: curl -f http://127.0.0.1}
    volumes:
      - data:/var/lib/app
      - named:/etc/app:ro
      - ./app.conf:/etc/app.conf:ro
      - /var/run/docker.sock:/var/run/docker.sock
      - /anonymous
      - {type: volume, source: long, target: /long}
      - {type: bind, source: ./more, target: /more}
      - {type: tmpfs, target: /fast}
  tool: {image: tool, build: tool, profiles: [tooling], healthcheck: {disable: true}}
  guard: {image: guard, profiles: [protected]}
networks: {edge: }
volumes: {data: , named: , long: }
"""


def test_what_containers_need(tmp_path: Path) -> None:
    project = make_project(tmp_path, CONTAINERS)
    stack = stack_of(project, BASE="ours")
    app, tool, guard = stack.services.values()
    backend = project / "stack" / "backend"
    assert app.build == Build(backend, backend / "app" / "Dockerfile", {"BASE": "ours"})
    assert app.container_name == "pay-app"
    assert app.restarts
    assert app.healthcheck is not None
    assert app.healthcheck.test == ("CMD-SHELL", "curl -f http://127.0.0.1")
    assert app.volumes == (
        Volume("data", "/var/lib/app"),
        Volume("named", "/etc/app"),
        Volume("long", "/long"),
    )
    assert tool.build == Build(
        project / "stack" / "tool", project / "stack" / "tool" / "Dockerfile", {}
    )
    assert (tool.healthcheck, tool.protected, guard.protected) == (None, False, True)
    assert stack.default_services == {"app"}


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ("mem_limit: 64m", "mem_limit: 65m", True),
        ("image: pay/app", "image: pay/other", True),
        ("read_only: true", "environment: {A: 1}", True),
        ("dockerfile: app/Dockerfile", "dockerfile: other/Dockerfile", False),
        ("    restart:", "    x-paystack: {check: http}\n    restart:", False),
        ("profiles: [tooling]", "profiles: [other]", False),
    ],
)
def test_the_digest_changes_with_what_a_container_gets(
    tmp_path: Path, old: str, new: str, changes: bool
) -> None:
    assert old in CONTAINERS
    before = stack_of(make_project(tmp_path / "a", CONTAINERS)).services["app"]
    after = stack_of(make_project(tmp_path / "b", CONTAINERS.replace(old, new))).services["app"]
    assert (before.digest != after.digest) is changes


def test_base_images_of_the_project_stand_below_the_env_file(tmp_path: Path) -> None:
    project = make_project(tmp_path, COMPOSE)
    (project / ".paystack").mkdir()
    (project / ".paystack" / "base-images.env").write_text("STORE_TAG=base\nSTORE_PORT=7300\n")
    (project / ".env").write_text("STORE_PORT=7200\n")
    store = stack_of(project).services["store"]
    assert store.image == "store:base"
    assert store.ports[0].published == 7200


def test_the_catalog_is_part_of_the_stack(tmp_path: Path) -> None:
    catalog = stack_of(make_project(tmp_path, COMPOSE)).catalog
    assert catalog.events["DONE"].topic == "done"
    assert catalog.consumers["worker"].topics == ("done",)
    assert catalog.topics["worker.dlq"].retention_ms == -1
    assert catalog.topics["done"].retention_ms is None
    assert catalog.dead_letter_topics == ("worker.dlq",)


def test_values_of_the_shell_win_over_the_env_file(tmp_path: Path) -> None:
    project = make_project(tmp_path, COMPOSE)
    (project / ".env").write_text("STORE_TAG=file\nSTORE_PORT=7200\n")
    store = stack_of(project, STORE_TAG="shell").services["store"]
    assert store.image == "store:shell"
    assert store.ports[0].published == 7200


def test_each_stack_name_has_its_own_state_folder(tmp_path: Path) -> None:
    project = make_project(tmp_path, COMPOSE)
    settings = settings_of(project)
    assert settings.state_dir("one") == project / ".paystack" / "one"
    chosen = settings_of(project, PAYSTACK_STATE_DIR=str(tmp_path / "elsewhere"))
    assert chosen.state_dir("one") == tmp_path / "elsewhere"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("depends_on: [store]", "depends_on: [stroe]", "stroe, which is no service"),
        ("infra: [store, init]", "infra: [store, gone]", "gone, which is no service"),
        ("format: 1", "format: 2", "format 2, this release reads 1"),
        ("command: [python, -m, init]", "command: python -m init", "as a list"),
        ('"127.0.0.1:${STORE_PORT:-7000}:7"', '"7000"', "cannot read port '7000'"),
        ("1m30s", "90", "cannot read duration 90"),
        ("service_healthy", "service_happy", "service_happy"),
        ("services:", "services: [", "compose.yaml"),
    ],
)
def test_what_cannot_be_understood_is_named(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    assert old in COMPOSE
    project = make_project(tmp_path, COMPOSE.replace(old, new))
    with pytest.raises(PreflightError, match=complaint):
        stack_of(project)


def test_the_stack_that_ships_can_be_read() -> None:
    stack = stack_of(PROJECT, **SECRETS)
    one_shots = {name for name, service in stack.services.items() if service.one_shot}
    assert one_shots == {"db-migrate", "kafka-topics"}
    assert {name for group in stack.groups.values() for name in group} == stack.services.keys()
    for service in stack.services.values():
        assert all(port.host == "127.0.0.1" for port in service.ports), service.name
        assert all(port.variable for port in service.ports), service.name


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_has_no_default(secret: str, tmp_path: Path) -> None:
    project = make_project(tmp_path, (PROJECT / "stack" / "compose.yaml").read_text())
    with pytest.raises(PreflightError, match=f"variable {secret} is not set"):
        stack_of(project, **{name: value for name, value in SECRETS.items() if name != secret})
