"""Runs the stages of the Jenkinsfile without Jenkins: the same order, side by side where it does.

Stops at the first stage that fails, then keeps the evidence under reports/, as Jenkins does.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click

from paystack_cli.closed_network.script import run_script, tell
from paystack_cli.engines.registry import open_engine
from paystack_cli.errors import ExitCode, ThresholdExceeded
from paystack_cli.output.pipeline_report import document, report_pipeline
from paystack_cli.pipeline.baseline import FILE_NAME, read_baseline, write_baseline
from paystack_cli.pipeline.model import stages_of
from paystack_cli.pipeline.run import Outcome, Runner
from paystack_cli.pipeline.stages import CLEAN_UP, EVIDENCE, PIPELINE, SKIP
from paystack_cli.pipeline.summary import Summary, summarize
from paystack_cli.stack.compose import load_stack
from paystack_cli.stack.known_settings import ENGINE
from paystack_cli.stack.settings import Settings, load_settings

LOGS = Path("reports/pipeline")
REPORT = Path("reports/pipeline.json")
NAME_WIDTH = max(len(stage.name) for stage in (*stages_of(*PIPELINE), EVIDENCE, CLEAN_UP))

EXIT_CODES = frozenset(ExitCode)
AUTO = "auto"


def main() -> int:
    """Entry point of scripts/pipeline."""
    options = parser().parse_args()
    code = ExitCode.OK

    def act() -> None:
        nonlocal code
        settings = load_settings(engine=options.engine)
        if not options.even_skipped and _is_skipped(settings.project_dir):
            tell("pipeline: skipped, for the commit says [skip ci]; run it all the same:")
            tell("  scripts/pipeline --even-skipped")
            return
        code = _run(options, settings)

    failed = run_script("pipeline", act)
    return failed or code


def parser() -> argparse.ArgumentParser:
    """The options of scripts/pipeline."""
    made = argparse.ArgumentParser(prog="scripts/pipeline", description=__doc__)
    add = made.add_argument
    add("--engine", choices=(AUTO, "compose", "local"), help="what runs the stack")
    add("--clean-up", action="store_true", help="remove the stack and its data at the end")
    add("--one-by-one", action="store_true", help="no two stages side by side")
    add("--budget", type=float, metavar="SECONDS", help="exit 6 when it took longer")
    add("--write-baseline", action="store_true", help="keep the times of this run")
    add("--even-skipped", action="store_true", help="also a commit that says [skip ci]")
    add("--began", type=float, default=time.time(), help=argparse.SUPPRESS)
    return made


def _is_skipped(folder: Path) -> bool:
    return subprocess.run(SKIP.split(), cwd=folder, check=False).returncode == ExitCode.OK


def _run(options: argparse.Namespace, settings: Settings) -> ExitCode:
    engine = _engine_name(settings)
    baseline_file = settings.compose_file.with_name(FILE_NAME)
    baseline = read_baseline(baseline_file, engine)
    runner = Runner(
        folder=settings.project_dir,
        environment={**os.environ, ENGINE: engine},
        engine=engine,
        logs=settings.project_dir / LOGS,
        tell=lambda stage, line: click.echo(f"{stage:<{NAME_WIDTH}} | {line}", err=True),
        began=time.monotonic() - (time.time() - options.began),
        side_by_side=not options.one_by_one,
    )
    interrupted = _stop_when_asked(runner)
    runner.run(PIPELINE)
    summary = summarize(PIPELINE, runner.runs, time.monotonic() - runner.began)
    code = ExitCode.INTERRUPTED if interrupted() else _exit_code(runner)
    _write(settings.project_dir / REPORT, document(engine, summary, baseline, ok=not code))
    runner.run_afterwards(EVIDENCE)
    if options.clean_up and runner.run_afterwards(CLEAN_UP).outcome is not Outcome.PASSED:
        code = code or ExitCode.CHECK_FAILED
    report_pipeline(PIPELINE, summary, baseline)
    _tell_verdict(runner, summary, code)
    if not code and options.write_baseline:
        write_baseline(baseline_file, engine, summary)
    if not code and options.budget is not None and summary.total_s > options.budget:
        raise ThresholdExceeded(
            f"it took {summary.total_s:.1f} s, its budget is {options.budget:g} s",
            hint="see the critical path above, or give a larger --budget",
        )
    return code


def _engine_name(settings: Settings) -> str:
    """The engine of every stage; what `auto` means is decided here, once."""
    if settings.engine != AUTO:
        return settings.engine
    return open_engine(load_stack(settings), settings).name


def _stop_when_asked(runner: Runner) -> Callable[[], bool]:
    """Let SIGINT and SIGTERM end what runs; returns whether one has come."""
    came: list[int] = []

    def stop(number: int, _: object) -> None:
        came.append(number)
        runner.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    return lambda: bool(came)


def _exit_code(runner: Runner) -> ExitCode:
    """That of the stage that failed, where it is one of ours."""
    failure = runner.failure
    if failure is None:
        return ExitCode.OK
    if failure.outcome is Outcome.TIMED_OUT:
        return ExitCode.TIMED_OUT
    known = failure.exit_code in EXIT_CODES
    return ExitCode(failure.exit_code) if known else ExitCode.CHECK_FAILED


def _write(path: Path, written: dict[str, object]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(written, indent=2) + "\n", "utf-8")


def _tell_verdict(runner: Runner, summary: Summary, code: ExitCode) -> None:
    took = f"in {summary.total_s:.0f} s"
    failure = runner.failure
    if failure is not None:
        log = LOGS / runner.log_file(failure.name).name
        click.echo(f"pipeline: FAILED {took}: {failure.name} {failure.outcome}, see {log}")
    elif code:
        click.echo(f"pipeline: INTERRUPTED {took}")
    else:
        click.echo(f"pipeline: PASSED {took}")


if __name__ == "__main__":
    sys.exit(main())
