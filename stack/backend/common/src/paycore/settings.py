"""What a service is told by its environment. Names and defaults stand in `stack/compose.yaml`."""

import os
from collections.abc import Mapping
from dataclasses import dataclass


class SettingMissing(Exception):
    """An environment variable that the service needs is absent or malformed."""


@dataclass(frozen=True, slots=True)
class Environment:
    """Typed access to environment variables; every error names the variable."""

    values: Mapping[str, str]

    @classmethod
    def of_process(cls) -> "Environment":
        return cls(os.environ)

    def text(self, name: str, default: str | None = None) -> str:
        value = self.values.get(name, default)
        if not value:
            raise SettingMissing(f"environment variable {name} is not set (see stack/compose.yaml)")
        return value

    def number(self, name: str, default: int | None = None) -> int:
        value = self.text(name, None if default is None else str(default))
        try:
            return int(value)
        except ValueError:
            raise SettingMissing(f"environment variable {name} is no number: {value!r}") from None

    def address(self, name: str) -> tuple[str, int]:
        """A `host:port` pair."""
        value = self.text(name)
        host, _, port = value.rpartition(":")
        if not host or not port.isdigit():
            raise SettingMissing(f"environment variable {name} is no host:port: {value!r}")
        return host, int(port)


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """Where paydb is and who asks."""

    host: str
    port: int
    name: str
    user: str
    password: str

    @classmethod
    def read(cls, environment: Environment) -> "DatabaseSettings":
        return cls(
            host=environment.text("DB_HOST"),
            port=environment.number("DB_PORT"),
            name=environment.text("DB_NAME"),
            user=environment.text("DB_USER"),
            password=environment.text("DB_PASSWORD"),
        )
