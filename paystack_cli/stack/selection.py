"""Which services a command means: names, `--only`, `--group`, `--exclude`, and needs. Pure.

A command that starts takes along what its services need (`select`); every other command means
exactly what is named (`select_exactly`).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from paystack_cli.errors import UsageError
from paystack_cli.stack.model import Stack
from paystack_cli.stack.nearest import nearest


@dataclass(frozen=True, slots=True)
class Asked:
    """What a command line says about services.

    Each entry is a name or a comma-separated list; all but `groups` take services and groups.
    """

    names: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    @property
    def names_nothing(self) -> bool:
        """Whether all is meant, but for what is left out."""
        return not (self.names or self.only or self.groups)


EVERYTHING = Asked()
"""Nothing is named and nothing left out: every service that has no profile."""

Others = Mapping[str, Collection[str]]
"""What a command has besides services: names, and what each of them stands for."""
NO_OTHERS: Others = {}


@dataclass(frozen=True, slots=True)
class Selection:
    """The chosen services in start order, and those the user left out by name."""

    services: tuple[str, ...]
    excluded: frozenset[str] = frozenset()


def select(stack: Stack, asked: Asked = EVERYTHING, *, no_deps: bool = False) -> Selection:
    """The services that `up` means.

    Names and groups take what they need with them, `only` takes nothing else; without either it is
    every service that has no profile. Raises UsageError as `named` does, and for an excluded
    service that a chosen one needs, unless `no_deps`.
    """
    wanted, excluded = named(stack, asked), left_out(stack, asked)
    if asked.only or (wanted and no_deps):
        chosen = set(wanted - excluded)
    else:
        chosen = set()
        roots = (wanted or stack.default_services) - excluded
        for name in (name for name in start_order(stack) if name in roots):
            chosen |= _with_dependencies(stack, name, excluded, no_deps)
    return _selection(stack, chosen, excluded)


def select_exactly(stack: Stack, asked: Asked = EVERYTHING) -> Selection:
    """What is named and nothing it needs; without a name every service that has no profile.

    Raises UsageError as `named` does, and when nothing is left.
    """
    wanted, excluded = named(stack, asked), left_out(stack, asked)
    return _selection(stack, (wanted or stack.default_services) - excluded, excluded)


def named(stack: Stack, asked: Asked, others: Others = NO_OTHERS) -> frozenset[str]:
    """The services and others that are named in any way; none when the command means all.

    Raises UsageError for an unknown name, an empty group, and for `only` beside other names.
    """
    if asked.only and (asked.names or asked.groups):
        raise UsageError(
            "SERVICE or --group and --only contradict each other",
            hint="give names (what starts takes its needs along), or --only: exactly these",
        )
    chosen = expand(stack, (*asked.names, *asked.only), others)
    return frozenset(chosen.union(*(_members(stack, name) for name in _words(asked.groups))))


def left_out(stack: Stack, asked: Asked, others: Others = NO_OTHERS) -> frozenset[str]:
    """The services and others that `--exclude` names. Raises UsageError for an unknown name."""
    return frozenset(expand(stack, asked.exclude, others))


def expand(stack: Stack, names: Iterable[str], others: Others = NO_OTHERS) -> set[str]:
    """Names of services and others out of those, of groups, or of comma-separated lists.

    A service's name wins over a group's, and both over the others'. Raises UsageError.
    """
    expanded: set[str] = set()
    for name in _words(names):
        if name in stack.services:
            expanded.add(name)
        elif name in stack.groups:
            expanded |= _members(stack, name)
        elif name in others:
            expanded.update(others[name])
        else:
            known = [*stack.services, *stack.groups, *others]
            raise _unknown(f"there is no service or group {name!r}", name, known)
    return expanded


def one_service(stack: Stack, name: str) -> str:
    """The name of a service. Raises UsageError with the nearest ones when there is none of it."""
    if name not in stack.services:
        raise _unknown(f"there is no service {name!r}", name, stack.services)
    return name


def start_order(stack: Stack) -> tuple[str, ...]:
    """All services, each after everything it depends on; compose.yaml's order otherwise."""
    ordered: dict[str, None] = {}

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            cycle = " -> ".join((*path[path.index(name) :], name))
            raise UsageError(f"services depend on each other: {cycle}", hint="mend compose.yaml")
        for dependency in stack.services[name].depends_on:
            visit(dependency, (*path, name))
        ordered[name] = None

    for name in stack.services:
        visit(name, ())
    return tuple(ordered)


def in_order(stack: Stack, names: Collection[str] = ()) -> tuple[str, ...]:
    """The named services in start order; every service that has no profile when none is named."""
    meant = names or stack.default_services
    return tuple(name for name in start_order(stack) if name in meant)


def needs(stack: Stack, name: str) -> frozenset[str]:
    """Everything the service needs, directly or not, itself included."""
    return frozenset({name}).union(
        *(needs(stack, need) for need in stack.services[name].depends_on)
    )


def _words(texts: Iterable[str]) -> Iterable[str]:
    return (word.strip() for text in texts for word in text.split(",") if word.strip())


def _members(stack: Stack, group: str) -> frozenset[str]:
    """The services of a group without a profile, or all of them when each has one."""
    if group not in stack.groups:
        raise _unknown(f"there is no group {group!r}", group, stack.groups)
    members = frozenset(stack.groups[group])
    if not members:
        filled = [name for name, services in stack.groups.items() if services]
        raise UsageError(
            f"group {group} has no services in this stack", hint=f"one of: {', '.join(filled)}"
        )
    return members & stack.default_services or members


def _unknown(message: str, name: str, known: Iterable[str]) -> UsageError:
    """With the nearest of the names that there are."""
    close = nearest(name, known)
    return UsageError(
        message,
        hint=f"did you mean {' or '.join(close)}?" if close else f"one of: {', '.join(known)}",
    )


def _selection(stack: Stack, chosen: Collection[str], excluded: frozenset[str]) -> Selection:
    if not chosen:
        raise UsageError(
            "nothing is left to do: every chosen service is excluded", hint="leave out less"
        )
    return Selection(services=in_order(stack, chosen), excluded=excluded)


def _with_dependencies(
    stack: Stack, root: str, excluded: Collection[str], no_deps: bool
) -> set[str]:
    """`root` and all it needs; the path to an excluded need is named in the error."""
    paths: dict[str, tuple[str, ...]] = {root: (root,)}
    pending = [root]
    while pending:
        name = pending.pop()
        for dependency in stack.services[name].depends_on:
            if dependency in excluded:
                if not no_deps:
                    raise _needed(stack, dependency, (*paths[name], dependency))
            elif dependency not in paths:
                paths[dependency] = (*paths[name], dependency)
                pending.append(dependency)
    return set(paths)


def _needed(stack: Stack, excluded: str, path: tuple[str, ...]) -> UsageError:
    needing = [n for n in stack.services if n != excluded and excluded in needs(stack, n)]
    return UsageError(
        f"{excluded} is excluded, but {path[0]} needs it: {' -> '.join(path)}",
        hint=f"also --exclude {','.join(needing)}, or start without it: --no-deps",
    )
