"""What a setting is, where it comes from, and what is refused."""

from pathlib import Path

import pytest

from paystack_cli.errors import PreflightError, UsageError
from paystack_cli.output.config_report import MASK, document
from paystack_cli.stack.compose import load_stack
from paystack_cli.stack.known_settings import known_settings
from paystack_cli.stack.misspelt import Misspelt, misspelt
from paystack_cli.stack.settings import DEFAULT, Settings, load_settings
from tests.support.compose_project import make_project
from tests.support.documents import keeps_schema

COMPOSE = """
name: ${PAYSTACK_NAME:-pay}
services:
  door:
    image: ${PAYSTACK_DOOR_IMAGE:-door:1}
    environment: {LEVEL: "${PAYSTACK_LOG_LEVEL:-INFO}", PASSWORD: "${MARIADB_PASSWORD:-}"}
    ports: ["127.0.0.1:${PAYSTACK_DOOR_PORT:-8080}:80"]
    x-paystack: {local: {extra_ports: ["127.0.0.1:${PAYSTACK_WAKE_PORT:-8092}:92/udp"]}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one service."""
    return make_project(tmp_path, COMPOSE)


def load(project: Path, **environment: str) -> Settings:
    return load_settings(project_dir=project, environment=environment)


def test_an_earlier_source_is_stronger(project: Path) -> None:
    (project / ".paystack").mkdir()
    (project / ".paystack" / "base-images.env").write_text("PAYSTACK_DOOR_IMAGE=stand-in\n")
    where = {"PAYSTACK_NAME": "default"}

    def now(variable: str = "PAYSTACK_NAME", **given: str) -> tuple[str | None, str]:
        settings = load_settings(
            project_dir=project, name=given.pop("name", None), environment=given
        )
        return settings.variables.get(variable), settings.source_of(variable)

    assert now() == (None, DEFAULT)
    (project / "paystack.toml").write_text('name = "toml"\n[images]\ndoor = "own"\n')
    assert now() == ("toml", "paystack.toml")
    (project / ".env").write_text("PAYSTACK_NAME=dotenv\n")
    assert now() == ("dotenv", ".env")
    where = {"PAYSTACK_NAME": "environment"}
    assert now(**where) == ("environment", "environment")
    assert now(name="line", **where) == ("line", "command line")
    assert now("PAYSTACK_DOOR_IMAGE") == ("own", "paystack.toml")
    (project / "paystack.toml").unlink()
    assert now("PAYSTACK_DOOR_IMAGE") == ("stand-in", ".paystack/base-images.env")


def test_the_table_of_pyproject_is_a_settings_file(project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.paystack]\nengine = "local"\n')
    assert load(project).engine == "local"
    (project / "paystack.toml").write_text('engine = "compose"\n')
    with pytest.raises(PreflightError, match=r"paystack.toml and in pyproject.toml"):
        load(project)


def test_a_folder_of_the_settings_file_is_meant_from_the_project(project: Path) -> None:
    (project / "paystack.toml").write_text('state-dir = "state"\n')
    assert load(project).state_dir("pay") == project / "state"


@pytest.mark.parametrize(
    ("text", "complaint", "hint"),
    [
        ("[ports]\ndor = 1\n", "no setting 'ports.dor'", "did you mean ports.door"),
        ('enginne = "local"\n', "no setting 'enginne'", "did you mean engine"),
        ('mariadb-password = "x"\n', "no setting 'mariadb-password'", ""),
        ('[ports]\ndoor = "8080"\n', "ports.door is '8080', and must be a port number", "mend"),
        ("[ports]\ndoor = 70000\n", "must be a port number, 1 to 65535", "mend"),
        ("[ports]\ndoor = true\n", "must be a port number", "mend"),
        ('port-offset = "1"\n', "must be a whole number", "mend"),
        ("name = 5\n", "name is 5, and must be text", "mend"),
        ('name = ""\n', "must be text", "mend"),
        ("name = [1]\n", "must be text", "mend"),
        ("name = \n", "cannot read", "paystack.toml"),
    ],
)
def test_a_settings_file_that_is_wrong_is_refused(
    project: Path, text: str, complaint: str, hint: str
) -> None:
    (project / "paystack.toml").write_text(text)
    with pytest.raises(PreflightError, match=complaint) as error:
        load(project)
    assert hint in error.value.hint


def test_the_offset_moves_every_port_that_is_not_set(project: Path) -> None:
    settings = load_settings(
        project_dir=project, port_offset=100, environment={"PAYSTACK_WAKE_PORT": "9000"}
    )
    service = load_stack(settings).services["door"]
    assert service.ports[0].published == 8180
    assert service.local.extra_ports[0].published == 9000
    assert settings.variables["PAYSTACK_DOOR_PORT"] == "8180", "docker compose reads it there"
    assert settings.source_of("PAYSTACK_DOOR_PORT") == "port offset"


@pytest.mark.parametrize(
    ("environment", "complaint"),
    [
        ({"PAYSTACK_PORT_OFFSET": "much"}, "no whole number: 'much'"),
        ({"PAYSTACK_PORT_OFFSET": "-1"}, "no whole number"),
        ({"PAYSTACK_PORT_OFFSET": "60000"}, "moves PAYSTACK_DOOR_PORT to 68080"),
        ({"PAYSTACK_NAME": "Blue"}, "no stack can be named 'Blue'"),
        ({"PAYSTACK_NAME": "-x"}, "no stack can be named"),
    ],
)
def test_what_no_stack_can_have_is_refused(
    project: Path, environment: dict[str, str], complaint: str
) -> None:
    with pytest.raises(UsageError, match=complaint):
        load(project, **environment)


def test_a_state_folder_of_one_stack_is_not_given_to_another(project: Path) -> None:
    (project / ".env").write_text("PAYSTACK_NAME=green\nPAYSTACK_STATE_DIR=/green\n")

    def state_dir(name: str, **environment: str) -> Path:
        settings = load_settings(project_dir=project, name=name, environment=environment)
        return settings.state_dir(name)

    assert state_dir("green") == Path("/green")
    with pytest.raises(UsageError, match="blue would share the state folder /green"):
        state_dir("blue")
    assert state_dir("blue", PAYSTACK_STATE_DIR="/blue") == Path("/blue")


def test_an_empty_offset_or_name_is_none(project: Path) -> None:
    settings = load(project, PAYSTACK_PORT_OFFSET="", PAYSTACK_NAME="")
    assert load_stack(settings).name == "pay"
    assert load_stack(settings).services["door"].ports[0].published == 8080


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("PAYSTACK_DOOR_PROT=1", [Misspelt("PAYSTACK_DOOR_PROT", ("PAYSTACK_DOOR_PORT",))]),
        ("MARIADB_PASWORD=x", [Misspelt("MARIADB_PASWORD", ("MARIADB_PASSWORD",))]),
        ("PAYSTAK_NAME=x", [Misspelt("PAYSTAK_NAME", ("PAYSTACK_NAME",))]),
        ("PAYSTACK_DOOR_PORT=1", []),
        ("HTTP_PROXY=http://proxy", []),
    ],
)
def test_a_variable_that_nothing_reads_is_named(
    project: Path, line: str, found: list[Misspelt]
) -> None:
    (project / ".env").write_text(line + "\n")
    seen = misspelt(load(project))
    assert [(one.variable, one.nearest[:1]) for one in seen] == [
        (one.variable, one.nearest) for one in found
    ]
    assert all(one.nearest[0] in one.message for one in seen)


def test_the_document_shows_no_secret(project: Path) -> None:
    (project / ".env").write_text("MARIADB_PASSWORD=hidden\nPAYSTACK_DOOR_PROT=1\n")
    settings = load(project, PAYSTACK_GATEWAY_URL="http://me:hidden@door")
    shown = document(settings, known_settings(settings.compose_file).values(), misspelt(settings))
    keeps_schema("config", shown)
    assert "hidden" not in str(shown)
    rows = {row["variable"]: row for row in shown["settings"]}  # type: ignore[attr-defined]
    assert (rows["MARIADB_PASSWORD"]["value"], rows["MARIADB_PASSWORD"]["key"]) == (MASK, None)
    assert rows["PAYSTACK_GATEWAY_URL"]["value"] == f"http://{MASK}@door"
    assert rows["PAYSTACK_DOOR_PORT"] == {
        "variable": "PAYSTACK_DOOR_PORT",
        "key": "ports.door",
        "value": "8080",
        "source": DEFAULT,
    }
