"""wrk as the load: one run against one URL, and what it measured."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from paystack_cli.engines.local.programs import Program

SCRIPT = Path(__file__).with_name("authorize.lua")
STOP_MARGIN_S = 30

_UNIT_MS = {"us": 0.001, "ms": 1.0, "s": 1_000.0, "m": 60_000.0}


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of wrk. `answers` counts all that came back, `refused` those that are not 2xx."""

    answers: int
    refused: int
    broken: int
    requests_per_s: float
    p50_ms: float
    p99_ms: float

    @property
    def accepted(self) -> int:
        return self.answers - self.refused


def run_wrk(
    wrk: Program,
    url: str,
    *,
    connections: int,
    duration_s: int,
    key_prefix: str,
    accepted_file: Path | None = None,
) -> Measured:
    """Loads `url` with as many new payments as it takes over `connections` connections."""
    environment = {**os.environ, **wrk.environment, "KEY_PREFIX": key_prefix}
    if accepted_file is not None:
        environment["ACCEPTED_FILE"] = str(accepted_file)
    command = [*wrk.argv, "-t1", f"-c{connections}", f"-d{duration_s}s", "--latency"]
    done = subprocess.run(
        [*command, "-s", str(SCRIPT), url],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=duration_s + STOP_MARGIN_S,
    )
    return parse(done.stdout)


def parse(text: str) -> Measured:
    """Reads wrk's report."""
    broken = re.search(
        r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text
    )
    return Measured(
        answers=int(_find(r"(\d+) requests in", text)),
        refused=int(_find(r"Non-2xx or 3xx responses: (\d+)", text, default="0")),
        broken=sum(map(int, broken.groups())) if broken else 0,
        requests_per_s=float(_find(r"Requests/sec:\s+([\d.]+)", text)),
        p50_ms=_latency_ms("50", text),
        p99_ms=_latency_ms("99", text),
    )


def _latency_ms(percentile: str, text: str) -> float:
    found = re.search(rf"^\s+{percentile}%\s+([\d.]+)(us|ms|s|m)\s*$", text, re.MULTILINE)
    if found is None:
        raise ValueError(f"no {percentile}% in wrk's report:\n{text}")
    return float(found[1]) * _UNIT_MS[found[2]]


def _find(pattern: str, text: str, default: str | None = None) -> str:
    found = re.search(pattern, text)
    if found is not None:
        return found[1]
    if default is None:
        raise ValueError(f"wrk's report lacks {pattern!r}:\n{text}")
    return default
