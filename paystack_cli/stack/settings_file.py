"""The project's settings file: `paystack.toml`, or `[tool.paystack]` in pyproject.toml.

It is committed and holds what is true for everybody; secrets and what belongs to one machine stand
in `.env`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from paystack_cli.errors import PreflightError
from paystack_cli.stack.known_settings import PORT_MAX, Kind, KnownSetting, known_settings
from paystack_cli.stack.nearest import nearest

FILE = "paystack.toml"
PYPROJECT = "pyproject.toml"
TABLE = "tool.paystack"


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """What the file sets, by variable, and the name of the file ("" when there is none)."""

    name: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


def read_settings_file(project_dir: Path, compose_file: Path) -> SettingsFile:
    """The settings of the project's file.

    Raises PreflightError for what cannot be read, a key that does not exist (with the nearest one),
    a value of another type, a secret, and when both files have settings.
    """
    found = {
        name: table
        for name, table in (
            (FILE, _read(project_dir / FILE)),
            (f"{PYPROJECT} [{TABLE}]", _read_pyproject(project_dir / PYPROJECT)),
        )
        if table is not None
    }
    if not found:
        return SettingsFile()
    if len(found) > 1:
        raise PreflightError(
            f"settings stand in {' and in '.join(found)}", hint=f"keep one of them: {FILE}"
        )
    ((name, table),) = found.items()
    known = known_settings(compose_file).values()
    by_key = {setting.key: setting for setting in known if setting.key}
    return SettingsFile(
        name,
        {
            setting.variable: text
            for key, value in _flat(table)
            for setting, text in [_understood(name, key, value, by_key, project_dir)]
        },
    )


def _read(path: Path) -> Mapping[str, Any] | None:
    """The file's content; None when there is no file."""
    try:
        text = path.read_text("utf-8")
        import tomllib  # most projects have no file to parse

        return tomllib.loads(text)
    except FileNotFoundError:
        return None
    except ValueError as error:  # it is no TOML, or no UTF-8
        raise PreflightError(f"cannot read {path}: {error}", hint=f"mend {path}") from error


def _read_pyproject(path: Path) -> Mapping[str, Any] | None:
    """Our table in it; the file is parsed only when it has one."""
    try:
        if f"[{TABLE}" not in path.read_text("utf-8"):
            return None
    except FileNotFoundError:
        return None
    document = _read(path) or {}
    table: Mapping[str, Any] | None = document.get("tool", {}).get("paystack")
    return table


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Keys with their tables in front: `ports.gateway`."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _understood(
    file: str, key: str, value: object, by_key: Mapping[str, KnownSetting], project_dir: Path
) -> tuple[KnownSetting, str]:
    """The setting of this key, and its value as the text of its variable."""
    setting = by_key.get(key)
    if setting is None:
        close = " or ".join(nearest(key, by_key)) or f"one of {', '.join(by_key)}"
        raise PreflightError(
            f"{file}: there is no setting {key!r}",
            hint=f"did you mean {close}? (secrets stand in .env)",
        )
    if not _fits(setting.kind, value):
        raise PreflightError(
            f"{file}: {key} is {value!r}, and must be {setting.kind}", hint=f"mend {key} in {file}"
        )
    text = str(value)
    return setting, str(project_dir / text) if setting.kind is Kind.FOLDER else text


def _fits(kind: Kind, value: object) -> bool:
    """Whether the value has the kind's type and range. A TOML boolean is an int to Python."""
    match value:
        case bool():
            return False
        case int():
            return kind is Kind.NUMBER or (kind is Kind.PORT and 0 < value <= PORT_MAX)
        case str():
            return kind in {Kind.TEXT, Kind.FOLDER} and value != ""
    return False
