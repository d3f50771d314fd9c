"""A group of commands that imports a command's module when it is called, never to list it."""

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, cast

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class Entry(NamedTuple):
    """A command that is not loaded yet: its line in `--help`, and how to load it."""

    summary: str
    load: Callable[[], click.Command]


class LazyGroup(click.Group):
    """A group whose commands are loaded when they are called.

    `added` is asked for further entries only when a command is called that is not among `entries`,
    or when all of them are listed; where both have a name, `entries` has it.
    """

    def __init__(
        self,
        name: str,
        entries: Mapping[str, Entry],
        *,
        added: Callable[[], Mapping[str, Entry]] = dict,
        help: str,
        epilog: Callable[[], str],
        params: list[click.Parameter],
    ) -> None:
        self._entries = _Entries(entries, added)
        # click reads it only: nothing is added to a group of ours.
        commands = cast("MutableMapping[str, click.Command]", self._entries)
        super().__init__(name, commands=commands, help=help, params=params)
        self._epilog = epilog

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names in the order of the entries, not of the alphabet."""
        return list(self._entries)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands by their summaries."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in self._entries.all.items()])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """What stands below the commands, made when it is shown."""
        self.epilog = self._epilog()
        super().format_epilog(ctx, formatter)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """Names and summaries of commands, then what any command offers."""
        from click.shell_completion import CompletionItem

        names = [
            CompletionItem(name, help=entry.summary)
            for name, entry in self._entries.all.items()
            if name.startswith(incomplete)
        ]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]


class _Entries(Mapping[str, click.Command]):
    """What click takes for a dictionary of commands; each is loaded when it is looked up."""

    def __init__(
        self, entries: Mapping[str, Entry], added: Callable[[], Mapping[str, Entry]]
    ) -> None:
        self._entries = entries
        self._added = added
        self._loaded: dict[str, click.Command] = {}

    @cached_property
    def all(self) -> Mapping[str, Entry]:
        """Every entry, the added ones last."""
        added = {name: e for name, e in self._added().items() if name not in self._entries}
        return {**self._entries, **added}

    def __getitem__(self, name: str) -> click.Command:
        if name not in self._loaded:
            entry = self._entries.get(name) or self.all[name]
            self._loaded[name] = entry.load()
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.all)

    def __len__(self) -> int:
        return len(self.all)
