"""Checks of other packages: made like our own; a broken one fails alone."""

from pathlib import Path
from typing import Any

import pytest

from paystack_cli.checks.doctor.plugins import examine_plugins
from paystack_cli.checks.model import CheckResult
from paystack_cli.checks.progress import Silent
from paystack_cli.checks.retry import Deadline
from paystack_cli.checks.runner import run_in_parallel
from paystack_cli.plugins.checks import plugin_checks
from paystack_cli.plugins.contract import Site
from tests.support.compose_project import make_project, stack_of
from tests.support.doctor import scene_of
from tests.support.plugins import announce, installed_in

SOURCE = """
from paystack_cli.plugins.contract import AttemptFailed, Check, Evidence
from paystack_cli.clients.errors import ServerRefused
PLUGIN_API = 1

def _passes(timeout_s):
    return Evidence("fine")

def _fails(timeout_s):
    raise AttemptFailed("not yet", hint="wait")

def _refused(timeout_s):
    raise ServerRefused("wrong password", hint="mend it")

def _has_a_bug(timeout_s):
    return 1 / 0

def good(site):
    yield Check("good", _passes, hint="")
    yield Check(f"of {site.stack.name}", _passes, hint="")

def bad(site):
    return [Check("bad", _fails, hint=""), Check("buggy", _has_a_bug, hint="report it"),
            Check("refused", _refused, hint="")]

def raising(site):
    raise KeyError("no such service")

def clashing(site):
    return [Check("web", _passes, hint="")]

def of_nothing(site):
    return None
"""


def _results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, distribution: str, **entries: str
) -> dict[str, CheckResult]:
    installed_in(monkeypatch, tmp_path / "site")
    announce(tmp_path / "site", distribution, "paystack.checks", entries, source=SOURCE)
    compose = "name: pay\nservices:\n  web: {image: x}\n"
    reach: Any = None
    site = Site(stack_of(make_project(tmp_path / "project", compose)), reach, {})
    checks = [check for made in plugin_checks(site).values() for check in made]
    results = run_in_parallel(checks, Deadline.after(0.6), Silent())
    return {result.name: result for result in results}


def test_they_are_made_for_the_site_and_run_like_our_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = _results(tmp_path, monkeypatch, "checking_good", good="good")
    assert {name: result.outcome for name, result in found.items()} == {
        "good": "passed",
        "of pay": "passed",
    }


def test_each_failure_says_whose_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = _results(tmp_path, monkeypatch, "checking_bad", bad="bad")
    assert {result.outcome for result in found.values()} == {"failed"}
    assert (found["bad"].summary, found["bad"].hint) == ("not yet", "wait")
    assert len(found["bad"].attempts) > 1
    assert "ZeroDivisionError" in found["buggy"].summary
    assert len(found["buggy"].attempts) == 1
    assert (found["refused"].summary, found["refused"].hint) == ("wrong password", "mend it")


@pytest.mark.parametrize(
    ("attribute", "reason"),
    [
        ("raising", "no such service"),
        ("clashing", "there is a check web already"),
        ("of_nothing", "TypeError"),
        ("absent", "has no attribute 'absent'"),
    ],
)
def test_one_that_cannot_be_used_is_a_failed_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attribute: str, reason: str
) -> None:
    package = f"checking_{attribute}"
    found = _results(tmp_path, monkeypatch, package, mine=attribute, good="good")
    assert found["good"].outcome == "passed"
    refused = found[f"mine ({package} 1.0)"]
    assert refused.outcome == "failed"
    assert reason in refused.summary
    assert f"pip uninstall {package}" in (refused.hint or "")


def test_the_name_of_a_service_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = _results(tmp_path, monkeypatch, "checking_web", web="good")
    assert "web is a name of paystack itself" in found["web (checking_web 1.0)"].summary


def test_the_doctor_lists_those_that_cannot_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed_in(monkeypatch, tmp_path / "site")
    announce(tmp_path / "site", "doctored", "paystack.commands", {"up": "x", "mine": "nothing"})
    scene = scene_of(tmp_path, "  a: {image: x}\n", commands=("up",))
    found = {finding.id: finding for finding in examine_plugins(scene)}
    assert found.keys() == {"plugin.up", "plugin.mine"}
    assert "up is a name of paystack itself" in found["plugin.up"].seen
    assert {finding.severity for finding in found.values()} == {"fail"}
