"""The command that opens MariaDB's own client where the database runs.

Account and password are the service's own environment, so that they stand in no command line.
"""

from dataclasses import dataclass

from paystack_cli.clients.endpoints import door
from paystack_cli.engines.base import Engine
from paystack_cli.errors import ExitCode
from paystack_cli.stack.model import Service

_SCRIPT = """\
command -v mariadb >/dev/null || {{
  echo "paystack: there is no mariadb client here" >&2
  echo "  next: sudo apt-get install mariadb-client-core" >&2
  exit {no_client}
}}
export MYSQL_PWD="{password}"
exec mariadb --no-defaults --user="{user}" --database="$MARIADB_DATABASE" "$@" {input}
"""
_NO_INPUT = "</dev/null"


@dataclass(frozen=True, slots=True)
class Account:
    """Names of the service's variables, as its shell reads them."""

    user: str
    password: str


SERVICES = Account("$MARIADB_USER", "$MARIADB_PASSWORD")
ROOT = Account("root", "$MARIADB_ROOT_PASSWORD")


def client_command(
    engine: Engine, service: Service, account: Account, *, execute: str | None
) -> tuple[str, ...]:
    """To be run in the service. With `execute` it runs that SQL and reads no input."""
    script = _SCRIPT.format(
        no_client=int(ExitCode.PREFLIGHT),
        user=account.user,
        password=account.password,
        input="" if execute is None else _NO_INPUT,
    )
    port = door(service)
    if not engine.has_network:  # there it listens at its port of this machine
        port = engine.address(service.name, port).port
    options = [
        *("--protocol=tcp", "--host=127.0.0.1", f"--port={port}"),
        "--default-character-set=utf8mb4",
    ]
    if execute is not None:
        options.append(f"--execute={execute}")
    return ("sh", "-c", script, "mariadb", *options)
