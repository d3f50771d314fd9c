"""What compose.yaml says of image builds. Of the rest nothing need be known or set for that."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from paystack_cli.byte_size import parse_size
from paystack_cli.stack.compose_file import (
    Document,
    environment,
    extension_of,
    interpolated,
    read_document,
    unreadable,
)
from paystack_cli.stack.settings import Settings

MORE_FILES = frozenset({"additional_contexts", "dockerfile_inline"})
"""Keys of a build that bring in files from elsewhere."""


@dataclass(frozen=True, slots=True)
class Build:
    """How the service's image is made; `args` are the Dockerfile's ARGs.

    `others` are the keys of the entry that bring in more files than these: `additional_contexts`,
    `dockerfile_inline`.
    """

    context: Path
    dockerfile: Path
    args: Mapping[str, str]
    target: str | None = None
    others: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Builds:
    """Builds by service, in the order of compose.yaml, which lies in `directory`.

    `context_budgets` are the bytes that a context may have at most, by its folder.
    """

    directory: Path
    services: Mapping[str, Build]
    context_budgets: Mapping[Path, int]


def load_builds(settings: Settings) -> Builds:
    """Read the builds of the project.

    Raises PreflightError when one of them needs a variable that is absent, or the file cannot be
    understood.
    """
    path = settings.compose_file
    document = read_document(path)
    variables = settings.variables
    try:
        raw = {name: service.get("build") for name, service in document["services"].items()}
        return Builds(
            directory=path.parent,
            services={
                name: build
                for name, given in raw.items()
                if (build := parse_build(interpolated(given, variables), path.parent, variables))
            },
            context_budgets=parse_budgets(
                interpolated(extension_of(document), variables), path.parent
            ),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise unreadable(path, f"{type(error).__name__}: {error}") from error


def parse_build(
    raw: Document | str | None, directory: Path, variables: Mapping[str, str]
) -> Build | None:
    """The `build` of a service, variables replaced; None for one that is not built."""
    if raw is None:
        return None
    given: Document = {"context": raw} if isinstance(raw, str) else raw
    context = directory / given.get("context", ".")
    return Build(
        context=context,
        dockerfile=context / given.get("dockerfile", "Dockerfile"),
        args=environment(given.get("args"), variables),
        target=given.get("target"),
        others=frozenset(MORE_FILES.intersection(given)),
    )


def parse_budgets(extension: Document, directory: Path) -> dict[Path, int]:
    """`context_budgets` of x-paystack: bytes by folder. Raises ValueError for what is no size."""
    return {
        directory / folder: parse_size(str(size))
        for folder, size in extension.get("context_budgets", {}).items()
    }
