"""scripts/skip-ci: which commits ask not to be built."""

import subprocess

import pytest

from tests.support.outline import Outline


@pytest.mark.parametrize(
    ("message", "skipped"),
    [
        ("Mend a word [skip ci]", True),
        ("Mend a word\n\n[ci skip]", True),
        ("Mend a word [Skip CI]", True),
        ("Skip ci where nothing changed", False),
        ("Say what (skip ci) means", False),
    ],
)
def test_the_mark_stands_in_brackets(outline: Outline, message: str, skipped: bool) -> None:
    git = ["git", "-c", "user.name=test", "-c", "user.email=test@localhost"]
    commit = ["commit", "--quiet", "--allow-empty", "-m", message]
    for arguments in (["init", "--quiet"], commit):
        subprocess.run([*git, *arguments], cwd=outline.root, check=True)
    assert (outline.run("skip-ci").exit_code == 0) == skipped
