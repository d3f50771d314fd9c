"""The command tree, and the one place where an error becomes a message and an exit code.

Nothing heavy is imported here: a command imports what it needs when it runs.
"""

import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click
import typer

from paystack_cli.commands import build, dlq, down, health, logs, outbox, smoke, status, up, version
from paystack_cli.commands.context import Context
from paystack_cli.commands.shared_options import add_shared_options
from paystack_cli.errors import ExitCode, PaystackError, UsageError

COMMANDS: Mapping[str, Callable[..., Any]] = {
    "up": up.up,
    "down": down.down,
    "build": build.build,
    "status": status.status,
    "health": health.health,
    "smoke": smoke.smoke,
    "logs": logs.logs,
    "version": version.version,
}
"""Every command by name. A new command is one module in `commands/` and one line here."""

COMMAND_GROUPS: Mapping[str, typer.Typer] = {"outbox": outbox.outbox, "dlq": dlq.dlq}
"""Commands that have commands of their own (`paystack outbox status`)."""


def build_command() -> click.Command:
    """The whole command tree."""
    app = typer.Typer(
        help="Operate and prove an event-driven payment stack.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        suggest_commands=False,  # click suggests already
    )
    # Without a callback Typer collapses a tree of a single command into that command.
    app.callback()(lambda: None)
    for name, function in COMMANDS.items():
        app.command(name)(function)
    for name, group in COMMAND_GROUPS.items():
        app.add_typer(group, name=name)
    command = typer.main.get_command(app)
    add_shared_options(command)
    return command


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the `paystack` command; leaves through SystemExit with an ExitCode."""
    # Whoever ends us asks for the same as Ctrl-C: leave nothing of ours running, exit 130.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; errors are told on stderr."""
    try:
        outcome = build_command().main(
            args=list(arguments), prog_name="paystack", standalone_mode=False, obj=Context()
        )
    except PaystackError as error:
        return _tell(error)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return ExitCode.USAGE
    except click.ClickException as error:
        return _tell(_usage_error(error))
    except click.Abort:  # a question was answered with no, or by nobody
        click.echo("paystack: nothing was changed", err=True)
        return ExitCode.INTERRUPTED
    if outcome == ExitCode.INTERRUPTED:  # Typer has caught the interrupt
        click.echo("paystack: interrupted", err=True)
    return outcome if isinstance(outcome, int) else ExitCode.OK


def _usage_error(error: click.ClickException) -> UsageError:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "paystack"
    return UsageError(error.format_message(), hint=f"{path} --help")


def _tell(error: PaystackError) -> ExitCode:
    click.echo(f"paystack: {error.message}", err=True)
    click.echo(f"  next: {error.hint}", err=True)
    return error.exit_code
