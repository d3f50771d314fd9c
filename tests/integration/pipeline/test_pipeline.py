"""What the pipeline does, whether the Jenkinsfile is run or scripts/pipeline: the same."""

from pathlib import Path

from paystack_cli.pipeline.model import Stage, stages_of
from paystack_cli.pipeline.stages import CLEAN_UP, EVIDENCE, PIPELINE
from tests.support.played_pipeline import Player


def told(stage: Stage) -> str:
    """How the played script of a stage calls itself."""
    script, *arguments = stage.command.removeprefix("bash ").split()
    return " ".join((Path(script).name, *arguments))


STAGES = {stage.name: told(stage) for stage in stages_of(*PIPELINE)}
EVERY_COMMAND = [*STAGES.values(), told(EVIDENCE)]
BRANCHES = [*STAGES.values()][1:7]
GATES = [*STAGES.values()][-3:]


def without_preparation(begun: list[str]) -> list[str]:
    """scripts/pipeline prepares what it runs on itself, so its first stage finds it done."""
    return begun[1:] if begun[:2] == ["prepare", "prepare"] else begun


def test_every_command_runs_once_and_stages_in_order(player: Player) -> None:
    player.engine = "compose"
    done = player.play()
    assert done.ok, done.log
    begun = without_preparation(done.begun)
    assert sorted(begun) == sorted(EVERY_COMMAND)
    for group in (BRANCHES, GATES):  # their order is free
        here = slice(EVERY_COMMAND.index(group[0]), EVERY_COMMAND.index(group[-1]) + 1)
        assert sorted(begun[here]) == sorted(group)
    in_order = [command for command in begun if command not in {*BRANCHES, *GATES}]
    assert in_order == [each for each in EVERY_COMMAND if each not in {*BRANCHES, *GATES}]
    backend = [STAGES[name] for name in ("Wheels", "Lint", "Types", "Unit Tests")]
    assert [command for command in begun if command in backend] == backend


def test_branches_run_side_by_side(player: Player) -> None:
    """Each of them waits for the others, so one after another they would never end."""
    player.asks["MEET"] = "|".join(STAGES[name] for name in ("Frontend", "Wheels", "Contexts"))
    assert player.play().ok


def test_a_stage_that_fails_is_the_last_and_what_was_seen_is_kept(player: Player) -> None:
    player.asks["FAILS"] = STAGES["Smoke Test"]
    done = player.play()
    assert not done.ok
    assert done.begun[-2:] == [STAGES["Smoke Test"], told(EVIDENCE)]
    assert (done.reports / "evidence" / "status.json").is_file()
    assert (done.reports / "failed.xml").is_file()
    assert "this is paystack smoke" in done.log


def test_a_branch_that_fails_ends_those_beside_it(player: Player) -> None:
    player.asks |= {"FAILS": STAGES["Types"], "HANGS": STAGES["Frontend"]}
    done = player.play()
    assert not done.ok
    assert done.ended == [STAGES["Frontend"]]
    assert not {STAGES["Unit Tests"], STAGES["Up"]} & set(done.begun)
    assert done.begun[-1] == told(EVIDENCE)


def test_a_commit_that_says_skip_ci_is_not_built(player: Player, skipped_project: Path) -> None:
    player.repository = skipped_project
    done = player.play()
    assert done.ok, done.log
    assert set(done.begun) <= {"prepare"}


def test_it_cleans_up_last_where_it_was_told_to_also_after_a_failure(player: Player) -> None:
    player.clean_up = True
    player.asks["FAILS"] = STAGES["Up"]
    done = player.play()
    assert not done.ok
    assert done.begun[-3:] == [STAGES["Up"], told(EVIDENCE), told(CLEAN_UP)]


def test_an_engine_without_images_builds_none(player: Player) -> None:
    done = player.play()
    assert done.ok, done.log
    assert STAGES["Images"] not in done.begun
    assert "PAYSTACK_ENGINE=local" in (done.reports / "environment").read_text().splitlines()
