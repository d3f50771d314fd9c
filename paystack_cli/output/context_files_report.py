"""The files of a context as one JSON document, or one path a line, on stdout."""

import typer

from paystack_cli.byte_size import format_size
from paystack_cli.context import Build, Builder, Sent
from paystack_cli.output.document import print_document, versioned


def report_files(build: Build, sent: Sent, *, as_json: bool) -> None:
    """Tell what is sent; the total and what was assumed go to stderr: paths can be piped."""
    if build.dockerfile is None:
        typer.echo(f"{build.root} has no Dockerfile: measured as for COPY . /", err=True)
    if as_json:
        print_document(document(build.builder, sent))
        return
    for path in sent.paths:
        typer.echo(printable(path))
    typer.echo(
        f"{build.builder}: {len(sent.paths)} entries, {sent.bytes} bytes"
        f" ({format_size(sent.bytes)})",
        err=True,
    )


def document(builder: Builder, sent: Sent) -> dict[str, object]:
    """`paystack.context-files/v1`, described in docs/schemas."""
    return versioned(
        "context-files",
        builder=builder,
        files=list(sent.paths),
        types=dict(sorted(sent.kinds.items())),
        bytes=sent.bytes,
        count=len(sent.paths),
    )


def printable(path: str) -> str:
    """A path for people: bytes that are no UTF-8 as \\xNN, control characters escaped."""
    shown = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in shown)
