"""The text of a compose.yaml: read, its variables replaced. What it means is for others to say."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from paystack_cli.errors import PreflightError
from paystack_cli.stack.interpolation import interpolate

FORMAT = 1
"""The `x-paystack` format that this release reads."""

Document = Mapping[str, Any]


def read_document(path: Path) -> Document:
    """A compose.yaml as it is written, variables in place. Raises PreflightError."""
    import yaml  # 10 ms that a command's help can do without

    # libyaml where this machine has it: 50 ms less for each command.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        document: Document = yaml.load(path.read_text("utf-8"), Loader=loader)  # noqa: S506 - safe
    except (yaml.YAMLError, OSError) as error:
        raise unreadable(path, str(error)) from error
    return document


def unreadable(path: Path, reason: str) -> PreflightError:
    """The error about a compose.yaml that cannot be understood."""
    return PreflightError(f"cannot read {path}: {reason}", hint=f"git diff {path}")


def interpolated(node: Any, variables: Mapping[str, str]) -> Any:
    """The node with every variable below it replaced. Raises what `interpolate` raises."""
    match node:
        case str():
            return interpolate(node, variables)
        case dict():
            return {key: interpolated(value, variables) for key, value in node.items()}
        case list():
            return [interpolated(value, variables) for value in node]
    return node


def extension_of(document: Document) -> Document:
    """What is there for paystack only. Raises ValueError for a format of another release."""
    extension: Document = document.get("x-paystack", {})
    if extension.get("format", FORMAT) != FORMAT:
        raise ValueError(f"x-paystack format {extension['format']}, this release reads {FORMAT}")
    return extension


def environment(
    raw: Mapping[str, object] | list[str] | None, variables: Mapping[str, str]
) -> dict[str, str]:
    """Map form and list form; a name without a value takes it from the variables, if there."""
    if isinstance(raw, list):
        pairs = [entry.partition("=") for entry in raw]
        raw = {name: value if equals else None for name, equals, value in pairs}
    given: dict[str, str] = {}
    for name, value in (raw or {}).items():
        if value is not None:
            given[name] = str(value)
        elif name in variables:
            given[name] = variables[name]
    return given
