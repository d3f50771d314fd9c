"""What a run of the pipeline took, and which of its stages made it take that long. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from paystack_cli.pipeline.model import Node, Parallel, Stage, stages_of
from paystack_cli.pipeline.run import StageRun


@dataclass(frozen=True, slots=True)
class Summary:
    """The stages that ran, in the order of the list, and what they took together.

    `critical_path`: the stages of which each waited for the one before; nothing else can make the
    pipeline faster. `total_s`: from begin to end.
    """

    runs: tuple[StageRun, ...]
    critical_path: tuple[StageRun, ...]
    total_s: float

    @property
    def one_by_one_s(self) -> float:
        """What the stages took, added up."""
        return sum(run.duration_s for run in self.runs)


def summarize(nodes: Sequence[Node], runs: Iterable[StageRun], total_s: float) -> Summary:
    """The summary of a pipeline of which these stages have run."""
    by_name = {run.name: run for run in runs}
    return Summary(
        runs=tuple(by_name[stage.name] for stage in stages_of(*nodes) if stage.name in by_name),
        critical_path=tuple(run for node in nodes for run in _longest(node, by_name)),
        total_s=total_s,
    )


def _longest(node: Node, by_name: Mapping[str, StageRun]) -> tuple[StageRun, ...]:
    match node:
        case Stage():
            return (by_name[node.name],) if node.name in by_name else ()
        case Parallel(branches=branches):
            chains = [_longest(branch, by_name) for branch in branches]
            return max(chains, key=_seconds)
        case sequence:
            return tuple(run for stage in sequence.stages for run in _longest(stage, by_name))


def _seconds(chain: Iterable[StageRun]) -> float:
    return sum(run.duration_s for run in chain)
