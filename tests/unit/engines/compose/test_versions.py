"""Versions are compared as numbers, not as texts."""

import pytest

from paystack_cli.engines.compose.errors import EngineMissing
from paystack_cli.engines.compose.versions import parse_version, require
from paystack_cli.errors import ExitCode


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("2.26.1-4", (2, 26, 1)),
        ("v2.9.0\n", (2, 9, 0)),
        ("20.10.24+dfsg1", (20, 10, 24)),
        ("29", (29,)),
    ],
)
def test_parse(text: str, version: tuple[int, ...]) -> None:
    assert parse_version(text) == version


@pytest.mark.parametrize("found", ["20.10.0", "20.10", "29.0.1", "100.1"])
def test_new_enough(found: str) -> None:
    require("Docker", found, (20, 10))


@pytest.mark.parametrize("found", ["19.03.15", "9.99", "20.9", "dev", ""])
def test_too_old_or_none_names_the_minimum_and_the_next_command(found: str) -> None:
    with pytest.raises(EngineMissing, match=r"at least 20\.10 is needed") as error:
        require("Docker", found, (20, 10))
    assert error.value.exit_code is ExitCode.PREFLIGHT
    assert "--engine local" in error.value.hint
