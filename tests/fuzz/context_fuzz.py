"""The run of `tests/fuzz/context`: random contexts, measured and really sent."""

import argparse
import random
import shutil
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from paystack_cli.context import Builder, ContextRefused, IgnoreFileRefused, open_build
from paystack_cli.errors import ExitCode
from tests.fuzz.context_cases import make_context
from tests.support.build_clients import Build, Received, sent_to_buildkit, sent_to_classic
from tests.support.docker import engine_selected, what_is_missing

BATCH = 25
"""Contexts that are built together, then deleted."""

BATCHES_AT_A_TIME = 3
"""A builder is busy with one while the contexts of another are made, measured and compared."""

Client = Callable[[Mapping[str, Build], Path], Mapping[str, Received]]

CLIENTS: Mapping[Builder, Client] = {
    Builder.BUILDKIT: sent_to_buildkit,
    Builder.CLASSIC: sent_to_classic,
}


def main(arguments: Sequence[str], description: str) -> int:
    parser = argparse.ArgumentParser(
        prog="tests/fuzz/context",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--count", type=int, default=500, metavar="N", help="contexts")
    parser.add_argument("--seed", type=int, default=None, help="the same contexts once more")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="begin with this one")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep contexts that differ here")
    options = parser.parse_args(arguments)
    seed = random.SystemRandom().randrange(2**32) if options.seed is None else options.seed
    with engine_selected():
        if reason := what_is_missing():
            print(f"tests/fuzz/context: {reason}", file=sys.stderr)
            return ExitCode.PREFLIGHT
        numbers = range(options.first, options.first + options.count)
        return _run(seed, numbers, options.keep)


def _run(seed: int, numbers: Sequence[int], keep: Path | None) -> int:
    print(f"seed {seed}: contexts {numbers[0]} to {numbers[-1]}, both builders", flush=True)
    started = time.monotonic()
    differing = 0
    batches = [numbers[begin : begin + BATCH] for begin in range(0, len(numbers), BATCH)]
    with ThreadPoolExecutor(BATCHES_AT_A_TIME) as pool:
        for found in pool.map(lambda batch: _batch(seed, batch, keep), batches):
            for told in found:
                differing += 1
                print(f"DIFFERS seed {seed} {told}", flush=True)
    took_s = time.monotonic() - started
    print(f"seed {seed}: {len(numbers)} contexts, {differing} differences, {took_s:.0f} s")
    return ExitCode.CHECK_FAILED if differing else ExitCode.OK


def _batch(seed: int, numbers: Sequence[int], keep: Path | None) -> list[str]:
    with tempfile.TemporaryDirectory(prefix="paystack-fuzz-") as scratch:
        return list(differences(seed, numbers, Path(scratch), keep))


def differences(
    seed: int, numbers: Sequence[int], scratch: Path, keep: Path | None = None
) -> Iterator[str]:
    """What was predicted otherwise than it was sent; contexts by number, for both builders."""
    builds: dict[str, Build] = {}
    for number in numbers:
        # Under a name that it knows the engine would only be sent what has changed.
        root = scratch / f"{uuid.uuid4().hex[:12]}-{number}"
        make_context(random.Random(f"{seed}:{number}"), root)
        builds[f"c{number}"] = Build(root)
    for builder, client in CLIENTS.items():
        for name, received in _sent(builder, client, builds, scratch):
            if told := difference(builder, builds[name].root, received):
                yield f"--first {name[1:]} --count 1, {builder}: {told}"
                if keep is not None and not (keep / name).exists():
                    shutil.copytree(builds[name].root, keep / name, symlinks=True)


def _sent(
    builder: Builder, client: Client, builds: Mapping[str, Build], scratch: Path
) -> Iterator[tuple[str, Received]]:
    """Contexts that should be refused are built alone: one failure ends a whole bake."""
    refused = {name for name, build in builds.items() if predicted(builder, build.root).refusal}
    groups = [
        {name: build for name, build in builds.items() if name not in refused},
        *({name: builds[name]} for name in refused),
    ]
    for group in filter(None, groups):
        yield from client(group, scratch).items()


def predicted(builder: Builder, root: Path) -> Received:
    """What is measured."""
    try:
        sent = open_build(root, builder=builder).sent()
    except (IgnoreFileRefused, ContextRefused) as refused:
        return Received(refusal=refused.reason)
    return Received(sent.paths, sent.bytes)


def difference(builder: Builder, root: Path, received: Received) -> str | None:
    """In what the prediction is wrong; None when it is exact."""
    expected = predicted(builder, root)
    if expected.refusal is not None and received.refusal is not None:
        return None if expected.refusal in received.refusal else f"refused: {received.refusal!r}"
    if expected.refusal is not None or received.refusal is not None:
        return f"predicted {expected.refusal!r}, was {received.refusal!r}"
    if received.paths is not None and expected.paths != received.paths:
        differing = sorted({*(expected.paths or ())} ^ {*received.paths})
        return f"{len(differing)} paths, first {differing[0]!r}"
    if expected.bytes != received.bytes:
        return f"{expected.bytes} bytes predicted, {received.bytes} sent"
    return None
