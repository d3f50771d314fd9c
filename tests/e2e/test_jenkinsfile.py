"""The Jenkinsfile brings up a real stack and proves it: only what needs long is played."""

import shlex
import shutil
from pathlib import Path

from tests.support.jenkins import build
from tests.support.played_pipeline import commit_all, played_project
from tests.support.stack import PAYSTACK, PROJECT, stack_environment

REAL = ("stack", "requirements", "scripts/evidence")
REPORTS = ("health.xml", "smoke.xml", "verify.xml", "evidence/status.json", "evidence/verify.json")


def _project(folder: Path) -> Path:
    played_project(folder)
    for name in REAL:
        source = PROJECT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("build", "node_modules", "__pycache__", "tests")
            shutil.copytree(source, folder / name, ignore=ignored, dirs_exist_ok=True)
        else:
            shutil.copy(source, folder / name)
    real = shlex.quote(str(PAYSTACK))
    (folder / ".venv/bin/paystack").write_text(f'#!/bin/sh\nexec {real} "$@"\n')
    commit_all(folder, "A real stack")
    return folder


def test_a_build_proves_a_stack_and_removes_it(tmp_path: Path) -> None:
    project = _project(tmp_path / "project")
    own = stack_environment("jenkinsfile", tmp_path / "state", STORY=str(tmp_path / "story"))
    done = build(
        project / "Jenkinsfile",
        project,
        tmp_path / "build",
        parameters={"ENGINE": "local", "CLEAN_UP": True},
        environment=own,
    )
    assert done.result == "SUCCESS", done.log
    assert {name for name, result in done.results.items() if result != "SUCCESS"} == {"Images"}
    assert set(REPORTS) <= {path.removeprefix("reports/") for path in done.report["archived"]}
    assert done.report["tests"]["total"] > 20  # health, smoke, invariants
    assert done.report["tests"]["failed"] == 0
    assert "down: stopped gateway" in done.log
