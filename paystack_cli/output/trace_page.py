"""The timeline as one page that needs nothing else: no script, no font, no address."""

from html import escape
from pathlib import Path

from paystack_cli.errors import UsageError
from paystack_cli.output.trace_report import between, headline
from paystack_cli.trace.model import Missing, Source, Trace

_STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: .25rem .75rem .25rem 0; text-align: left; vertical-align: top; }
tr { border-bottom: 1px solid color-mix(in srgb, currentColor 15%, transparent); }
td:nth-child(-n+2), td:nth-child(4) { font-variant-numeric: tabular-nums; white-space: nowrap; }
td:nth-child(2), td:nth-child(4) { text-align: right; }
td:last-child { overflow-wrap: anywhere; }
.dead-letter, .missing { color: #b3261e; font-weight: 600; }
.replay { color: #8a5a00; }
.log { opacity: .7; }
code { user-select: all; }
@media (prefers-color-scheme: dark) { .dead-letter, .missing { color: #ff8a80; }
  .replay { color: #ffd54f; } }
"""


def write_page(path: Path, trace: Trace) -> None:
    """Write the page. Raises UsageError when the file cannot be written."""
    try:
        path.write_text(page(trace), encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"cannot write {path}: {error.strerror}", hint="paystack trace … --html FILE"
        ) from error


def page(trace: Trace) -> str:
    """The whole page; what comes from records is escaped."""
    title = escape(headline(trace))
    rows = "\n".join(_rows(trace))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{title}</h1>
{_verdict(trace)}
<table>
<thead><tr><th>Time (UTC)</th><th>After</th><th>Seen in</th><th>Event</th><th>What</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
</body>
</html>
"""


def _verdict(trace: Trace) -> str:
    lines = [_missing(one) for one in trace.missing] or ["<p>Nothing is missing.</p>"]
    lines += [f"<p>Not read: {escape(line)}</p>" for line in trace.unread]
    return "\n".join(lines)


def _missing(one: Missing) -> str:
    return (
        f'<p><span class="missing">Missing: {escape(one.what)}</span><br>'
        f"Next: <code>{escape(one.next_command)}</code></p>"
    )


def _rows(trace: Trace) -> list[str]:
    rows = []
    for step, after_s in zip(trace.steps, trace.gaps_s, strict=True):
        cells = (
            step.at.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3],
            between(after_s),
            step.source.value,
            str(step.event_id or ""),
            step.what,
        )
        row = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        rows.append(f'<tr class="{_css(step.source)}">{row}</tr>')
    return rows


def _css(source: Source) -> str:
    return source.value.replace(" ", "-")
