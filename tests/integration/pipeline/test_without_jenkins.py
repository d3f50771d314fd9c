"""scripts/pipeline alone: times, critical path, baseline, exit codes, Ctrl-C."""

import json
from pathlib import Path

from paystack_cli.pipeline.baseline import FILE_NAME
from tests.support.documents import keeps_schema
from tests.support.played_pipeline import WithoutJenkins, pipeline_document

SMOKE = "paystack smoke"


def test_it_tells_the_time_of_each_stage_and_the_critical_path(
    without_jenkins: WithoutJenkins,
) -> None:
    done = without_jenkins.play()
    document = pipeline_document(done)
    keeps_schema("pipeline", document)
    assert document["ok"]
    assert [stage["name"] for stage in document["stages"]][:2] == ["Prepare", "Frontend"]
    assert "critical path: Prepare" in done.log
    assert "pipeline: PASSED in" in done.log
    said = (done.reports / "pipeline" / "smoke-test.log").read_text()
    assert "this is paystack smoke" in said


def test_the_code_is_that_of_the_stage_that_failed(without_jenkins: WithoutJenkins) -> None:
    without_jenkins.asks["FAILS"] = SMOKE
    done = without_jenkins.play()
    assert done.exit_code == 4
    document = pipeline_document(done)
    keeps_schema("pipeline", document)
    last = document["stages"][-1]
    assert (last["name"], last["outcome"], last["exit_code"]) == ("Smoke Test", "failed", 4)
    assert "FAILED" in done.log
    assert "Smoke Test failed, see reports/pipeline/smoke-test.log" in done.log


def test_one_by_one_no_two_stages_run_at_once(without_jenkins: WithoutJenkins) -> None:
    done = without_jenkins.play("--one-by-one")
    assert done.exit_code == 0
    told = [line.partition(" ")[0] for line in done.story]
    assert told == ["begin", "end"] * (len(told) // 2)


def test_ctrl_c_ends_what_runs_and_keeps_what_was_seen(without_jenkins: WithoutJenkins) -> None:
    without_jenkins.asks["HANGS"] = SMOKE
    done = without_jenkins.play(interrupt_at="| waiting")
    assert done.exit_code == 130
    assert [command.split(" --")[0] for command in done.ended] == [SMOKE]
    assert done.begun[-1] == "evidence"
    assert "pipeline: INTERRUPTED in" in done.log


def test_a_baseline_is_written_and_shown_and_a_budget_kept(
    without_jenkins: WithoutJenkins, tmp_path: Path
) -> None:
    done = without_jenkins.play("--write-baseline", "--budget", "0.1")
    assert done.exit_code == 6
    assert "its budget is 0.1 s" in done.log
    written = json.loads((tmp_path / "workspace" / "stack" / FILE_NAME).read_text())
    keeps_schema("pipeline-baseline", written)
    assert written["engines"]["local"]["stages_s"].keys() >= {"Prepare", "Up", "Verify"}


def test_a_commit_that_is_not_to_be_built_is_built_where_that_is_asked_for(
    without_jenkins: WithoutJenkins, skipped_project: Path
) -> None:
    without_jenkins.repository = skipped_project
    done = without_jenkins.play("--even-skipped")
    assert done.exit_code == 0
    assert done.begun[-1] == "evidence"
