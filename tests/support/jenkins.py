"""Builds of a Jenkinsfile, run by Groovy of Jenkins's language level (`jenkins.groovy`)."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from paystack_cli.engines.local.programs.catalog import Jars, Spec
from paystack_cli.engines.local.programs.fetch import fetch
from paystack_cli.engines.local.programs.store import Store
from paystack_cli.stack.settings import load_settings
from tests.support.programs import fetched
from tests.support.stack import PROJECT

GROOVY = Spec(name="groovy", origin=Jars("groovy.lock"), install_hint="sudo apt-get install maven")
RUNNER = Path(__file__).with_name("jenkins.groovy")
JVM_FLAGS = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
BUILD_TIMEOUT_S = 280

CREDENTIALS = {"mariadb-password": "paypass", "mariadb-root-password": "root-of-a-build"}


@dataclass(frozen=True, slots=True)
class JenkinsBuild:
    """What became of one build; `report` is what jenkins.groovy wrote."""

    report: dict[str, Any]
    log: str
    workspace: Path
    archive: Path

    @property
    def result(self) -> str:
        """SUCCESS, UNSTABLE, FAILURE, ABORTED; REFUSED: Jenkins would not run the file."""
        return str(self.report["result"])

    @property
    def stages(self) -> dict[str, dict[str, Any]]:
        """Every stage by name, in the order of the file."""
        return {stage["name"]: stage for stage in _all(self.report["stages"])}

    @property
    def results(self) -> dict[str, str]:
        """How each stage ended."""
        return {name: stage["result"] for name, stage in self.stages.items()}


def build(
    jenkinsfile: Path,
    repository: Path,
    folder: Path,
    *,
    parameters: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
) -> JenkinsBuild:
    """Run the Jenkinsfile on a clone of `repository`; all that it leaves is below `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "jenkinsfile": str(jenkinsfile),
        "repository": str(repository),
        "workspace": str(folder / "workspace"),
        "archive": str(folder / "archive"),
        "report": str(folder / "report.json"),
        "parameters": dict(parameters or {}),
        "credentials": CREDENTIALS,
    }
    config_file = folder / "build.json"
    config_file.write_text(json.dumps(config))
    ran = subprocess.run(
        [*_groovy(), RUNNER, config_file],
        env=dict(os.environ if environment is None else environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=BUILD_TIMEOUT_S,
    )
    assert ran.returncode == 0, ran.stdout
    report = json.loads((folder / "report.json").read_text())
    return JenkinsBuild(report, ran.stdout, folder / "workspace", folder / "archive")


@cache
def _groovy() -> tuple[str, ...]:
    """The command line of Groovy; the jar is fetched into the project's folder when absent."""
    settings = load_settings(project_dir=PROJECT)
    store = Store(settings.tools_dir, settings.locks_dir)
    place = store.place(GROOVY)
    if not place.exists():
        with store.staging(_say) as staging:
            if not place.exists():  # another may have fetched it meanwhile
                fetch([GROOVY], store, staging, settings.variables, _say)
    return (*fetched("java").argv, *JVM_FLAGS, "-cp", f"{place}/*", "groovy.ui.GroovyMain")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _all(stages: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for stage in stages:
        yield stage
        yield from _all(stage["within"])
