"""A slice of `tests/bench/context`. Times are printed, not judged: they depend on the machine."""

import os
from pathlib import Path

from paystack_cli.context import measure, open_build
from tests.bench.context_bench import bare_walk, make_tree

FILES = 2000


def test_a_measurement_loses_no_byte_of_the_bench_tree(tmp_path: Path) -> None:
    root = make_tree(tmp_path / "app", FILES)
    build = open_build(root)
    found = measure(build.root, build.rules)
    assert found.before.bytes == bare_walk(os.fspath(root))
    assert found.before.files == FILES + 2
    assert found.after.bytes < found.before.bytes / 5
