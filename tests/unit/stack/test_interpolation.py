"""`${VARIABLE}` by Compose's rules."""

import pytest

from paystack_cli.errors import ExitCode, PreflightError
from paystack_cli.stack.interpolation import interpolate

VARIABLES = {"SET": "value", "EMPTY": "", "OTHER": "other"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("$SET", "value"),
        ("${SET}", "value"),
        ("a${SET}b", "avalueb"),
        ("$SET/x", "value/x"),
        ("${ABSENT}", ""),
        ("$ABSENT-", "-"),
        ("$$SET", "$SET"),
        ("$${SET}", "${SET}"),
        ("${SET:-word}", "value"),
        ("${EMPTY:-word}", "word"),
        ("${ABSENT:-word}", "word"),
        ("${EMPTY-word}", ""),
        ("${ABSENT-word}", "word"),
        ("${ABSENT:-}", ""),
        ("${SET:+word}", "word"),
        ("${EMPTY:+word}", ""),
        ("${ABSENT:+word}", ""),
        ("${EMPTY+word}", "word"),
        ("${ABSENT+word}", ""),
        ("${SET:?said}", "value"),
        ("${EMPTY?said}", ""),
        ("${ABSENT:-${OTHER}}", "other"),
        ("${ABSENT:-${GONE:-${SET}}}/x", "value/x"),
        ("${ABSENT:--Xms256m -Xmx256m}", "-Xms256m -Xmx256m"),
        ("${ABSENT:-http://host:1/?a=b}", "http://host:1/?a=b"),
        ("${ABSENT:-$$}", "$"),
        ("${SET}:${OTHER}", "value:other"),
    ],
)
def test_replaces(text: str, expected: str) -> None:
    assert interpolate(text, VARIABLES) == expected


@pytest.mark.parametrize("text", ["${ABSENT:?set it in .env}", "${EMPTY:?set it in .env}"])
def test_a_required_variable_is_named_with_its_reason(text: str) -> None:
    with pytest.raises(
        PreflightError, match=r"(ABSENT|EMPTY) is not set: set it in \.env"
    ) as error:
        interpolate(text, VARIABLES)
    assert error.value.exit_code is ExitCode.PREFLIGHT
    assert ".env.example" in error.value.hint


def test_the_reason_of_a_required_variable_may_hold_variables() -> None:
    with pytest.raises(PreflightError, match="like value"):
        interpolate("${ABSENT:?like ${SET}}", VARIABLES)


def test_an_unused_required_default_is_not_asked_for() -> None:
    assert interpolate("${SET:-${ABSENT:?never}}", VARIABLES) == "value"


@pytest.mark.parametrize("text", ["$", "a$", "$1", "${}", "${1}", "${SET", "${SET!x}", "${SET:}"])
def test_what_is_no_variable_is_refused(text: str) -> None:
    with pytest.raises(PreflightError, match="cannot read the variable"):
        interpolate(text, VARIABLES)
