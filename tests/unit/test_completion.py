"""What shells offer: asked as a shell asks, and typed into real ones."""

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.stack import PAYSTACK, PROJECT

TYPED_TIMEOUT_S = 30.0
HEAVY = {"confluent_kafka", "docker", "httpx", "psutil", "pymysql", "requests", "rich"}

ENVIRONMENT = {
    "PATH": f"{PAYSTACK.parent}:{os.environ['PATH']}",
    "HOME": "/nonexistent",
    "LANG": "C.UTF-8",
    "TERM": "xterm",
}


def _offered(*words: str, project: Path = PROJECT) -> set[str]:
    """What is offered for the last of the words, asked as the bash script asks."""
    asked = {
        **ENVIRONMENT,
        "_PAYSTACK_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(("paystack", *words)),
        "COMP_CWORD": str(len(words)),
    }
    done = subprocess.run(
        [PAYSTACK], cwd=project, env=asked, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return {line.partition(",")[2] for line in done.stdout.split()}


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("sta",), {"status"}),
        (("up", "gate"), {"gateway"}),
        (("up", "work"), {"workers"}),
        (("status", "--only", "mariadb,kafka"), {"mariadb,kafka", "mariadb,kafka-topics"}),
        (("up", "--exclude", "refund"), {"refund-worker"}),
        (("up", "--group", "m"), set()),
        (("up", "--group", "e"), {"edge"}),
        (("exec", "mari"), {"mariadb"}),
        (("dlq", "inspect", "refund"), {"refund.dlq"}),
        (("--output", "t"), {"table"}),
        (("logs", "--foll"), {"--follow"}),
        (("completion", "f"), {"fish"}),
    ],
)
def test_commands_options_services_groups_and_topics(
    words: tuple[str, ...], offered: set[str]
) -> None:
    assert _offered(*words) == offered


def test_outside_of_a_project_or_with_a_broken_one_nothing_is_said(tmp_path: Path) -> None:
    assert _offered("--project-dir", str(tmp_path), "up", "m") == set()
    (tmp_path / "stack").mkdir()
    (tmp_path / "stack" / "compose.yaml").write_text("services: [\n")
    assert _offered("--project-dir", str(tmp_path), "up", "m") == set()
    (tmp_path / "stack" / "compose.yaml").write_text("other: 7\n")
    assert _offered("--project-dir", str(tmp_path), "up", "m") == set()


def test_an_answer_imports_nothing_heavy() -> None:
    asked = {
        "_PAYSTACK_COMPLETE": "bash_complete",
        "COMP_WORDS": "paystack up m",
        "COMP_CWORD": "2",
    }
    probe = (
        "import atexit, sys; from paystack_cli.app import main;"
        "atexit.register(lambda: print(*sys.modules, file=sys.stderr)); main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe],
        cwd=PROJECT,
        env={**ENVIRONMENT, **asked},
        capture_output=True,
        text=True,
        check=True,
    )
    modules = {name.partition(".")[0] for name in done.stderr.split()}
    assert "yaml" in modules
    assert HEAVY.isdisjoint(modules)


SHELLS = {
    "bash": (
        ["bash", "--norc", "--noprofile", "-i"],
        'bind "set enable-bracketed-paste off"; eval "$(paystack completion bash)"',
    ),
    "zsh": (
        ["zsh", "-f", "-i"],
        'autoload -Uz compinit; compinit -u -D; eval "$(paystack completion zsh)"',
    ),
    "fish": (["fish", "--no-config", "-i"], "paystack completion fish | source"),
}
"""How each is started without anybody's settings, and how it learns of paystack."""

READY = "learned-that"
BEGIN_OF_LINE = "\x01"


@pytest.mark.parametrize("shell", SHELLS)
def test_a_name_is_completed_where_it_is_typed(shell: str, tmp_path: Path) -> None:
    command, learn = SHELLS[shell]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{shell} is not on this machine")
    terminal = _Terminal(command, tmp_path)
    try:
        terminal.type(f"{learn}; echo learned-''that\n")
        terminal.wait_for(READY)
        # The completed line becomes the argument of a harmless command, which tells it.
        terminal.type(f"paystack up settle\t{BEGIN_OF_LINE}echo is:\n")
        terminal.wait_for("is:paystack up settlement-worker")
    finally:
        terminal.close()


class _Terminal:
    """A shell on a terminal of its own."""

    def __init__(self, command: list[str], home: Path) -> None:
        pid, self._screen = pty.fork()
        if pid == 0:
            os.chdir(PROJECT)
            os.execvpe(command[0], command, {**ENVIRONMENT, "HOME": str(home)})
        self._pid = pid
        self._shown = ""

    def type(self, text: str) -> None:
        os.write(self._screen, text.encode())

    def wait_for(self, text: str) -> None:
        """Until the terminal has been sent `text`."""
        deadline = time.monotonic() + TYPED_TIMEOUT_S
        while text not in self._shown:
            ready, _, _ = select.select([self._screen], [], [], deadline - time.monotonic())
            assert ready, f"{text!r} did not come: {self._shown!r}"
            self._shown += os.read(self._screen, 4096).decode(errors="replace")

    def close(self) -> None:
        os.close(self._screen)  # the shell is sent SIGHUP
        with suppress(ChildProcessError):
            os.waitpid(self._pid, 0)
