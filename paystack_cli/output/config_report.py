"""What every setting is and why: one JSON document or one table on stdout; no secret is shown."""

import re
from collections.abc import Iterable, Sequence

import typer

from paystack_cli.output.console import plain_table, stdout_console
from paystack_cli.output.document import print_document, versioned
from paystack_cli.stack.known_settings import Kind, KnownSetting
from paystack_cli.stack.misspelt import Misspelt
from paystack_cli.stack.settings import Settings

MASK = "***"
_PASSWORD_IN_URL = re.compile(r"(?<=://)[^/@\s]+(?=@)")


def report_config(
    settings: Settings,
    known: Iterable[KnownSetting],
    misspelt: Sequence[Misspelt],
    *,
    as_json: bool,
) -> None:
    """Every known setting, and what of `.env` is none."""
    if as_json:
        print_document(document(settings, known, misspelt))
        return
    table = plain_table("VARIABLE", "VALUE", "FROM", "KEY")
    for setting in known:
        value = _value(settings, setting)
        table.add_row(
            setting.variable,
            "-" if value is None else value,
            settings.source_of(setting.variable),
            setting.key or "-",
        )
    stdout_console().print(table)
    for found in misspelt:
        typer.echo(f"warning: {found.message}")


def document(
    settings: Settings, known: Iterable[KnownSetting], misspelt: Sequence[Misspelt]
) -> dict[str, object]:
    """`paystack.config/v1`, described in docs/schemas."""
    return versioned(
        "config",
        project_dir=str(settings.project_dir),
        settings=[
            {
                "variable": setting.variable,
                "key": setting.key or None,
                "value": _value(settings, setting),
                "source": settings.source_of(setting.variable),
            }
            for setting in known
        ],
        misspelt=[
            {"variable": found.variable, "nearest": list(found.nearest)} for found in misspelt
        ],
    )


def _value(settings: Settings, setting: KnownSetting) -> str | None:
    value = settings.variables.get(setting.variable, setting.default)
    if value is not None and setting.kind is Kind.SECRET:
        return MASK
    return value and _PASSWORD_IN_URL.sub(MASK, value)
