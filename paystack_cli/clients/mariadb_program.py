"""MariaDB from inside the stack's network: the `mariadb` program in the database's own container.

Account and password are the container's own environment; they pass through no argument.
"""

import json
import re
from collections.abc import Sequence

from paystack_cli.clients.database import CONNECT_MAX_S, SESSION, Row, database_error
from paystack_cli.clients.errors import ServerUnreachable
from paystack_cli.engines.base import Completed, Engine
from paystack_cli.errors import PaystackError

_PROGRAM = (
    'MYSQL_PWD="$MARIADB_PASSWORD" exec mariadb --no-defaults'
    ' --user="$MARIADB_USER" --database="$MARIADB_DATABASE" "$@"'
)
_OPTIONS = (
    "--protocol=tcp",  # what services use, not the socket
    "--host=127.0.0.1",
    "--default-character-set=utf8mb4",
    "--skip-reconnect",
    "--batch",
    "--raw",
    "--skip-column-names",
    f"--init-command={SESSION}",
)

EXEC_MAX_S = 10.0
"""For starting the program in the container, over the time of the statements."""

_END = "end of a statement"
"""Selected behind every statement: no row of ours reads so, they are JSON arrays."""

_ERROR = re.compile(r"^ERROR (\d+)(?: \(\w+\))?(?: at line \d+)?: (.*)", re.MULTILINE)


class MariadbProgram:
    """A Database inside the stack's network."""

    def __init__(self, engine: Engine, service: str) -> None:
        self._engine = engine
        self._service = service

    def run(self, statements: Sequence[str], timeout_s: float) -> list[list[Row]]:
        script = ";\n".join(f"{statement};\nSELECT '{_END}'" for statement in statements)
        connect_s = max(1, round(min(timeout_s, CONNECT_MAX_S)))
        command = [
            *("sh", "-c", _PROGRAM, "mariadb", *_OPTIONS),
            *(f"--connect-timeout={connect_s}", f"--execute={script}"),
        ]
        try:
            done = self._engine.exec(self._service, command, timeout_s=timeout_s + EXEC_MAX_S)
        except PaystackError as error:
            raise ServerUnreachable(error.message, hint=error.hint) from error
        if done.exit_code != 0:
            raise self._failed(done)
        return _rows(done.stdout)

    def _failed(self, done: Completed) -> PaystackError:
        where = f"in the container of {self._service}"
        if (error := _ERROR.search(done.stderr)) is not None:
            return database_error(int(error[1]), error[2], where)
        said = done.stderr.strip().rpartition("\n")[2]
        return database_error(0, f"code {done.exit_code}: {said}", where)


def _rows(output: str) -> list[list[Row]]:
    """The rows of each statement: JSON holds no line end, so a line is a row."""
    *ended, _ = output.split(f"{_END}\n")
    return [[json.loads(line) for line in rows.split("\n") if line] for rows in ended]
