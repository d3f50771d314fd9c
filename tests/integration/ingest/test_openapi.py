"""schemathesis against the document that the running service gives out finds nothing."""

import random
import subprocess
import sys
from pathlib import Path

import httpx

from tests.support.stack import PROJECT, StackUnderTest

EXAMPLES = 25
"""Of each operation and phase; `schemathesis run` by hand takes as many as one likes."""
RUN_MAX_S = 180


def test_schemathesis_finds_nothing(ingest: StackUnderTest, tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        *("--config-file", str(PROJECT / "schemathesis.toml")),
        *("run", ingest.url("ingest-service", "/openapi.json")),
        *("--max-examples", str(EXAMPLES), "--seed", str(seed)),
    ]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=RUN_MAX_S, check=False
    )
    assert done.returncode == 0, f"seed {seed}\n{done.stdout}\n{done.stderr}"


def test_the_document_is_served(client: httpx.Client) -> None:
    assert client.get("/openapi.json").json()["openapi"].startswith("3.1")
