"""The critical path of the pipeline: the slowest branch of what runs side by side."""

from paystack_cli.pipeline.model import Parallel, Sequence, Stage
from paystack_cli.pipeline.run import Outcome, StageRun
from paystack_cli.pipeline.summary import summarize

NODES = (
    Stage("prepare", "true", 1),
    Parallel(
        "build",
        (
            Stage("frontend", "true", 1),
            Sequence("backend", (Stage("wheels", "true", 1), Stage("tests", "true", 1))),
        ),
    ),
    Stage("up", "true", 1),
)


def _ran(**seconds: float) -> list[StageRun]:
    return [StageRun(name, Outcome.PASSED, 0, 0.0, took_s) for name, took_s in seconds.items()]


def _path(**seconds: float) -> list[str]:
    summary = summarize(NODES, _ran(**seconds), 0.0)
    return [run.name for run in summary.critical_path]


def test_a_branch_counts_with_all_its_stages() -> None:
    assert _path(prepare=1, frontend=5, wheels=3, tests=3, up=1) == [
        "prepare",
        "wheels",
        "tests",
        "up",
    ]
    assert _path(prepare=1, frontend=7, wheels=3, tests=3, up=1) == ["prepare", "frontend", "up"]


def test_what_never_began_has_no_part_in_it() -> None:
    assert _path(prepare=1, wheels=3) == ["prepare", "wheels"]
    assert _path() == []


def test_runs_are_in_the_order_of_the_list_and_added_up() -> None:
    summary = summarize(NODES, _ran(wheels=3, frontend=5, prepare=1), 6.5)
    assert [run.name for run in summary.runs] == ["prepare", "frontend", "wheels"]
    assert summary.one_by_one_s == 9
    assert summary.total_s == 6.5
