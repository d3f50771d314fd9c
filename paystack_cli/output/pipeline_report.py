"""What the pipeline took: a table on stdout, and a document for those who read it later."""

import typer

from paystack_cli.output.console import plain_table, stdout_console
from paystack_cli.output.document import TIME_DECIMALS, versioned
from paystack_cli.pipeline.baseline import Baseline
from paystack_cli.pipeline.model import Node, stages_of
from paystack_cli.pipeline.summary import Summary


def report_pipeline(nodes: tuple[Node, ...], summary: Summary, baseline: Baseline) -> None:
    """Each stage with its time and the baseline's, the critical path, and what it all took."""
    table = plain_table()
    table.add_column("STAGE")
    table.add_column("OUTCOME")
    table.add_column("TIME", justify="right", no_wrap=True)
    table.add_column("BASELINE", justify="right", no_wrap=True)
    runs = {run.name: run for run in summary.runs}
    for stage in stages_of(*nodes):
        run = runs.get(stage.name)
        table.add_row(
            stage.name,
            run.outcome.value if run else "not run",
            _seconds(run.duration_s if run else None),
            _seconds(baseline.stages_s.get(stage.name)),
        )
    stdout_console().print(table)
    path = " -> ".join(f"{run.name} {run.duration_s:.1f} s" for run in summary.critical_path)
    typer.echo(f"critical path: {path}")
    typer.echo(
        f"all: {summary.total_s:.1f} s (baseline {_seconds(baseline.total_s)}); the stages added"
        f" up: {summary.one_by_one_s:.1f} s"
    )


def document(engine: str, summary: Summary, baseline: Baseline, *, ok: bool) -> dict[str, object]:
    """`paystack.pipeline/v1`, described in docs/schemas."""
    return versioned(
        "pipeline",
        ok=ok,
        engine=engine,
        total_s=round(summary.total_s, TIME_DECIMALS),
        baseline_s=baseline.total_s,
        one_by_one_s=round(summary.one_by_one_s, TIME_DECIMALS),
        critical_path=[run.name for run in summary.critical_path],
        stages=[
            {
                "name": run.name,
                "outcome": run.outcome.name.lower(),
                "exit_code": run.exit_code,
                "started_s": round(run.started_s, TIME_DECIMALS),
                "duration_s": round(run.duration_s, TIME_DECIMALS),
                "baseline_s": baseline.stages_s.get(run.name),
            }
            for run in summary.runs
        ],
    )


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} s"
