"""What a plug-in may rely on: everything that this module names, and nothing else of paystack.

A plug-in's module says `PLUGIN_API = 1`, the version of the contract that it is written for.
Within a version names are only added. Entry points and examples: docs/plugins.md.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from paystack_cli.checks.model import (
    AttemptFailed,
    Check,
    Evidence,
    Hopeless,
    NoAnswer,
    Probe,
)
from paystack_cli.checks.place import choose_place, open_reach
from paystack_cli.checks.reach import Reach
from paystack_cli.commands.context import Context, OutputFormat, context_of
from paystack_cli.errors import (
    CheckFailed,
    ExitCode,
    PaystackError,
    PreflightError,
    ThresholdExceeded,
    TimedOut,
    UsageError,
)
from paystack_cli.stack.model import Service, Stack

__all__ = [
    "PLUGIN_API",
    "AttemptFailed",
    "Check",
    "CheckFailed",
    "CheckPlugin",
    "Context",
    "Evidence",
    "ExitCode",
    "Hopeless",
    "NoAnswer",
    "OutputFormat",
    "PaystackError",
    "PreflightError",
    "Probe",
    "Reach",
    "Service",
    "Site",
    "Stack",
    "ThresholdExceeded",
    "TimedOut",
    "UsageError",
    "context_of",
    "open_site",
]

PLUGIN_API = 1
"""The version of this contract."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where a check works: the stack, the way to its servers, the variables of this run.

    `reach.http(reach.service_url(service), hint=…)` is a client of a service that speaks HTTP,
    `reach.database()` asks MariaDB; both work from inside the stack's network and from outside.
    Their errors fail the attempt by themselves.
    """

    stack: Stack
    reach: Reach
    variables: Mapping[str, str]


def open_site(run: Context) -> Site:
    """The site of a command's run, as `health` would choose it. Raises PaystackError."""
    variables = run.settings.variables
    place = choose_place(None, variables, run.engine)
    return Site(run.stack, open_reach(place, run.stack, run.engine, variables), variables)


class CheckPlugin(Protocol):
    """What an entry point of the group `paystack.checks` names: makes the checks of a site.

    Each check gets a thread of its own and is tried again until the deadline of `health`, unless it
    raises Hopeless; one attempt must not take longer than the seconds that its probe is given.
    """

    def __call__(self, site: Site) -> Iterable[Check]: ...
