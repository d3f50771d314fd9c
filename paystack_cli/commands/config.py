"""`paystack config`."""

import typer

from paystack_cli.commands.context import context_of

config = typer.Typer(help="The settings of this run: `paystack config show`.", no_args_is_help=True)


@config.callback()
def _group() -> None:
    """Without a callback Typer turns a group of one command into that command."""


@config.command()
def show(ctx: typer.Context) -> None:
    """Show every setting, its value and where that comes from.

    And its key in paystack.toml. The command line wins, then the environment, `.env`, the settings
    file, and compose.yaml's default. Secrets are masked. What of `.env` nothing reads is named
    below the table.
    """
    from paystack_cli.output.config_report import report_config
    from paystack_cli.stack.known_settings import known_settings
    from paystack_cli.stack.misspelt import misspelt

    run = context_of(ctx)
    report_config(
        run.settings,
        known_settings(run.settings.compose_file).values(),
        misspelt(run.settings),
        as_json=run.as_json,
    )
