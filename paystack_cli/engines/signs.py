"""Words by which servers, services and Docker tell what is wrong, and what they mean. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_MEND = "mend what it names, then: paystack up"


@dataclass(frozen=True, slots=True)
class Sign:
    """Words, what they mean, and the next command.

    `means` and `next_command` may use the pattern's groups, the latter `{service}` too; `of_need`:
    the service speaks of something that it needs, so that one of its needs may be at fault.
    """

    pattern: re.Pattern[str]
    means: str
    next_command: str
    of_need: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """A sign that was found: what it means here, and the line that said so."""

    sign: Sign
    means: str
    line: str

    def next_command(self, service: str) -> str:
        """The command that helps."""
        found = self.sign.pattern.search(self.line)
        groups = found.groupdict() if found else {}
        return self.sign.next_command.format(service=service, **groups)


def _sign(pattern: str, means: str, next_command: str, *, of_need: bool = False) -> Sign:
    return Sign(re.compile(pattern, re.IGNORECASE), means, next_command, of_need)


NO_IMAGE = "check the network to the image registry; without one: bash scripts/base-images"
_PORT = "paystack status, then stop what holds the port, or move ours (docs/operations.md)"

SIGNS: Sequence[Sign] = (
    _sign(
        r"no space left on device|\berrcode: 28\b|\berrno:? 28\b|\berror (?:number )?28\b"
        r"|disk (?:is )?full",
        "its disk or volume is full",
        "make room (docker system df, df -h), then: paystack up {service}",
    ),
    _sign(
        r"access denied for user '?(?P<user>[^'@\s]+)",
        "the database refuses the password of {user}",
        "put the password that the data was made with into .env (MARIADB_PASSWORD),"
        " then: paystack up {service}",
    ),
    _sign(
        r"(?:no such image: |pull access denied for |manifest for )(?P<image>[^\s,]+)",
        "image {image} is not there",
        NO_IMAGE,
    ),
    _sign(
        r"failed to resolve (?:reference|source)|\bno such host\b|i/o timeout",
        "an image cannot be fetched",
        NO_IMAGE,
    ),
    _sign(
        r"port is already allocated|address already in use|EADDRINUSE",
        "a port that it needs is taken",
        _PORT,
    ),
    _sign(
        r"could not find an available.*address pool",
        "Docker has no address range left for a network",
        "docker network prune, then: paystack up",
    ),
    _sign(
        r"OutOfMemoryError|cannot allocate memory|out of memory|\bMemoryError\b|bad_alloc",
        "it had too little memory",
        "give it more (mem_limit in stack/compose.yaml), then: paystack up {service}",
    ),
    _sign(
        r"table '(?P<table>[^']+)' doesn't exist",
        "table {table} is not there",
        "paystack up {service}",
        of_need=True,
    ),
    _sign(
        r"connection refused|can't connect to|lost connection to|name or service not known"
        r"|name resolution|host not found in upstream|no route to host|broker transport failure"
        r"|brokers? (?:are|is) down|UNKNOWN_TOPIC_OR_PART|Failed to resolve '",
        "it does not reach what it needs",
        "paystack status",
        of_need=True,
    ),
)
"""Most telling first: a full disk also refuses connections."""


def read_signs(lines: Iterable[str]) -> Reading | None:
    """The most telling sign in the lines, where it was last; None when there is none."""
    newest_first = list(lines)[::-1]
    for sign in SIGNS:
        for line in newest_first:
            if found := sign.pattern.search(line):
                return Reading(sign, sign.means.format(**found.groupdict()), line)
    return None


def remedy(words: str) -> str:
    """The next command for what a program said while no service was at fault."""
    reading = read_signs([words])
    return reading.next_command("").rstrip() if reading else _MEND
