"""Where a page of letters ended, as text: `TOPIC:PARTITION:OFFSET,…`, one part a partition."""

import re
from collections.abc import Mapping

from paystack_cli.clients.sanitize import sanitize
from paystack_cli.errors import UsageError
from paystack_cli.events.topic_reader import Partition, Span

_PART = re.compile(
    r"(?P<topic>[A-Za-z0-9._-]+):(?P<partition>\d{1,9}):(?P<offset>\d{1,18})", re.ASCII
)


def cursor_of(rest: Mapping[Partition, Span], *, newest: bool) -> str | None:
    """Of what is still to be read, newest or oldest first; None when nothing is."""
    return (
        ",".join(
            f"{topic}:{number}:{span.end if newest else span.begin}"
            for (topic, number), span in sorted(rest.items())
            if span.size
        )
        or None
    )


def since_cursor(
    spans: Mapping[Partition, Span], cursor: str, *, newest: bool
) -> dict[Partition, Span]:
    """What a page that begins at the cursor has to read; other partitions are done.

    Raises UsageError.
    """
    rest = {}
    for part in cursor.split(","):
        found = _PART.fullmatch(part)
        at = (found["topic"], int(found["partition"])) if found else ("", 0)
        if found is None or at not in spans:
            raise UsageError(
                f"--from does not understand {sanitize(part)!r}",
                hint="give what `paystack dlq list` printed, with the same topics",
            )
        begin, end = spans[at]
        offset = int(found["offset"])
        rest[at] = Span(begin, min(end, offset)) if newest else Span(max(begin, offset), end)
    return rest
