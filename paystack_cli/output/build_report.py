"""What `build` did with each image: one JSON document or one table on stdout."""

from dataclasses import asdict

import typer

from paystack_cli.engines.base import BuildReport
from paystack_cli.output.console import plain_table, stdout_console
from paystack_cli.output.document import TIME_DECIMALS, print_document, versioned


def report_build(report: BuildReport, *, engine: str, as_json: bool) -> None:
    """Tell what was built, why, and how long it took."""
    if as_json:
        print_document(document(report, engine))
        return
    table = plain_table()
    for title in ("SERVICE", "IMAGE", "OUTCOME", "BUILT IN"):
        table.add_column(title, justify="right" if title == "BUILT IN" else "left")
    for image in report.images:
        outcome = f"{image.outcome}, {image.reason}" if image.reason else str(image.outcome)
        table.add_row(image.service, image.image, outcome, f"{image.built_s:.2f} s")
    stdout_console().print(table)
    typer.echo(f"build: {report.total_s:.1f} s, artefacts {report.artefacts_s:.1f} s of it")


def document(report: BuildReport, engine: str) -> dict[str, object]:
    """`paystack.build/v1`, described in docs/schemas."""
    return versioned(
        "build",
        engine=engine,
        artefacts_s=round(report.artefacts_s, TIME_DECIMALS),
        total_s=round(report.total_s, TIME_DECIMALS),
        images=[
            {**asdict(image), "built_s": round(image.built_s, TIME_DECIMALS)}
            for image in report.images
        ],
    )
