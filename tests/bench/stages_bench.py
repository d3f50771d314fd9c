"""The run of `tests/bench/stages`: scripts/pipeline in a clone, four times."""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from paystack_cli.errors import ExitCode
from paystack_cli.pipeline.script import REPORT
from paystack_cli.pipeline.stages import CLEAN_UP
from paystack_cli.stack.settings import BASE_IMAGES_FILE, load_settings
from tests.support.docker import engine_selected
from tests.support.stack import PROJECT, stack_environment

COLD, WARM, CHANGED, ONE_BY_ONE = "cold", "warm", "one line changed", "warm, one by one"
CHANGED_FILE = Path("stack/backend/ingest-service/src/ingest_service/__init__.py")


def main(arguments: Sequence[str], description: str) -> int:
    parser = argparse.ArgumentParser(
        prog="tests/bench/stages",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--engine", choices=("auto", "compose", "local"), default="auto")
    engine = parser.parse_args(arguments).engine
    with engine_selected(), tempfile.TemporaryDirectory(prefix="paystack-stages-") as folder:
        try:
            taken_s = _run(Path(folder) / "clone", Path(folder) / "state", engine)
        except subprocess.CalledProcessError as failed:
            print(f"tests/bench/stages: the pipeline failed, code {failed.returncode}")
            return ExitCode.CHECK_FAILED
    for name, seconds in taken_s.items():
        print(f"{name}: {seconds:.0f} s")
    print(f"side by side / one by one: {taken_s[WARM] / taken_s[ONE_BY_ONE]:.2f}")
    return ExitCode.OK


def _run(clone: Path, state: Path, engine: str) -> Mapping[str, float]:
    """Seconds of each run. Raises CalledProcessError when one fails."""
    subprocess.run(["git", "clone", "--quiet", PROJECT, clone], check=True)
    if (PROJECT / BASE_IMAGES_FILE).exists():
        (clone / BASE_IMAGES_FILE).parent.mkdir()
        shutil.copy(PROJECT / BASE_IMAGES_FILE, clone / BASE_IMAGES_FILE)
    tools_dir = str(load_settings(project_dir=PROJECT).tools_dir)
    own = stack_environment("stages", state, PAYSTACK_ENGINE=engine, PAYSTACK_TOOLS_DIR=tools_dir)

    def pipeline(*options: str) -> float:
        command = ["bash", "scripts/pipeline", "--even-skipped", *options]
        subprocess.run(command, cwd=clone, env=own, stdout=sys.stderr, check=True)
        return float(json.loads((clone / REPORT).read_text())["total_s"])

    try:
        taken_s = {COLD: pipeline(), WARM: pipeline()}
        with (clone / CHANGED_FILE).open("a", encoding="utf-8") as file:
            file.write("# changed\n")
        taken_s[CHANGED] = pipeline()
        taken_s[ONE_BY_ONE] = pipeline("--one-by-one")
    finally:
        subprocess.run(CLEAN_UP.command.split(), cwd=clone, env=own, check=False)
    return taken_s
