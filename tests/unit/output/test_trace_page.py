"""The timeline as a page, and as a document."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from paystack_cli.errors import ExitCode, UsageError
from paystack_cli.output.trace_page import page, write_page
from paystack_cli.output.trace_report import report_trace
from paystack_cli.trace.model import Missing, Source, Step, Trace, in_order
from paystack_cli.trace.steps import database_steps
from tests.support.documents import keeps_schema
from tests.support.traced_payment import NOW, WHOLE

EVIL = '<script>alert("1")</script>'


def traced(*steps: Step, missing: tuple[Missing, ...] = ()) -> Trace:
    return Trace(WHOLE, in_order((*database_steps(WHOLE), *steps)), missing, unread=())


def test_what_records_say_cannot_become_markup() -> None:
    merchant = replace(WHOLE, payment=replace(WHOLE.payment, merchant_id=EVIL))
    steps = (Step(NOW, Source.DEAD_LETTER, EVIL),)
    made = page(Trace(merchant, steps, (Missing(EVIL, EVIL),), unread=(EVIL,)))
    assert "<script" not in made
    assert made.count("&lt;script&gt;") == 6


def test_a_page_needs_nothing_else() -> None:
    made = page(traced())
    assert "default-src 'none'" in made
    assert re.findall(r"\b(?:src|href|url)\s*[=(]", made) == []
    assert made.count("<tr") == 1 + len(traced().steps)


def test_a_page_that_cannot_be_written_is_a_typed_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot write"):
        write_page(tmp_path / "absent" / "page.html", traced())


def test_what_is_missing_decides_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert report_trace(traced(), as_json=True) == ExitCode.OK
    keeps_schema("trace", json.loads(capsys.readouterr().out))
    lacking = traced(missing=(Missing("a record", "paystack verify"),))
    assert report_trace(lacking, as_json=False) == ExitCode.CHECK_FAILED
    assert "missing: a record\n  next: paystack verify" in capsys.readouterr().out
