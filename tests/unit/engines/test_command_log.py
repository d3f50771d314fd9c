"""The commands that engines run, as `--verbose` tells them."""

import logging
from collections.abc import Iterator

import pytest

from paystack_cli.engines.command_log import NAME, log_command
from paystack_cli.output.command_lines import tell_commands

ENVIRONMENT = {
    "MARIADB_PASSWORD": "s3cret value",
    "NGROK_AUTHTOKEN": "s3cret",
    "SHORT_PASSWORD": "up",
    "PAYSTACK_NAME": "pay",
}


@pytest.fixture(autouse=True)
def _tell_nobody_afterwards() -> Iterator[None]:
    yield
    logging.getLogger(NAME).setLevel(logging.NOTSET)
    logging.getLogger(NAME).handlers.clear()


def test_a_command_is_told_with_its_secrets_masked(capsys: pytest.CaptureFixture[str]) -> None:
    tell_commands()
    log_command(["docker", "compose", "up", "-ps3cret value", "T=s3cret", "pay"], ENVIRONMENT)
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == "+ docker compose up '-p***' T=*** pay\n"
