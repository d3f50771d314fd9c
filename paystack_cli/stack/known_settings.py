"""Every setting that there is: its variable, its key in paystack.toml, and what it may hold.

Most of them are the variables of compose.yaml, found there; the rest is what paystack itself reads.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

PREFIX = "PAYSTACK_"
PORT_SUFFIX, IMAGE_SUFFIX = "_PORT", "_IMAGE"
PORT_MAX = 65535

NAME, ENGINE, PORT_OFFSET = "PAYSTACK_NAME", "PAYSTACK_ENGINE", "PAYSTACK_PORT_OFFSET"
"""Settings that are options of every command as well."""

STATE_DIR, BUDGET = "PAYSTACK_STATE_DIR", "PAYSTACK_BUDGET"

_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::?-(?P<default>[^}]*))?")
_GIVEN = {"PAYSTACK_VOLUMES"}
"""Given to compose.yaml by paystack, not for setting."""
_SECRET = re.compile(r"PASSWORD|TOKEN")


class Kind(StrEnum):
    """What a setting holds."""

    TEXT = "text"
    NUMBER = "a whole number"
    PORT = f"a port number, 1 to {PORT_MAX}"
    FOLDER = "a folder"
    SECRET = "a secret"  # noqa: S105 - a word for people


@dataclass(frozen=True, slots=True)
class KnownSetting:
    """One setting; `key` is "" where it must not stand in a file that is committed."""

    variable: str
    key: str
    kind: Kind
    default: str | None = None


_OF_PAYSTACK = (
    KnownSetting(ENGINE, "engine", Kind.TEXT, "auto"),
    KnownSetting(PORT_OFFSET, "port-offset", Kind.NUMBER, "0"),
    KnownSetting(STATE_DIR, "state-dir", Kind.FOLDER),
    KnownSetting("PAYSTACK_TOOLS_DIR", "tools-dir", Kind.FOLDER),
    KnownSetting("PAYSTACK_FROM", "from", Kind.TEXT),
    KnownSetting(BUDGET, "budget", Kind.TEXT),
    KnownSetting("PAYSTACK_PYTHON", "", Kind.TEXT),  # read by the scripts, before there is a key
    KnownSetting("PAYSTACK_MARIADB", "programs.mariadb", Kind.TEXT),
    KnownSetting("PAYSTACK_NGINX", "programs.nginx", Kind.TEXT),
    KnownSetting("PAYSTACK_JAVA", "programs.java", Kind.TEXT),
    KnownSetting("PAYSTACK_KCAT", "programs.kcat", Kind.TEXT),
    KnownSetting("PAYSTACK_WRK", "programs.wrk", Kind.TEXT),
    KnownSetting("PAYSTACK_HYPERFINE", "programs.hyperfine", Kind.TEXT),
    KnownSetting("PAYSTACK_DOCKERD", "programs.dockerd", Kind.TEXT),
    KnownSetting("PAYSTACK_DOCKER_COMPOSE", "programs.docker-compose", Kind.TEXT),
    KnownSetting("PAYSTACK_DOCKER_BUILDX", "programs.docker-buildx", Kind.TEXT),
    KnownSetting("PAYSTACK_DEBOOTSTRAP", "programs.debootstrap", Kind.TEXT),
    KnownSetting("PAYSTACK_DB_HOST", "servers.db-host", Kind.TEXT),
    KnownSetting("PAYSTACK_DB_PORT", "servers.db-port", Kind.PORT),
    KnownSetting("PAYSTACK_DB_USER", "servers.db-user", Kind.TEXT),
    KnownSetting("PAYSTACK_DB_PASSWORD", "", Kind.SECRET),
    KnownSetting("PAYSTACK_DB_NAME", "servers.db-name", Kind.TEXT),
    KnownSetting("PAYSTACK_DB_SSL_CA", "servers.db-ssl-ca", Kind.TEXT),
    KnownSetting("PAYSTACK_DB_SSL_CERTIFICATE", "servers.db-ssl-certificate", Kind.TEXT),
    KnownSetting("PAYSTACK_DB_SSL_KEY", "servers.db-ssl-key", Kind.TEXT),
    KnownSetting("PAYSTACK_KAFKA_BOOTSTRAP", "servers.kafka-bootstrap", Kind.TEXT),
    KnownSetting("PAYSTACK_KAFKA_SECURITY_PROTOCOL", "servers.kafka-security-protocol", Kind.TEXT),
    KnownSetting("PAYSTACK_KAFKA_SASL_MECHANISM", "servers.kafka-sasl-mechanism", Kind.TEXT),
    KnownSetting("PAYSTACK_KAFKA_SASL_USERNAME", "servers.kafka-sasl-username", Kind.TEXT),
    KnownSetting("PAYSTACK_KAFKA_SASL_PASSWORD", "", Kind.SECRET),
    KnownSetting("PAYSTACK_KAFKA_SSL_CA", "servers.kafka-ssl-ca", Kind.TEXT),
    KnownSetting("PAYSTACK_KAFKA_SSL_CERTIFICATE", "servers.kafka-ssl-certificate", Kind.TEXT),
    KnownSetting("PAYSTACK_KAFKA_SSL_KEY", "servers.kafka-ssl-key", Kind.TEXT),
    KnownSetting("PAYSTACK_KAFKA_SSL_KEY_PASSWORD", "", Kind.SECRET),
    KnownSetting("PAYSTACK_GATEWAY_URL", "servers.gateway-url", Kind.TEXT),
)
"""What paystack and its scripts read; the servers are those of a stack that runs elsewhere."""


def known_settings(compose_file: Path) -> dict[str, KnownSetting]:
    """Every setting by its variable, sorted by it."""
    found = {setting.variable: setting for setting in _OF_PAYSTACK}
    for setting in _of_compose(compose_file.read_text("utf-8")):
        found.setdefault(setting.variable, setting)
    return dict(sorted(found.items()))


def default_ports(compose_file: Path) -> Mapping[str, int]:
    """The variables of compose.yaml that move a host port -> the port without them."""
    variables = _VARIABLE.finditer(compose_file.read_text("utf-8"))
    return {
        found["name"]: int(found["default"])
        for found in variables
        if found["name"].endswith(PORT_SUFFIX) and (found["default"] or "").isdecimal()
    }


def is_secret(variable: str) -> bool:
    """Whether the value of a variable of this name must not be shown."""
    return _SECRET.search(variable) is not None


def _of_compose(text: str) -> Iterator[KnownSetting]:
    for found in _VARIABLE.finditer(text):
        variable, default = found["name"], found["default"]
        if variable in _GIVEN:
            continue
        if is_secret(variable):
            yield KnownSetting(variable, "", Kind.SECRET)
        elif variable.endswith(PORT_SUFFIX):
            yield KnownSetting(variable, f"ports.{_key(variable, PORT_SUFFIX)}", Kind.PORT, default)
        elif variable.endswith(IMAGE_SUFFIX):
            key = f"images.{_key(variable, IMAGE_SUFFIX)}"
            yield KnownSetting(variable, key, Kind.TEXT, default)
        else:
            kind = Kind.NUMBER if (default or "").isdecimal() else Kind.TEXT
            yield KnownSetting(variable, _key(variable), kind, default)


def _key(variable: str, suffix: str = "") -> str:
    return variable.removeprefix(PREFIX).removesuffix(suffix).lower().replace("_", "-")
