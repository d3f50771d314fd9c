"""What `paystack context` measures is what docker's clients really send, to the byte."""

import shutil
import uuid
from pathlib import Path

import pytest

from paystack_cli.context.survey import survey
from paystack_cli.stack.builds import load_builds
from paystack_cli.stack.settings import load_settings
from tests.fuzz.context_fuzz import main as fuzz
from tests.support.build_clients import Build, sent_to_buildkit, sent_to_classic
from tests.support.stack import PROJECT

FUZZ_COUNT = 500
FUZZ_TIMEOUT_S = 900
TOGETHER_MAX_BYTES = 26_000_000


def test_every_context_of_the_stack_is_sent_as_measured(tmp_path: Path) -> None:
    stack = load_builds(load_settings(project_dir=PROJECT, environment={}))
    contexts = survey(stack)
    assert {"backend", "gateway", "jenkins"} <= {found.name for found in contexts}
    builds, measured = {}, {}
    for found in contexts:
        for taken in found.services:
            service = stack.services[taken.service]
            # Under a name that it knows the engine would only be sent what has changed.
            root = tmp_path / f"{taken.service}-{uuid.uuid4().hex}"
            shutil.copytree(found.build.root, root, symlinks=True)
            dockerfile = root / service.dockerfile.relative_to(service.context)
            builds[taken.service] = Build(root, False, dockerfile, service.args)
            measured[taken.service] = (taken.classic_bytes, taken.buildkit_bytes)
    classic = sent_to_classic(builds, tmp_path)
    buildkit = sent_to_buildkit(builds, tmp_path)
    assert {name: (classic[name].bytes, buildkit[name].bytes) for name in builds} == measured


def test_every_context_is_within_its_budget_and_all_are_small() -> None:
    stack = load_builds(load_settings(project_dir=PROJECT, environment={}))
    contexts = survey(stack)
    for found in contexts:
        assert found.budget_bytes is not None, f"{found.name} has no budget in compose.yaml"
        assert found.measurement.after.bytes <= found.budget_bytes
    assert sum(stack.context_budgets.values()) < TOGETHER_MAX_BYTES
    assert sum(found.measurement.after.bytes for found in contexts) < TOGETHER_MAX_BYTES


@pytest.mark.timeout(FUZZ_TIMEOUT_S)
def test_random_contexts_are_sent_as_measured(capsys: pytest.CaptureFixture[str]) -> None:
    exit_code = fuzz(["--count", str(FUZZ_COUNT)], "")
    report = capsys.readouterr().out
    print(report)
    assert exit_code == 0, report
