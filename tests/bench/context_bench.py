"""The run of `tests/bench/context`: a tree of its own, walked bare and measured in turns."""

import argparse
import inspect
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median

from paystack_cli.context import Measurement, measure, open_build
from paystack_cli.errors import ExitCode

FILES = 20_000
MANY_FILES = 1_000_000
ROUNDS = 9
MEASURE_MAX_RATIO = 1.5
COMMAND_MAX_RATIO = 2.5
MEMORY_MAX_BYTES = 400 * 10**6
LINEAR_MAX_RATIO = 2.0
PAYSTACK = Path(sys.executable).with_name("paystack")

IGNORED = ".git\n**/node_modules\ndist\n**/*.log\n*.md\n!README.md\n.env*\n**/__pycache__\n"
SHARES = (
    # of all files, bytes of each, where
    (0.65, 9_900, "node_modules/pkg{folder}/lib"),
    (0.08, 8_000, "packages/app{folder}/node_modules/q"),
    (0.04, 2_500, ".git/objects/{folder}"),
    (0.03, 12_000, "dist/assets"),
    (0.20, 6_500, "src/m{folder}/c"),
)
FILES_A_FOLDER = 25


def main(arguments: Sequence[str], description: str) -> int:
    parser = argparse.ArgumentParser(
        prog="tests/bench/context",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--full", action="store_true", help="also 1,000,000 files")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="paystack-context-") as scratch:
        faults = list(_run(Path(scratch), full=options.full))
    for fault in faults:
        print(f"WRONG: {fault}")
    return ExitCode.CHECK_FAILED if faults else ExitCode.OK


def _run(scratch: Path, *, full: bool) -> Iterator[str]:
    root = make_tree(scratch / "stack" / "app", FILES)
    _make_stack(scratch)
    _command(scratch)
    bare_s, measure_s, started_s, command_s = _in_turns(
        lambda: bare_walk(str(root)),
        lambda: _measured(root),
        lambda: _bare_process(root),
        lambda: _command(scratch),
    )
    found = _measured(root)
    print(f"tree        {found.before.files} files, {found.before.bytes} bytes")
    print(f"let through {found.after.files} files, {found.after.bytes} bytes")
    print(f"bare walk   {bare_s:.3f} s")
    print(f"measure     {measure_s:.3f} s, {measure_s / bare_s:.2f} times the bare walk")
    print(f"bare start  {started_s:.3f} s")
    print(
        f"command     {command_s:.3f} s, {command_s / started_s:.2f} times the bare walk with its"
        f" start, {command_s / bare_s:.2f} times without"
    )
    if found.before.bytes != bare_walk(str(root)):
        yield "the measurement has lost bytes"
    if measure_s > MEASURE_MAX_RATIO * bare_s:
        yield f"measuring takes more than {MEASURE_MAX_RATIO} times the bare walk"
    if command_s > COMMAND_MAX_RATIO * started_s:
        yield f"the command takes more than {COMMAND_MAX_RATIO} times the bare walk with its start"
    if full:
        yield from _many(scratch, measure_s / FILES)


def _many(scratch: Path, a_file_s: float) -> Iterator[str]:
    root = make_tree(scratch / "many", MANY_FILES)
    started = _processor_s()
    found = _measured(root)
    took_s = _processor_s() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    ratio = took_s / found.before.files / a_file_s
    print(f"many        {found.before.files} files, {took_s:.1f} s, {memory / 10**6:.0f} MB")
    print(f"a file      {ratio:.2f} times that of the small tree")
    if memory > MEMORY_MAX_BYTES:
        yield f"{memory} bytes of memory, more than {MEMORY_MAX_BYTES}"
    if ratio > LINEAR_MAX_RATIO:
        yield "the time grows faster than the tree"


def make_tree(root: Path, files: int) -> Path:
    """A web project with what tools leave behind; sparse files."""
    for share, size, place in SHARES:
        for number in range(int(files * share)):
            folder = number // FILES_A_FOLDER
            above = root / place.format(folder=folder)
            if number % FILES_A_FOLDER == 0:
                above.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(above / f"file{number}.js", os.O_CREAT | os.O_WRONLY)
            os.truncate(descriptor, size)
            os.close(descriptor)
    (root / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")
    (root / ".dockerignore").write_text(IGNORED)
    return root


def bare_walk(folder: str) -> int:
    """The bytes of all files below a folder: the yardstick."""
    total = 0
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            total += bare_walk(entry.path)
        else:
            total += entry.stat(follow_symlinks=False).st_size
    return total


def _bare_process(root: Path) -> None:
    """The bare walk in a Python of its own, which imports nothing for it."""
    program = f"import os\n{inspect.getsource(bare_walk)}\nbare_walk({os.fspath(root)!r})"
    subprocess.run([sys.executable, "-c", program], check=True)


def _make_stack(project: Path) -> None:
    """The least stack that has the tree for a context."""
    services = "services:\n  app:\n    image: app\n    build: {context: app}\n"
    (project / "stack" / "compose.yaml").write_text(services)
    (project / "stack" / "schemas").mkdir()
    catalog = Path(__file__).resolve().parents[2] / "stack" / "schemas" / "catalog.json"
    (project / "stack" / "schemas" / "catalog.json").write_text(catalog.read_text("utf-8"))


def _measured(root: Path) -> Measurement:
    build = open_build(root)
    return measure(build.root, build.rules)


def _command(project: Path) -> None:
    # With its bytecode, as an installed program has it, even where Python may write none.
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": os.fspath(project / "bytecode")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [PAYSTACK, "context", "--project-dir", project, "--output", "json"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)


def _in_turns(*actions: Callable[[], object]) -> list[float]:
    """The middle processor time of each in seconds, run in turns.

    None of them waits for anything, so that this is the time it takes, but for what a busy machine
    adds.
    """
    times: list[list[float]] = [[] for _ in actions]
    for _ in range(ROUNDS):
        for action, taken in zip(actions, times, strict=True):
            started = _processor_s()
            action()
            taken.append(_processor_s() - started)
    return [median(taken) for taken in times]


def _processor_s() -> float:
    """Of this process and of all that it has waited for."""
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)
