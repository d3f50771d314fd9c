"""The documents, tables and the page of `paystack context`, from a small stack of its own."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from paystack_cli.app import run
from paystack_cli.byte_size import format_size, parse_size
from tests.support.documents import keeps_schema
from tests.support.stack import PROJECT

COMPOSE = """
x-paystack:
  context_budgets: {app: 1 kB}
services:
  app: {image: app, build: {context: app}}
  twin: {image: twin, build: {context: app}}
  other: {image: other, build: {context: app, additional_contexts: {more: ..}}, profiles: [x]}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    stack = tmp_path / "stack"
    (stack / "app" / "node_modules").mkdir(parents=True)
    (stack / "schemas").mkdir()
    catalog = PROJECT / "stack" / "schemas" / "catalog.json"
    (stack / "schemas" / "catalog.json").write_text(catalog.read_text("utf-8"))
    (stack / "compose.yaml").write_text(COMPOSE)
    (stack / "app" / "Dockerfile").write_text("FROM scratch\nCOPY main.py /\n")
    (stack / "app" / "main.py").write_bytes(b"x" * 600)
    (stack / "app" / "node_modules" / "i.js").write_bytes(b"x" * 5000)
    return tmp_path


Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(project: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    def _call(*words: str) -> tuple[int, str, str]:
        code = run(["context", *words, "--project-dir", str(project)])
        told = capsys.readouterr()
        return code, told.out, told.err

    return _call


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("context", ("app", "--budget", "1 MB")),
        ("context-rules", ("rules", "app")),
        ("context-suggest", ("suggest", "app")),
        ("context-baseline", ("baseline", "app")),
    ],
)
def test_documents_keep_their_schemas(
    call: Call, project: Path, name: str, words: tuple[str, ...]
) -> None:
    (project / "stack" / "app" / ".dockerignore").write_text("node_modules\n")
    code, out, _ = call(*words, "--output", "json")
    assert code == 0
    keeps_schema(name, json.loads(out))


def test_the_list_of_files_has_the_exact_fields(call: Call, project: Path) -> None:
    code, out, _ = call("files", str(project / "stack" / "app"), "--output", "json")
    document = json.loads(out)
    keeps_schema("context-files", document)
    assert (code, document["files"], document["count"]) == (0, ["main.py"], 1)
    assert document["bytes"] > 600


def test_an_explanation_keeps_its_schema(call: Call, project: Path) -> None:
    path = str(project / "stack" / "app" / "node_modules" / "i.js")
    code, out, _ = call("explain", path, "--output", "json")
    document = json.loads(out)
    keeps_schema("context-explain", document)
    assert [verdict["sent"] for verdict in document["verdicts"]] == [False, True]
    assert code == 0


def test_a_shared_context_is_counted_once(call: Call) -> None:
    _, out, _ = call("app", "twin", "--output", "json")
    (context,) = json.loads(out)["contexts"]
    assert [taken["service"] for taken in context["services"]] == ["app", "twin"]


def test_broken_limits_end_with_6(call: Call, project: Path) -> None:
    app = project / "stack" / "app"
    code, _, err = call("app")
    assert (code, "more than its budget of 1.0 kB" in err) == (6, True)
    (app / ".dockerignore").write_text("node_modules\n")
    assert call("app")[0] == 0
    assert call("app", "--budget", "500B")[0] == 6
    assert call("baseline", "app")[0] == 0
    (app / "main.py").write_bytes(b"x" * 700)
    assert call("app", "--max-growth", "50")[0] == 0
    assert call("app", "--max-growth", "5")[0] == 6
    (app / ".env").write_text("A=1")
    code, _, err = call("app")
    assert (code, "sends .env" in err) == (6, True)
    assert call("app", "--allow-secret", ".env")[0] == 0


def test_what_cannot_be_measured_ends_with_2(call: Call, project: Path) -> None:
    assert "additional_contexts" in call("other")[2]
    assert call("nobody")[0] == 2
    assert call("app", "--budget", "much")[0] == 2
    (project / "stack" / "app" / ".dockerignore").write_text("fine\n[\n")
    code, out, err = call("files", str(project / "stack" / "app"))
    assert (code, out) == (2, "")
    assert "line 2: syntax error in pattern" in err


def test_the_page_holds_all_it_needs(call: Call, project: Path) -> None:
    page = project / "page.html"
    call("app", "--html", str(page))
    text = page.read_text("utf-8")
    assert "<svg" in text
    assert not re.search(r"(?:src|href)=|url\(|@import", text)


@pytest.mark.parametrize(
    ("text", "size"), [("26MB", 26_000_000), ("1.5 KiB", 1536), ("7", 7), ("100 kB", 100_000)]
)
def test_sizes_are_read(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "MB", "-1", "1 XB", "1e3"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cannot read size"):
        parse_size(text)


def test_sizes_are_shown_with_a_unit_that_fits() -> None:
    shown = [format_size(size) for size in (0, 999, 1000, 26_000_000, 3 * 10**12)]
    assert shown == ["0 B", "999 B", "1.0 kB", "26.0 MB", "3000.0 GB"]
