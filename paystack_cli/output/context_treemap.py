"""What is let through, by folder: bars in a terminal, a treemap on a self-contained page."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from rich.table import Table
from rich.text import Text

from paystack_cli.byte_size import format_size
from paystack_cli.context.survey import SurveyedContext
from paystack_cli.context.treemap import Box, lay_out
from paystack_cli.output.console import plain_table
from paystack_cli.output.context_files_report import printable

BAR_CHARACTERS = 24
BOXES_MAX = 40
"""The rest of the folders is one box."""

REST = "(the rest)"
TERMINAL_FOLDERS = 5
WIDTH_PX, HEIGHT_PX = 960, 420
LABEL_MIN_PX = (70, 26)
"""A smaller box has no label but the one that is shown when the pointer is on it."""

_STYLE = """
body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 960px; color: #222; }
table { border-collapse: collapse; } td, th { padding: .2rem 1rem .2rem 0; text-align: left; }
svg { width: 100%; height: auto; display: block; margin: .5rem 0 2rem; }
rect { fill: #4a7fb5; stroke: #fff; } rect:hover { fill: #2f5d8a; }
text { font-size: 12px; fill: #fff; pointer-events: none; }
"""


def folder_bars(contexts: Sequence[SurveyedContext]) -> Table:
    """The largest folders of each context, as shares of it."""
    table = plain_table("FOLDER", "BYTES", "SHARE")
    for found in contexts:
        total = found.measurement.after.bytes
        for name, size in _largest(found.measurement.folders, TERMINAL_FOLDERS).items():
            share = size / total if total else 0.0
            table.add_row(
                Text(printable(f"{found.name}/{name}")),
                format_size(size),
                Text("█" * round(share * BAR_CHARACTERS) + f" {100 * share:.0f} %"),
            )
    return table


def write_page(path: Path, contexts: Sequence[SurveyedContext]) -> None:
    """One HTML file with everything in it: it asks for nothing from anywhere."""
    sections = "".join(_section(found) for found in contexts)
    path.write_text(
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>Build contexts</title><style>{_STYLE}</style></head>"
        f"<body><h1>Build contexts</h1>{sections}</body></html>\n",
        "utf-8",
    )


def _section(found: SurveyedContext) -> str:
    measured = found.measurement
    rows = "".join(
        f"<tr><td>{escape(taken.service)}</td><td>{format_size(taken.buildkit_bytes)}</td>"
        f"<td>{format_size(taken.rerun_bytes)}</td><td>{format_size(taken.classic_bytes)}</td></tr>"
        for taken in found.services
    )
    cut = f"{measured.cut_percent:.1f} % less"
    boxes = lay_out(_largest(measured.folders, BOXES_MAX), WIDTH_PX, HEIGHT_PX)
    return (
        f"<h2>{escape(found.name)}</h2>"
        f"<p>{format_size(measured.before.bytes)} without {escape(found.build.ignore_file.name)},"
        f" <b>{format_size(measured.after.bytes)}</b> with it: {cut}.</p>"
        f'<svg viewBox="0 0 {WIDTH_PX} {HEIGHT_PX}" role="img">{"".join(map(_box, boxes))}</svg>'
        "<table><tr><th>service</th><th>BuildKit</th><th>rerun</th><th>classic</th></tr>"
        f"{rows}</table>"
    )


def _box(box: Box) -> str:
    name = escape(printable(box.name) or ".")
    told = f"{name} {format_size(box.size)}"
    label = ""
    if box.width >= LABEL_MIN_PX[0] and box.height >= LABEL_MIN_PX[1]:
        label = f'<text x="{box.left + 6:.1f}" y="{box.top + 18:.1f}">{told}</text>'
    return (
        f'<g><rect x="{box.left:.1f}" y="{box.top:.1f}" width="{box.width:.1f}"'
        f' height="{box.height:.1f}"><title>{told}</title></rect>{label}</g>'
    )


def _largest(sizes: Mapping[str, int], count: int) -> dict[str, int]:
    """The largest entries, and the sum of the others as one more."""
    ordered = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))
    rest = sum(size for _, size in ordered[count:])
    return dict(ordered[:count]) | ({REST: rest} if rest else {})
