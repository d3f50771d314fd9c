"""What is kept after a run of the pipeline: what each command says, traces of what is wrong."""

import json
from pathlib import Path

import pytest

from paystack_cli.pipeline import evidence
from paystack_cli.pipeline.evidence import COMMANDS, TRACES_MAX, collect

ANSWERS = {
    "verify": {"checks": [{"facts": {"payments": [7, 8]}}, {"facts": {}}]},
    "outbox list": {"rows": [{"payment_id": 8}, *({"payment_id": id_} for id_ in range(20, 40))]},
}


def _paystack(folder: Path, script: str) -> Path:
    program = folder / "paystack"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program


@pytest.fixture
def answering(tmp_path: Path) -> Path:
    for name, answer in ANSWERS.items():
        (tmp_path / name).write_text(json.dumps(answer))
    return _paystack(
        tmp_path,
        f"""case "$1 $2" in
          "verify "*) cat "{tmp_path}/verify" ;;
          "outbox list") cat "{tmp_path}/outbox list" ;;
          *) echo "said by $*" ;;
        esac""",
    )


def test_every_command_has_its_file(answering: Path, tmp_path: Path) -> None:
    collected = list(collect(answering, tmp_path / "kept"))
    assert {one.exit_code for one in collected} == {0}
    assert {*COMMANDS} <= {path.name for path in (tmp_path / "kept").iterdir()}
    assert (tmp_path / "kept" / "logs.txt").read_text().startswith("said by logs")


def test_payments_at_fault_are_traced_each_once_and_not_too_many(
    answering: Path, tmp_path: Path
) -> None:
    list(collect(answering, tmp_path / "kept"))
    traces = {path.stem for path in (tmp_path / "kept" / "traces").iterdir()}
    assert traces == {"7", "8", *map(str, range(20, 20 + TRACES_MAX - 2))}


def test_a_command_that_fails_leaves_its_reason(tmp_path: Path) -> None:
    failing = _paystack(tmp_path, 'echo "nobody answers" >&2; exit 3')
    collected = list(collect(failing, tmp_path / "kept"))
    assert {one.exit_code for one in collected} == {3}
    assert (tmp_path / "kept" / "verify.json").read_text() == "nobody answers\n"


def test_a_command_that_takes_too_long_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "COMMAND_LIMIT_S", 0.1)
    collected = list(collect(_paystack(tmp_path, "exec sleep 60"), tmp_path / "kept"))
    assert {one.exit_code for one in collected} == {None}
