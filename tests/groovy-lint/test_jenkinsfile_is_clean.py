"""npm-groovy-lint finds nothing in the Jenkinsfile, not even what it calls information.

Only the rules against repeated literals are off: the limit of a stage stands at the stage.
"""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from paystack_cli.engines.local.programs.store import Store
from paystack_cli.stack.settings import load_settings
from tests.support.programs import fetched
from tests.support.stack import PROJECT

LINTER = PROJECT / "tests" / "groovy-lint"
INSTALL_TIMEOUT_S = 240
LINT_TIMEOUT_S = 120


@pytest.fixture(scope="module")
def linter() -> Path:
    """The linter as its lock file pins it, in the folder of fetched programs."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("this machine has no npm")
    settings = load_settings(project_dir=PROJECT)
    pin = hashlib.sha256((LINTER / "package-lock.json").read_bytes()).hexdigest()[:12]
    place = settings.tools_dir / f"groovy-lint-{pin}"
    if not place.exists():
        with Store(settings.tools_dir, settings.locks_dir).staging(print) as staging:
            made = staging / "groovy-lint"
            shutil.copytree(LINTER, made, ignore=shutil.ignore_patterns("node_modules"))
            command = [npm, "ci", "--no-audit", "--no-fund"]
            subprocess.run(command, cwd=made, check=True, timeout=INSTALL_TIMEOUT_S)
            if not place.exists():  # another may have installed it meanwhile
                made.rename(place)
    return place / "node_modules" / "npm-groovy-lint" / "lib" / "index.js"


def _lint(linter: Path, file: Path) -> "subprocess.CompletedProcess[str]":
    options = ["--config", str(LINTER / "groovylintrc.json"), "--failon", "info", "--noserver"]
    java = fetched("java").argv[0]
    return subprocess.run(
        ["node", linter, *options, "--javaexecutable", java, file.name],
        cwd=file.parent,
        env={**os.environ, "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=LINT_TIMEOUT_S,
    )


def test_the_jenkinsfile_is_clean(linter: Path, tmp_path: Path) -> None:
    file = Path(shutil.copy(PROJECT / "Jenkinsfile", tmp_path))
    done = _lint(linter, file)
    assert done.returncode == 0, done.stdout


def test_it_finds_what_is_wrong(linter: Path, tmp_path: Path) -> None:
    file = tmp_path / "Jenkinsfile"
    file.write_text((PROJECT / "Jenkinsfile").read_text().replace("sh 'bash", 'sh  "bash', 1))
    assert _lint(linter, file).returncode != 0
