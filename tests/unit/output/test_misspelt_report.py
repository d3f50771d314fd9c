"""A misspelt variable: a warning beside a success, a likely cause beside a failure."""

from pathlib import Path

import pytest

from paystack_cli.errors import ExitCode, PaystackError, PreflightError
from paystack_cli.output.misspelt_report import misspelt_told
from paystack_cli.stack.settings import Settings
from tests.support.compose_project import make_project, settings_of

COMPOSE = 'services: {store: {command: [x], ports: ["127.0.0.1:${PAYSTACK_STORE_PORT:-7}:7"]}}'


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of a project whose `.env` has a slip."""
    project = make_project(tmp_path, COMPOSE)
    (project / ".env").write_text("PAYSTACK_STORE_PROT=8\n")
    return settings_of(project)


def test_a_failure_names_it_below_its_first_line(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(PaystackError) as cause, misspelt_told(settings):
        raise PreflightError("port 7 is taken\nport 8 is taken", hint="stop it")
    first, second, third = cause.value.message.splitlines()
    assert (first, third) == ("port 7 is taken", "  port 8 is taken")
    assert second.startswith("  perhaps because .env sets PAYSTACK_STORE_PROT, which nothing reads")
    assert (cause.value.hint, cause.value.exit_code) == ("stop it", ExitCode.PREFLIGHT)
    assert capsys.readouterr().err == ""


def test_a_success_is_warned_once(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    with misspelt_told(settings):
        pass
    assert capsys.readouterr().err.count("PAYSTACK_STORE_PROT") == 1


def test_without_a_slip_an_error_stays_as_it_is(tmp_path: Path) -> None:
    error = PreflightError("port 7 is taken", hint="stop it")
    settings = settings_of(make_project(tmp_path, COMPOSE))
    with pytest.raises(PreflightError) as raised, misspelt_told(settings):
        raise error
    assert raised.value is error
