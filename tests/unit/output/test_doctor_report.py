"""The doctor's findings as document, table and JUnit."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from paystack_cli.checks.doctor.model import Repair, failure, warning, well
from paystack_cli.output.doctor_report import report_findings
from tests.support.documents import keeps_schema

MEND = Repair("straighten it", lambda: None)
FINDINGS = [
    well("memory", "Memory", "a lot"),
    warning("env.permissions", "Who can read .env", "everybody", "chmod 600 .env", MEND),
    failure("port.gateway.8080", "Port 8080", "taken", "kill 7"),
]


def test_the_document_keeps_its_schema(capsys: pytest.CaptureFixture[str]) -> None:
    report_findings(FINDINGS, [MEND], engine="local", as_json=True, junit=None)
    document = json.loads(capsys.readouterr().out)
    keeps_schema("doctor", document)
    assert document["ok"] is False
    assert document["repaired"] == ["straighten it"]
    assert [finding["safe_fix"] for finding in document["findings"]] == [False, True, False]


def test_the_table_begins_with_the_worst_and_says_what_mends_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    report_findings(FINDINGS, [], engine="local", as_json=False, junit=None)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if line[0] != " "] == [
        "fail",
        "warn",
        "ok",
        "doctor:",
    ]
    assert lines[1].strip() == "fix: kill 7"
    assert lines[-1] == "doctor: 1 failed, 1 to see to, 1 well; paystack doctor --fix mends 1"


def test_junit_fails_what_fails_and_no_warning(tmp_path: Path) -> None:
    path = tmp_path / "doctor.xml"
    report_findings(FINDINGS, [], engine="local", as_json=True, junit=path)
    suite = ElementTree.parse(path).getroot()
    failed = [case.get("name") for case in suite if case.find("failure") is not None]
    assert failed == ["port.gateway.8080"]
    assert suite.get("tests") == "3"
