"""`paystack context`: what image builds are sent. Not the Context that commands start from."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import click
import typer
from typer.core import TyperGroup

from paystack_cli.commands.completions import service_and_group_names
from paystack_cli.commands.context import Context, context_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from paystack_cli.context import Build
    from paystack_cli.stack.builds import Builds

DEFAULT_COMMAND = "show"


class ShownByDefault(TyperGroup):
    """A group whose own name means its command `show`: `paystack context gateway`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the command's name first where the line names none."""
        named = {"--help", *self.commands}
        return super().parse_args(ctx, args if named & {*args} else [DEFAULT_COMMAND, *args])


context = typer.Typer(
    help="What image builds are sent: measured, explained, kept small.", cls=ShownByDefault
)

Services = Annotated[
    list[str] | None,
    typer.Argument(
        help="Services; all that are built when none is named.",
        autocompletion=service_and_group_names,
    ),
]
Dockerfile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="The Dockerfile, when it is not the folder's own."),
]
IgnoreFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="The ignore file, when it is not the build's own."),
]
BuilderName = Annotated[
    str,
    typer.Option(click_type=click.Choice(["buildkit", "classic"]), help="What builds the image."),
]
Target = Annotated[
    str | None, typer.Option(metavar="STAGE", help="The stage to build; the last one without.")
]
BuildArgs = Annotated[
    list[str] | None,
    typer.Option("--build-arg", metavar="NAME=VALUE", help="An ARG. May be repeated."),
]

Folder = Annotated[
    Path | None,
    typer.Option("--dir", metavar="DIR", help="Any folder, instead of a context of the stack."),
]
BaselineFile = Annotated[
    Path | None,
    typer.Option(
        "--baseline", metavar="FILE", help="The baseline; stack/context-baseline.json without."
    ),
]


@context.command()
def show(
    ctx: typer.Context,
    services: Services = None,
    budget: Annotated[
        str | None,
        typer.Option(metavar="SIZE", help="Exit 6 when the contexts together are larger: 26MB."),
    ] = None,
    max_growth: Annotated[
        float | None,
        typer.Option(
            metavar="PERCENT", help="Exit 6 when a context has grown more since the baseline."
        ),
    ] = None,
    allow_secret: Annotated[
        list[str] | None,
        typer.Option(metavar="PATTERN", help="Files that look like a secret and are none."),
    ] = None,
    baseline_file: BaselineFile = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write a page with a treemap.")
    ] = None,
) -> None:
    """Measure what image builds are sent.

    For each context: all its files, those that the ignore file lets through, what BuildKit
    transfers and what the classic builder does. Nothing is built, and no engine is asked. Exit 6
    also when a context is larger than its budget in compose.yaml, or lets through what looks like a
    secret.
    """
    from paystack_cli.context.baseline import read_baseline
    from paystack_cli.context.gates import Limits, breaches
    from paystack_cli.context.survey import survey
    from paystack_cli.errors import ThresholdExceeded
    from paystack_cli.output.context_document import print_contexts

    run = context_of(ctx)
    limits = Limits(_size(budget), max_growth, tuple(allow_secret or ()))
    baseline = read_baseline(_baseline_path(run, baseline_file))
    contexts = survey(_builds(run), services or ())
    exceeded = list(breaches(contexts, baseline, limits))
    if run.as_json:
        print_contexts(contexts, baseline, exceeded)
    else:
        from paystack_cli.output.context_report import report_contexts

        report_contexts(contexts, baseline)
    if html is not None:
        from paystack_cli.output.context_treemap import write_page

        write_page(html, contexts)
    if exceeded:
        raise ThresholdExceeded("; ".join(exceeded), hint="paystack context rules")


@context.command()
def baseline(
    ctx: typer.Context, services: Services = None, baseline_file: BaselineFile = None
) -> None:
    """Remember the sizes of the contexts.

    They are written to a file that is committed, against which `context show --max-growth` judges;
    those of other contexts stay in it.
    """
    from paystack_cli.context.baseline import write_baseline
    from paystack_cli.context.survey import survey
    from paystack_cli.output.context_report import report_baseline

    run = context_of(ctx)
    path = _baseline_path(run, baseline_file)
    contexts = survey(_builds(run), services or ())
    written = write_baseline(path, contexts)
    report_baseline(path, contexts, written, as_json=run.as_json)


@context.command()
def files(
    ctx: typer.Context,
    folder: Annotated[str, typer.Argument(metavar="DIR", help="The context; any folder.")],
    dockerfile: Dockerfile = None,
    ignore_file: IgnoreFile = None,
    builder: BuilderName = "buildkit",
    target: Target = None,
    build_arg: BuildArgs = None,
) -> None:
    """List exactly what a builder is sent of a folder.

    Paths on stdout, the number of entries and the bytes of the transfer on stderr. A folder without
    a Dockerfile is measured as for `COPY . /`.
    """
    from paystack_cli.context import Builder, open_build
    from paystack_cli.output.context_files_report import report_files

    build = open_build(
        folder,
        builder=Builder(builder),
        dockerfile=dockerfile,
        ignore_file=ignore_file,
        target=target,
        args=_arguments(build_arg),
    )
    report_files(build, build.sent(), as_json=context_of(ctx).as_json)


@context.command()
def rules(ctx: typer.Context, services: Services = None, folder: Folder = None) -> None:
    """Show what each rule of an ignore file keeps out.

    And what is wrong with a rule: it matches nothing, others have decided before it, a later one
    undoes it, it misses what lies deeper, or only one of the builders obeys it.
    """
    from paystack_cli.context.audit import audit
    from paystack_cli.output.context_rules_report import report_rules

    run = context_of(ctx)
    found = {name: audit(build.root, build.rules) for name, build in _chosen(run, services, folder)}
    report_rules(found, as_json=run.as_json)


@context.command()
def suggest(
    ctx: typer.Context,
    services: Services = None,
    folder: Folder = None,
    write: Annotated[
        bool, typer.Option("--write", help="Add the lines to the ignore files.")
    ] = False,
) -> None:
    """Suggest lines for ignore files, each with what it saves.

    Only names that tools leave behind and files that look like secrets; never a line that would
    drop anything that the Dockerfile takes. With --write they are added to the files.
    """
    from paystack_cli.context.suggestions import suggest, write_lines
    from paystack_cli.output.context_rules_report import report_suggestions

    run = context_of(ctx)
    found = {}
    for name, build in _chosen(run, services, folder):
        found[name] = suggest(build)
        if write and found[name]:
            write_lines(build, found[name])
    report_suggestions(found, written=write, as_json=run.as_json)


@context.command()
def explain(
    ctx: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A file or folder of a context.")],
    folder: Folder = None,
    dockerfile: Dockerfile = None,
    target: Target = None,
) -> None:
    """Say whether builders are sent a path, and why.

    For BuildKit and for the classic builder: the rule and the line that decide.
    """
    from paystack_cli.context.explain import explain
    from paystack_cli.context.survey import context_holding
    from paystack_cli.output.context_rules_report import report_verdicts

    run = context_of(ctx)
    if folder is None:
        root, inside, built_by = context_holding(_builds(run), path)
    else:
        root, inside, built_by = folder, path.as_posix().rstrip("/"), None
    verdicts = explain(root, inside, dockerfile=dockerfile or built_by, target=target)
    report_verdicts(root.as_posix(), inside, verdicts, as_json=run.as_json)


def _chosen(
    run: Context, services: list[str] | None, folder: Path | None
) -> "Iterable[tuple[str, Build]]":
    """The builds to look at, by the context's name: of a folder, or of the stack."""
    from paystack_cli.context import open_build
    from paystack_cli.context.survey import stack_builds

    if folder is not None:
        return [(folder.as_posix(), open_build(folder))]
    return stack_builds(_builds(run), services or ())


def _builds(run: Context) -> "Builds":
    """The builds of compose.yaml, whose other settings need not be there."""
    from paystack_cli.stack.builds import load_builds

    return load_builds(run.settings)


def _size(text: str | None) -> int | None:
    """Bytes of an option. Raises UsageError."""
    from paystack_cli.byte_size import parse_size
    from paystack_cli.errors import UsageError

    try:
        return None if text is None else parse_size(text)
    except ValueError as error:
        raise UsageError(str(error), hint="paystack context show --help") from error


def _baseline_path(run: Context, named: Path | None) -> Path:
    from paystack_cli.context.baseline import FILE_NAME

    return named or run.settings.compose_file.with_name(FILE_NAME)


def _arguments(given: list[str] | None) -> dict[str, str]:
    """Build arguments by name. Raises UsageError for one without a value."""
    from paystack_cli.errors import UsageError

    pairs = [text.partition("=") for text in given or ()]
    for name, equals, _ in pairs:
        if not (name and equals):
            raise UsageError(f"--build-arg {name} has no value", hint="write NAME=VALUE")
    return {name: value for name, _, value in pairs}
