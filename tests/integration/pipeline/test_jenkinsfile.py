"""The Jenkinsfile alone: it says what scripts/pipeline does, and what only Jenkins needs."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from paystack_cli.pipeline.model import EVERY_ENGINE, Node, Parallel, Stage
from paystack_cli.pipeline.stages import CLEAN_UP, EVIDENCE, PIPELINE, SKIP
from tests.support.jenkins import CREDENTIALS, build
from tests.support.played_pipeline import Jenkins

CHECKOUT, WHOLE = "Checkout", "Pipeline"
"""What the Jenkinsfile has besides: the clone, and around the rest what may be skipped."""


def outline_of_list(nodes: Iterable[Node]) -> list[Any]:
    """Names, commands and limits of the list, nested as it is."""
    return [
        [node.name, node.command, node.limit_min]
        if isinstance(node, Stage)
        else [node.name, *outline_of_list(node.branches)]
        if isinstance(node, Parallel)
        else [node.name, *outline_of_list(node.stages)]
        for node in nodes
    ]


def outline_of_build(stages: Iterable[dict[str, Any]]) -> list[Any]:
    """The same of a build in which every stage ran."""
    return [
        [stage["name"], *stage["commands"], stage["timeout_min"]]
        if stage["kind"] == "steps"
        else [stage["name"], *outline_of_build(stage["within"])]
        for stage in stages
    ]


def test_it_is_the_list_of_scripts_pipeline(jenkins: Jenkins) -> None:
    jenkins.engine, jenkins.clean_up = "compose", True
    done = jenkins.play().build
    assert done is not None
    checkout, whole = done.report["stages"]
    assert (checkout["name"], whole["name"]) == (CHECKOUT, WHOLE)
    assert outline_of_build(whole["within"]) == outline_of_list(PIPELINE)
    assert whole["commands"] == [SKIP, EVIDENCE.command, CLEAN_UP.command]
    branches = {stage["name"] for stage in done.stages.values() if stage["kind"] == "parallel"}
    assert branches == {node.name for node in PIPELINE if isinstance(node, Parallel)}


def test_what_an_engine_has_nothing_to_do_with_is_skipped(jenkins: Jenkins) -> None:
    done = jenkins.play().build
    assert done is not None
    skipped = {name for name, result in done.results.items() if result == "SKIPPED"}
    stages = [node for node in PIPELINE if isinstance(node, Stage)]
    assert skipped == {stage.name for stage in stages if stage.engines != EVERY_ENGINE}


def test_one_build_at_a_time_with_timestamps_limits_and_parameters(jenkins: Jenkins) -> None:
    done = jenkins.play().build
    assert done is not None
    options = done.report["options"]
    assert options["disableConcurrentBuilds"]
    assert options["timestamps"]
    assert options["skipDefaultCheckout"]
    limits = [stage["timeout_min"] for stage in done.stages.values() if stage["kind"] == "steps"]
    assert all(limits)
    assert options["timeout_min"] > max(limits)
    assert done.report["parameters"] == [
        {"kind": "choice", "name": "ENGINE", "default": "compose"},
        {"kind": "boolean", "name": "CLEAN_UP", "default": False},
    ]


def test_commands_get_the_credentials(jenkins: Jenkins) -> None:
    variables = (jenkins.play().reports / "environment").read_text().splitlines()
    for name, key in (
        ("MARIADB_PASSWORD", "mariadb-password"),
        ("MARIADB_ROOT_PASSWORD", "mariadb-root-password"),
    ):
        assert f"{name}={CREDENTIALS[key]}" in variables


def test_test_reports_are_read_and_reports_archived(jenkins: Jenkins) -> None:
    jenkins.asks["FAILS"] = "paystack verify"
    done = jenkins.play().build
    assert done is not None
    assert done.result == "FAILURE"
    assert done.report["tests"] == {"total": 2, "failed": 1}
    kept = {"reports/unit.xml", "reports/failed.xml", "reports/evidence/status.json"}
    assert kept <= set(done.report["archived"])
    for path in kept:
        assert (done.archive / path).is_file()


PIPELINE_OF = "pipeline {{ agent any\n stages {{ {} }} }}"

REFUSED = {
    "a step it does not know": "stage('a') { steps { shell 'true' } }",
    "a section it does not know": "stage('a') { stepz { sh 'true' } }",
    "a stage that does nothing": "stage('a') { }",
    "a stage that is two things": "stage('a') { steps { sh 'true' }\n stages { } }",
    "two stages of one name": "stage('a') { steps { sh 'a' } }\n stage('a') { steps { sh 'b' } }",
    "parallel within parallel": (
        "stage('a') { parallel { stage('b') { parallel { stage('c') { steps { sh 'true' } } } } } }"
    ),
}


@pytest.mark.parametrize("stages", REFUSED.values(), ids=REFUSED)
def test_what_jenkins_would_refuse_is_refused(stages: str, project: Path, tmp_path: Path) -> None:
    file = tmp_path / "Jenkinsfile"
    file.write_text(PIPELINE_OF.format(stages))
    assert build(file, project, tmp_path).result == "REFUSED"


def test_a_stage_beyond_its_time_is_ended_and_aborts_the_build(
    project: Path, tmp_path: Path
) -> None:
    file = tmp_path / "Jenkinsfile"
    limit = "options { timeout(time: 0, unit: 'MINUTES') }"
    late = f"stage('late') {{ {limit}\n steps {{ sh 'sleep 60' }} }}"
    after = "stage('after') { steps { sh 'true' } }"
    get = "stage('get') { steps { checkout scm } }"
    file.write_text(PIPELINE_OF.format(f"{get}\n{late}\n{after}"))
    done = build(file, project, tmp_path)
    assert done.result == "ABORTED"
    assert done.results == {"get": "SUCCESS", "late": "ABORTED", "after": "NOT_BUILT"}
