"""MariaDB as a process of this machine: data folder, accounts, command line, readiness."""

import os
from collections.abc import Mapping
from pathlib import Path

from paystack_cli.engines.local.data_folder import create_whole, run_maker
from paystack_cli.engines.local.environment import local_environment
from paystack_cli.engines.local.launch import Launch
from paystack_cli.engines.local.probes import Probe
from paystack_cli.engines.local.programs import Program
from paystack_cli.engines.local.state import StateFolder
from paystack_cli.errors import PreflightError
from paystack_cli.stack.model import Service, Stack

PORT = 3306


def launch(
    stack: Stack, service: Service, folder: StateFolder, programs: Mapping[str, Program]
) -> Launch:
    """How MariaDB runs on this machine; `programs` holds "mariadb"."""
    program = programs["mariadb"]
    environment = local_environment(stack, service)
    data = folder.volumes / service.volumes[0].name
    accounts = folder.service(service.name) / "accounts.sql"
    scratch = folder.service(service.name) / "tmp"
    return Launch(
        service=service.name,
        argv=(
            *program.argv,
            "--no-defaults",
            f"--basedir={program.home}",
            f"--datadir={data}",
            f"--port={_port(service)}",
            "--bind-address=127.0.0.1",
            # No unix socket: its path may be too long, and everybody connects over TCP.
            "--socket=",
            f"--pid-file={data / 'mariadbd.pid'}",
            f"--init-file={accounts}",
            # A starting server deletes all temporary tables there, also those of another one.
            f"--tmpdir={scratch}",
            *_user_option(),
            *service.command,
        ),
        environment={**program.environment, "TZ": "UTC"},
        files={accounts: accounts_sql(environment)},
        prepare=lambda: _prepare(program, data, scratch),
    )


def accounts_sql(environment: Mapping[str, str]) -> str:
    """What the official image does once, done at each start: database, account, passwords.

    The server runs it before it lets anybody in. One statement a line, as `--init-file` wants.
    """
    database = _identifier(environment["MARIADB_DATABASE"])
    user = _text(environment["MARIADB_USER"])
    password = _text(environment["MARIADB_PASSWORD"])
    root_password = _text(environment["MARIADB_ROOT_PASSWORD"])
    return "\n".join(
        (
            f"CREATE DATABASE IF NOT EXISTS {database};",
            f"CREATE USER IF NOT EXISTS {user}@'%';",
            f"ALTER USER {user}@'%' IDENTIFIED BY {password};",
            f"GRANT ALL ON {database}.* TO {user}@'%';",
            "CREATE USER IF NOT EXISTS 'root'@'%';",
            f"ALTER USER 'root'@'%' IDENTIFIED BY {root_password};",
            "GRANT ALL ON *.* TO 'root'@'%' WITH GRANT OPTION;",
            f"ALTER USER 'root'@'localhost' IDENTIFIED BY {root_password};",
            # A new data folder has root accounts without a password for these hosts.
            "DROP USER IF EXISTS 'root'@'127.0.0.1', 'root'@'::1';",
            "EXECUTE IMMEDIATE CONCAT('DROP USER IF EXISTS root@', QUOTE(@@hostname));",
            "",
        )
    )


def _prepare(program: Program, data: Path, scratch: Path) -> None:
    scratch.mkdir(parents=True, exist_ok=True)
    create_whole(data, lambda folder: _install(program, folder, scratch))


def _install(program: Program, data: Path, scratch: Path) -> None:
    installer = program.companion("mariadb-install-db")
    if installer is None:
        raise PreflightError(
            f"mariadb-install-db is missing beside {program.argv[0]}",
            hint="sudo apt-get install mariadb-server-core, or unset PAYSTACK_MARIADB",
        )
    # The tool stumbles over a base folder whose path has a space, and with --user (which it does
    # not need, not even as root) over such a data folder.
    base = os.open(program.home, os.O_PATH | os.O_DIRECTORY)
    try:
        run_maker(
            [
                installer,
                "--no-defaults",
                f"--basedir=/proc/self/fd/{base}",
                f"--datadir={data}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                "--skip-name-resolve",
            ],
            program,
            environment={"TMPDIR": str(scratch)},
            pass_fds=[base],
        )
    finally:
        os.close(base)


def _port(service: Service) -> int:
    published = service.published(PORT)
    return published.published if published else PORT


def _user_option() -> tuple[str, ...]:
    """MariaDB refuses to run as root unless it is told to."""
    return ("--user=root",) if os.geteuid() == 0 else ()


def _identifier(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"


def login_probe(stack: Stack, service: Service) -> Probe:
    """Ready when the services' account can log in and query."""
    environment, port = local_environment(stack, service), _port(service)

    def probe(timeout_s: float) -> str | None:
        import pymysql

        try:
            connection = pymysql.connect(
                host="127.0.0.1",
                port=port,
                user=environment["MARIADB_USER"],
                password=environment["MARIADB_PASSWORD"],
                database=environment["MARIADB_DATABASE"],
                connect_timeout=max(1, int(timeout_s)),
                read_timeout=timeout_s,
                ssl_disabled=True,  # within this machine, and a handshake is 20 ms of CPU
            )
        except (pymysql.Error, OSError) as error:
            return str(error.args[-1])
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return None

    return probe
