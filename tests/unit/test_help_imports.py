"""`--help` answers at once: it imports nothing that talks to an engine, a server or a browser."""

import json
import subprocess
import sys

import pytest

from paystack_cli import __version__

HEAVY = frozenset(
    {
        "confluent_kafka",
        "docker",
        "fastjsonschema",
        "httpx",
        "jinja2",
        "maven_artifact",
        "psutil",
        "pymysql",
        "rich",
        "requests",
        "supervisor",
        "tenacity",
        "yaml",
    }
)

PROBE = """
import json, sys
from paystack_cli.app import main
sys.argv = ["paystack", *sys.argv[1:]]
try:
    main()
except SystemExit as end:
    code = end.code
print(json.dumps([code or 0, sorted(sys.modules)]))
"""

LIGHT = HEAVY | {"importlib.metadata", "typer"}
"""Of `paystack --help` and `--version`, which import no command."""

HELP = {
    "up": ["up", "--help"],
    "build": ["build", "--help"],
    "status": ["status", "--help"],
    "health": ["health", "--help"],
    "outbox": ["outbox", "--help"],
    "dlq inspect": ["dlq", "inspect", "--help"],
    "dlq apply": ["dlq", "apply", "--help"],
}


def _run(*arguments: str) -> tuple[str, set[str]]:
    """What a command line writes, and the modules and packages that it imports."""
    ran = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments], capture_output=True, text=True, check=True
    )
    *told, last = ran.stdout.splitlines()
    code, modules = json.loads(last)
    assert code == 0
    return "\n".join(told), set(modules)


@pytest.mark.parametrize("arguments", HELP.values(), ids=HELP)
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    told, modules = _run(*arguments)
    assert "Usage:" in told
    assert HEAVY.isdisjoint(modules)


@pytest.mark.parametrize(
    ("option", "told"), [("--help", "Usage: paystack"), ("--version", f"paystack {__version__}")]
)
def test_the_first_help_and_the_version_import_no_command(option: str, told: str) -> None:
    said, modules = _run(option)
    assert said.startswith(told)
    assert LIGHT.isdisjoint(modules)
    assert not any(name.startswith("paystack_cli.engines") for name in modules)
