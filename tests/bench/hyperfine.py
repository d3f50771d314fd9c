"""Seconds that commands take, by hyperfine, in turn so that a busy moment hits all of them."""

import json
import os
import shlex
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.programs import fetched

TIMEOUT_S = 300


@dataclass(frozen=True, slots=True)
class Measured:
    """What a command took: each run's time, and each round's mean processor time; in seconds."""

    elapsed_s: list[float] = field(default_factory=list)
    processor_s: list[float] = field(default_factory=list)


def time_in_turn(
    commands: Mapping[str, Sequence[str | Path]],
    environment: Mapping[str, str],
    *,
    rounds: int,
    runs: int,
) -> dict[str, Measured]:
    """What each command took, by name: `runs` of each in each of the `rounds`.

    Raises CalledProcessError when a command fails.
    """
    hyperfine = fetched("hyperfine")
    taken = {name: Measured() for name in commands}
    with tempfile.TemporaryDirectory(prefix="paystack-bench-") as folder:
        export = Path(folder) / "times.json"
        for _ in range(rounds):
            options = ("-N", "--warmup", "1", "--runs", str(runs), "--export-json", str(export))
            lines = (shlex.join(map(str, command)) for command in commands.values())
            subprocess.run(
                [*hyperfine.argv, *options, *lines],
                env={**os.environ, **hyperfine.environment, **environment},
                capture_output=True,
                check=True,
                timeout=TIMEOUT_S,
            )
            results = json.loads(export.read_text("utf-8"))["results"]
            for measured, result in zip(taken.values(), results, strict=True):
                measured.elapsed_s.extend(result["times"])
                measured.processor_s.append(result["user"] + result["system"])
    return taken
