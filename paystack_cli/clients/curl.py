"""curl as an HTTP client: requests to its configuration, what it left behind to answers. Pure.

One curl process sends all requests at once. Each answer goes to files of its own, head and body as
they came over the wire, and a line on how it went to REPORTS; SCRIPT hands all of them out as one
tar archive in base64, which no terminal, locale or log on the way can change.
"""

import base64
import binascii
import io
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

import httpx

from paystack_cli.clients.http import Answer

REPORTS = "reports"
SCRIPT = f"""\
work="${{TMPDIR:-/dev/shm}}/curl.$$"
mkdir "$work" && cd "$work" || exit
printf %s "$1" | curl -q --no-progress-meter --parallel --config - >{REPORTS}
tar -cf - . | base64"""
"""For `sh -c SCRIPT sh CONFIGURATION`; needs curl and what busybox has.

/dev/shm can be written to in every container, one with a read-only root file system included.
"""

_REASONS: Mapping[int, str] = {
    3: "that is no URL",
    6: "nobody has this name",
    7: "refused",
    18: "the answer ended early",
    28: "no answer in time",
    35: "no TLS connection",
    52: "closed without an answer",
    56: "the connection broke",
    60: "the certificate is not trusted",
}
"""curl's exit codes (https://curl.se/libcurl/c/libcurl-errors.html); of others its own words."""

_ESCAPES = str.maketrans(
    {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}
)
"""Of a quoted value in a curl configuration."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; `timeout_s` is for the whole answer."""

    method: str
    url: str
    timeout_s: float
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failure:
    """No full answer came."""

    reason: str


class Unreadable(Exception):
    """The output is not what SCRIPT prints: it never ran, or not to its end."""


def configuration(requests: Sequence[Request]) -> str:
    """The configuration (curl(1), `--config`) that sends all of them.

    Raises ValueError for a body that is no text: a configuration cannot hold it.
    """
    return "next\n".join(
        "globoff\n" + "".join(_option(name, value) for name, value in _options(number, request))
        for number, request in enumerate(requests)
    )


def _options(number: int, request: Request) -> list[tuple[str, str]]:
    body = () if request.body is None else (("data-raw", request.body.decode()),)
    return [
        ("url", request.url),
        ("request", request.method),
        # To curl `Name:` means to leave the header out, `Name;` to send it empty.
        *(("header", f"{n}: {v}" if v else f"{n};") for n, v in request.headers.items()),
        *body,
        ("max-time", f"{request.timeout_s:.3f}"),
        ("noproxy", "*"),
        ("output", _body_file(number)),
        ("dump-header", _head_file(number)),
        ("write-out", f"{number} %{{exitcode}} %{{errormsg}}\n"),
    ]


def _option(name: str, value: str) -> str:
    if "\0" in value:
        raise ValueError(f"curl's {name} cannot hold a NUL")
    return f'{name} = "{value.translate(_ESCAPES)}"\n'


def read_answers(output: str, count: int) -> list[Answer | Failure]:
    """What came of each of `count` requests. Raises Unreadable."""
    try:
        files = _unpack(output)
        reports = dict(_report(line) for line in files[REPORTS].splitlines())
        return [_outcome(files, number, *reports[number]) for number in range(count)]
    except (KeyError, ValueError, binascii.Error, tarfile.TarError, EOFError) as error:
        raise Unreadable(f"{type(error).__name__}: {error}") from error


def _unpack(output: str) -> dict[str, bytes]:
    archive = base64.b64decode(output.encode("ascii", "replace"))
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:") as tar:
        return {
            member.name.removeprefix("./"): content.read()
            for member in tar
            if (content := tar.extractfile(member)) is not None
        }


def _report(line: bytes) -> tuple[int, tuple[int, str]]:
    number, exit_code, *message = line.decode("utf-8", "replace").split(" ", 2)
    return int(number), (int(exit_code), message[0] if message else "")


def _outcome(
    files: Mapping[str, bytes], number: int, exit_code: int, message: str
) -> Answer | Failure:
    if exit_code != 0:
        return Failure(f"{_REASONS.get(exit_code, message)} (curl {exit_code})")
    # curl makes no file for a body without a byte.
    return _answer(files[_head_file(number)], files.get(_body_file(number), b""))


def _answer(head: bytes, body: bytes) -> Answer:
    """The last status line counts: a 100 Continue comes before, the trailer of a body behind it."""
    lines = [line.removesuffix(b"\r") for line in head.split(b"\n")]
    begin = max(at for at, line in enumerate(lines) if line.startswith(b"HTTP/"))
    fields = [line.partition(b":") for line in takewhile(bool, lines[begin + 1 :])]
    headers = [(name, value.strip(b" \t")) for name, _, value in fields]
    return Answer(int(lines[begin].split()[1]), httpx.Headers(headers), body)


def _head_file(number: int) -> str:
    return f"{number}.head"


def _body_file(number: int) -> str:
    return f"{number}.body"
