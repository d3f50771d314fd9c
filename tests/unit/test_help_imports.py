"""`--help` answers at once: it imports nothing that talks to an engine, a server or a browser."""

import json
import subprocess
import sys

import pytest

HEAVY = frozenset(
    {
        "confluent_kafka",
        "docker",
        "httpx",
        "jinja2",
        "maven_artifact",
        "psutil",
        "pymysql",
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
print(json.dumps([code or 0, sorted({name.partition(".")[0] for name in sys.modules})]))
"""

HELP = {
    "paystack": ["--help"],
    "up": ["up", "--help"],
    "build": ["build", "--help"],
    "status": ["status", "--help"],
    "health": ["health", "--help"],
    "outbox": ["outbox", "--help"],
    "dlq inspect": ["dlq", "inspect", "--help"],
}


@pytest.mark.parametrize("arguments", HELP.values(), ids=HELP)
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments], capture_output=True, text=True, check=True
    )
    code, modules = json.loads(ran.stdout.splitlines()[-1])
    assert code == 0
    assert "Usage:" in ran.stdout
    assert HEAVY.isdisjoint(modules)
