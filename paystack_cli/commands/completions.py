"""What a shell offers for a word that is being typed: names out of compose.yaml and the catalog.

Nothing is asked but files, and what cannot be read offers nothing: a shell that waits or shows an
error is worse than one that does not know.
"""

from collections.abc import Iterable, Iterator

import typer

from paystack_cli.commands.context import context_of
from paystack_cli.errors import PaystackError


def service_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """Services."""
    return _beginning_with(incomplete, _services(ctx))


def service_and_group_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """Services and groups, also as the last of a comma-separated list."""
    before, comma, last = incomplete.rpartition(",")
    found = _beginning_with(last, (*_services(ctx), *_groups(ctx)))
    return [f"{before}{comma}{name}" for name in found]


def group_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """Groups."""
    return _beginning_with(incomplete, _groups(ctx))


def dead_letter_topics(ctx: typer.Context, incomplete: str) -> list[str]:
    """The dead-letter topics of the catalog."""
    from paystack_cli.stack.catalog import load_catalog

    try:
        topics = load_catalog(context_of(ctx).settings.catalog_file).dead_letter_topics
    except (PaystackError, OSError, ValueError, KeyError):
        return []
    return _beginning_with(incomplete, topics)


def log_levels(incomplete: str) -> list[str]:
    """The levels of log lines."""
    from paystack_cli.logs.parsed import Level

    return _beginning_with(incomplete, Level)


def _services(ctx: typer.Context) -> Iterator[str]:
    yield from _section(ctx, "services")


def _groups(ctx: typer.Context) -> Iterator[str]:
    yield from _section(ctx, "x-paystack", "groups")


def _section(ctx: typer.Context, *path: str) -> Iterable[str]:
    """The keys of a section of compose.yaml."""
    from paystack_cli.stack.compose_file import read_document

    try:
        section = read_document(context_of(ctx).settings.compose_file)
        for key in path:
            section = section[key]
        return list(section)
    except (PaystackError, KeyError, TypeError):
        return []


def _beginning_with(incomplete: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]
