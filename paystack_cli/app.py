"""The command tree, and the one place where an error becomes a message and an exit code.

Nothing heavy is imported here, nor any command: a command's module is imported when it is called.
"""

import gc
import signal
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from importlib import import_module

import click

from paystack_cli import __version__
from paystack_cli.commands.context import Context
from paystack_cli.commands.shared_options import shared_options
from paystack_cli.errors import ExitCode, PaystackError, UsageError
from paystack_cli.lazy_group import Entry, LazyGroup

GC_THRESHOLD = 50_000
"""New objects before the collector looks at them; Python's own value is 700."""

COMMANDS: Mapping[str, str] = {
    "up": "Start the stack, or a part of it, and wait until it is healthy.",
    "down": "Stop the stack, or a part of it; data is kept unless --volumes.",
    "restart": "Stop services and start them again as they were made.",
    "build": "Make the images of services whose sources changed, as `up` does before it starts.",
    "status": "Show every service: state, health, process, restarts, ports, memory.",
    "watch": "Watch services, outbox, lag, circuit breakers and dead letters on a full screen.",
    "health": "Prove that each service does its job, all at once, within one deadline.",
    "smoke": "Follow one payment: authorize, capture, ledger, idempotent repeat, refund.",
    "verify": "Prove ten invariants over database and topics: no money lost, none moved twice.",
    "doctor": "Examine machine, engines and stack, and say how to mend what is wrong.",
    "logs": "Show what services wrote, interleaved by time.",
    "config": "The settings of this run: `paystack config show`.",
    "exec": "Run a command in a running service: its environment, its folder, its network.",
    "db": "Open the database's own client, logged in, where the database runs.",
    "open": "Show a service's page in the browser; print its address in any case.",
    "completion": "Print the script that makes a shell offer commands, options and service names.",
    "version": "Show the version of paystack and of the Python it runs on.",
    "outbox": "The transactional outbox: what waits, what is parked.",
    "dlq": "Dead-letter topics: what died and why.",
    "context": "What image builds are sent: measured, explained, kept small.",
    "breaker": "Circuit breakers: what they do, and a test that they protect.",
    "trace": "Show one payment's way through the stack, what is missing, and what to do next.",
}
"""Every command, in the order of `--help`, with its line there: its docstring's first sentence.

A new command is a line here and a module of its name in `commands/` that offers, under the same
name, a function, or a Typer application for commands of its own (`paystack outbox status`).
"""

MODULES: Mapping[str, str] = {"context": "build_context"}
"""The module of a command where it is another one: every command starts from `context`."""


def build_command() -> LazyGroup:
    """The whole command tree; a command is loaded when it is looked up."""
    return LazyGroup(
        "paystack",
        {name: Entry(summary, partial(_load, name)) for name, summary in COMMANDS.items()},
        added=_plugin_commands,
        help="Operate and prove an event-driven payment stack.",
        epilog=_epilog,
        params=[_version_option(), *shared_options()],
    )


def _epilog() -> str:
    from paystack_cli.commands.manual import MANUAL, epilog

    return epilog(MANUAL["paystack"])


def _load(name: str) -> click.Command:
    from paystack_cli.commands.as_command import as_command

    module = import_module(f"paystack_cli.commands.{MODULES.get(name, name)}")
    return as_command(name, getattr(module, name))


def _plugin_commands() -> Mapping[str, Entry]:
    from paystack_cli.plugins.commands import plugin_commands

    return plugin_commands(COMMANDS)


def _version_option() -> click.Option:
    return click.Option(
        ["--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_show_version,
        help="Show the version and end.",
    )


def _show_version(context: click.Context, _option: click.Parameter, asked: bool) -> None:
    if asked and not context.resilient_parsing:
        click.echo(f"paystack {__version__}")
        context.exit()


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the `paystack` command; leaves through SystemExit with an ExitCode."""
    # Imports make many objects and no garbage: looking for some would be 5 % of a short command.
    gc.set_threshold(GC_THRESHOLD)
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
    except click.Abort as error:
        # An interrupt, or a question was answered with no, or by nobody.
        interrupted = isinstance(error.__cause__, KeyboardInterrupt)
        told = "interrupted" if interrupted else "nothing was changed"
        click.echo(f"paystack: {told}", err=True)
        return ExitCode.INTERRUPTED
    return outcome if isinstance(outcome, int) else ExitCode.OK


def _usage_error(error: click.ClickException) -> UsageError:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "paystack"
    return UsageError(error.format_message(), hint=f"{path} --help")


def _tell(error: PaystackError) -> ExitCode:
    click.echo(f"paystack: {error.message}", err=True)
    click.echo(f"  next: {error.hint}", err=True)
    return error.exit_code
