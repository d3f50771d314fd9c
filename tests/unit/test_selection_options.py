"""Every command that means services is told so in the same words."""

import click
import pytest

from paystack_cli.app import build_command

SELECTING = ("up", "down", "restart", "status", "health", "smoke", "logs", "build")
WORDS = ("services", "only", "group", "exclude")
DRY_RUN = {"up", "down", "restart", "build"}


@pytest.mark.parametrize("name", SELECTING)
def test_services_are_chosen_by_the_same_words(name: str) -> None:
    tree = build_command()
    command = tree.get_command(click.Context(tree), name)
    assert command is not None
    parameters = {parameter.name: parameter for parameter in command.params}
    assert set(WORDS) <= parameters.keys()
    assert ("dry_run" in parameters) == (name in DRY_RUN)
    helps = [getattr(parameters[word], "help", None) for word in WORDS[1:]]
    other = tree.get_command(click.Context(tree), "status")
    assert other is not None
    assert helps == [
        p.help for p in other.params if isinstance(p, click.Option) and p.name in WORDS
    ]
