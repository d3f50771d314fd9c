"""The committed times of the pipeline's stages."""

from pathlib import Path

import pytest

from paystack_cli.errors import UsageError
from paystack_cli.pipeline.baseline import Baseline, read_baseline, write_baseline
from paystack_cli.pipeline.run import Outcome, StageRun
from paystack_cli.pipeline.summary import Summary


def _summary(**seconds: float) -> Summary:
    runs = tuple(StageRun(name, Outcome.PASSED, 0, 0, took_s) for name, took_s in seconds.items())
    return Summary(runs, runs, sum(seconds.values()))


def test_it_is_read_as_it_was_written_each_engine_by_itself(tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    write_baseline(file, "local", _summary(up=2.04))
    write_baseline(file, "compose", _summary(up=9, images=4))
    assert read_baseline(file, "local") == Baseline(2.0, {"up": 2.0})
    assert read_baseline(file, "compose") == Baseline(13, {"up": 9, "images": 4})


def test_without_a_file_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    assert read_baseline(tmp_path / "none.json", "local") == Baseline()


@pytest.mark.parametrize("text", ["", "[]", '{"schema": "other/v1"}'])
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "baseline.json"
    file.write_text(text)
    with pytest.raises(UsageError, match="cannot read the baseline"):
        read_baseline(file, "local")
