"""Every examination is made, whatever another one does; repairs are made one command at a time."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from paystack_cli.checks.doctor.examination import examine, mend
from paystack_cli.checks.doctor.model import Finding, Repair, Severity, warning, well
from paystack_cli.checks.doctor.scene import Scene
from paystack_cli.checks.retry import Deadline
from paystack_cli.engines.lock import exclusive
from paystack_cli.errors import PreflightError
from tests.support.doctor import scene_of

SERVICES = "  a: {image: x}\n"


def _fine(_scene: Scene) -> Iterator[Finding]:
    yield well("fine", "Fine", "all is well")


def _broken(_scene: Scene) -> Iterator[Finding]:
    yield well("half", "Half", "found before it broke")
    raise ValueError("no such thing")


def _refused(_scene: Scene) -> list[Finding]:
    raise PreflightError("the engine went away", hint="docker info")


def test_what_an_examination_raises_is_a_finding_and_the_others_go_on(tmp_path: Path) -> None:
    scene = scene_of(tmp_path, SERVICES)
    found = examine(
        scene, Deadline.after(5), {"b": _broken, "f": _fine, "r": _refused, "f2": _fine}
    )
    assert [finding.severity for finding in found] == ["warn", "ok", "warn", "ok"]
    assert "ValueError: no such thing" in found[0].seen
    assert (found[2].seen, found[2].fix) == ("the engine went away", "docker info")


def test_one_that_hangs_is_told_at_the_deadline(tmp_path: Path) -> None:
    end = threading.Event()

    def hang(_scene: Scene) -> list[Finding]:
        end.wait()
        return []

    began = time.monotonic()
    found = examine(scene_of(tmp_path, SERVICES), Deadline.after(0.05), {"h": hang, "f": _fine})
    end.set()
    assert time.monotonic() - began < 5
    assert found[0].severity is Severity.WARN
    assert "did not end in time" in found[0].seen
    assert found[1].id == "fine"


def test_repairs_are_told_and_made_and_nothing_is_touched_without_any(tmp_path: Path) -> None:
    scene = scene_of(tmp_path, SERVICES)
    done: list[str] = []
    mendable = warning(
        "m", "M", "is bent", "mend m", Repair("straighten m", lambda: done.append("straightened"))
    )
    told: list[str] = []
    assert mend(scene, [well("w", "W", "fine")], told.append) == []
    assert not (tmp_path / "state").exists()
    assert [repair.does for repair in mend(scene, [mendable], told.append)] == ["straighten m"]
    assert (told, done) == (["straighten m"], ["straightened"])


def test_no_repair_while_another_command_is_at_work(tmp_path: Path) -> None:
    scene = scene_of(tmp_path, SERVICES)
    (tmp_path / "state").mkdir()
    bent = warning("m", "M", "is bent", "mend m", Repair("never", lambda: pytest.fail("made")))
    with (
        exclusive(tmp_path / "state" / "lock", "up"),
        pytest.raises(PreflightError, match="paystack up is at work"),
    ):
        mend(scene, [bent], lambda _does: None)
