"""Which services a command means: names, `--only`, `--exclude`, and what they need. Pure."""

import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from paystack_cli.errors import UsageError
from paystack_cli.stack.model import Stack

NEAREST_NAMES_MAX = 3


@dataclass(frozen=True, slots=True)
class Selection:
    """The chosen services in start order, and those the user left out by name."""

    services: tuple[str, ...]
    excluded: frozenset[str] = frozenset()


def select(
    stack: Stack,
    *,
    names: Iterable[str] = (),
    only: Iterable[str] = (),
    exclude: Iterable[str] = (),
    no_deps: bool = False,
) -> Selection:
    """The services that `up` means; a group name stands for its services.

    `names` take what they need with them, `only` takes nothing else; without either it is every
    service that has no profile. Raises UsageError for an unknown name, for `names` together with
    `only`, and for an excluded service that a chosen one needs, unless `no_deps`.
    """
    wanted, exactly, excluded = (expand(stack, given) for given in (names, only, exclude))
    if wanted and exactly:
        raise UsageError(
            "SERVICE and --only contradict each other",
            hint="give the names with what they need (paystack up NAME…), or exactly (--only NAME)",
        )
    if exactly or (wanted and no_deps):
        chosen = (exactly or wanted) - excluded
    else:
        chosen = set()
        roots = (wanted or stack.default_services) - excluded
        for name in (name for name in start_order(stack) if name in roots):
            chosen |= _with_dependencies(stack, name, excluded, no_deps)
    if not chosen:
        raise UsageError(
            "nothing is left to do: every chosen service is excluded", hint="paystack up"
        )
    return Selection(services=in_order(stack, chosen), excluded=frozenset(excluded))


def expand(stack: Stack, names: Iterable[str]) -> set[str]:
    """Service names out of service and group names, each possibly a comma-separated list.

    A group stands for its services without a profile, or for all when each of them has one.
    """
    expanded: set[str] = set()
    for name in (part.strip() for text in names for part in text.split(",")):
        if name in stack.services:
            expanded.add(name)
        elif name in stack.groups:
            members = set(stack.groups[name])
            expanded |= members & stack.default_services or members
        elif name:
            raise unknown_name(name, stack)
    return expanded


def unknown_name(name: str, stack: Stack) -> UsageError:
    """The error for a name that is neither service nor group, with the nearest ones."""
    known = [*stack.services, *stack.groups]
    nearest = difflib.get_close_matches(name, known, n=NEAREST_NAMES_MAX, cutoff=0.5)
    return UsageError(
        f"there is no service or group {name!r}",
        hint=f"did you mean {' or '.join(nearest)}?" if nearest else f"one of: {', '.join(known)}",
    )


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


def _with_dependencies(stack: Stack, root: str, excluded: set[str], no_deps: bool) -> set[str]:
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
    needing = [n for n in stack.services if n != excluded and excluded in _needs(stack, n)]
    return UsageError(
        f"{excluded} is excluded, but {path[0]} needs it: {' -> '.join(path)}",
        hint=f"also --exclude {','.join(needing)}, or start without it: --no-deps",
    )


def _needs(stack: Stack, name: str) -> set[str]:
    """Everything the service needs, itself included."""
    return {name}.union(*(_needs(stack, need) for need in stack.services[name].depends_on))
