"""Every recorded answer of a real engine, for both builders: paths, bytes and refusals.

`tests/data/context-oracle.json` was recorded with docker's client 28.2.2 (classic builder: its tar)
and buildx 0.13.1 with engine 20.10.24 (BuildKit: what `COPY . /` received).
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from paystack_cli.context.ignore_file import IGNORE_FILE, IgnoreFileRefused, Rule, parse_ignore_file
from paystack_cli.context.sent import Sent, sent_by_buildkit, sent_by_classic

ORACLE = json.loads(
    (Path(__file__).resolve().parents[2] / "data" / "context-oracle.json").read_text("utf-8")
)

SENT_BY: Mapping[str, Callable[[Path, Sequence[Rule]], Sent]] = {
    "classic": lambda root, rules: sent_by_classic(root, rules, dockerfile="Dockerfile"),
    "buildkit": sent_by_buildkit,
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("oracle")
    for entry in ORACLE["tree"]:
        path = root / entry["path"]
        match entry["type"]:
            case "dir":
                path.mkdir()
            case "symlink":
                path.symlink_to(entry["target"])
            case "file":
                path.write_text(entry["content"], "utf-8")
    return root


def differences(tree: Path, builder: str, case: Mapping[str, Any]) -> Iterator[str]:
    content = case["ignore"].encode()
    (tree / IGNORE_FILE).write_bytes(content)
    expected = case[builder]
    try:
        sent = SENT_BY[builder](tree, parse_ignore_file(content))
    except IgnoreFileRefused as refused:
        if refused.reason not in expected.get("error", ""):
            yield f"{case['ignore']!r}: refused, {refused.reason}"
        return
    if list(sent.paths) != expected.get("sent"):
        yield f"{case['ignore']!r}: {sorted({*sent.paths} ^ {*expected.get('sent', ())})}"
    if sent.bytes != expected.get("tar_bytes", sent.bytes):
        yield f"{case['ignore']!r}: {sent.bytes} bytes, not {expected['tar_bytes']}"


@pytest.mark.parametrize("builder", SENT_BY)
def test_every_recorded_case_is_exact(tree: Path, builder: str) -> None:
    cases = ORACLE["cases"]
    assert len(cases) == 231
    assert [told for case in cases for told in differences(tree, builder, case)] == []
