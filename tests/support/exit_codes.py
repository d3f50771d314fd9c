"""One row for each exit code that a command documents, the same for both engines.

`up`, `down` and `status` are asked of a small project: `store`, which does what MODE says, and
`app`, which waits for it. `health` and `smoke` are asked of a whole stack that is healthy.
"""

import contextlib
import signal
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from paystack_cli.engines.lock import exclusive
from paystack_cli.errors import ExitCode
from tests.support.stack import Answer, StackUnderTest

ENDS_WITHIN_S = 30


class Mode(StrEnum):
    """What `store` does: the value of MODE."""

    SERVES = "serves"
    CRASHES = "crashes"
    NEVER_READY = "never ready"
    DEAF = "deaf"
    """Serves, and ignores SIGTERM until it is killed."""


class Meanwhile(StrEnum):
    """What happens while the command runs."""

    NOTHING = "nothing"
    PORT_TAKEN = "the port of store is taken"
    OTHER_COMMAND = "another command is at work"
    INTERRUPT = "Ctrl-C after its first words"


@dataclass(frozen=True, slots=True)
class Row:
    """A command line and the code that it ends with; `running`: what was up before."""

    code: ExitCode
    command: tuple[str, ...]
    mode: Mode = Mode.SERVES
    running: bool = False
    meanwhile: Meanwhile = Meanwhile.NOTHING
    environment: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{' '.join(self.command)} -> {int(self.code)}"


NO_ENGINE = {"PAYSTACK_ENGINE": "nonexistent"}
NOBODY = "http://127.0.0.1:1"
"""An address at which nothing answers; the same in every worker, for it is in a test's name."""
NO_DATABASE = {"PAYSTACK_DB_PORT": NOBODY.rpartition(":")[2]}

OF_A_SMALL_PROJECT = (
    Row(ExitCode.OK, ("up",)),
    Row(ExitCode.USAGE, ("up", "nobody")),
    Row(ExitCode.PREFLIGHT, ("up",), meanwhile=Meanwhile.PORT_TAKEN),
    Row(ExitCode.START_FAILED, ("up",), Mode.CRASHES),
    Row(ExitCode.TIMED_OUT, ("up", "--timeout", "2"), Mode.NEVER_READY),
    Row(ExitCode.THRESHOLD, ("up", "--budget", "0.001")),
    Row(ExitCode.INTERRUPTED, ("up",), Mode.NEVER_READY, meanwhile=Meanwhile.INTERRUPT),
    Row(ExitCode.OK, ("down",), running=True),
    Row(ExitCode.USAGE, ("down", "--volumes"), running=True),
    Row(ExitCode.PREFLIGHT, ("down",), running=True, meanwhile=Meanwhile.OTHER_COMMAND),
    Row(ExitCode.INTERRUPTED, ("down",), Mode.DEAF, True, Meanwhile.INTERRUPT),
    Row(ExitCode.OK, ("status",)),
    Row(ExitCode.USAGE, ("status", "nobody")),
    Row(ExitCode.PREFLIGHT, ("status",), environment=NO_ENGINE),
)

OF_A_BUILD = (
    Row(ExitCode.OK, ("build", "made")),
    Row(ExitCode.USAGE, ("build", "store")),
    Row(ExitCode.PREFLIGHT, ("build", "made"), environment=NO_ENGINE),
    Row(ExitCode.START_FAILED, ("build", "made"), Mode.CRASHES),
    Row(ExitCode.INTERRUPTED, ("build", "made"), Mode.DEAF, meanwhile=Meanwhile.INTERRUPT),
)
"""`made` is a service whose image takes MODE as an argument."""

OF_A_WHOLE_STACK = (
    Row(ExitCode.OK, ("health", "mariadb")),
    Row(
        ExitCode.CHECK_FAILED, ("health", "mariadb"), environment={"PAYSTACK_DB_PASSWORD": "wrong"}
    ),
    Row(ExitCode.USAGE, ("health", "nobody")),
    Row(ExitCode.PREFLIGHT, ("health",), environment=NO_ENGINE),
    Row(ExitCode.TIMED_OUT, ("health", "mariadb", "--timeout", "0"), environment=NO_DATABASE),
    Row(
        ExitCode.INTERRUPTED,
        ("health", "mariadb"),
        meanwhile=Meanwhile.INTERRUPT,
        environment=NO_DATABASE,
    ),
    Row(ExitCode.OK, ("smoke",)),
    Row(ExitCode.CHECK_FAILED, ("smoke", "--gateway", "WRONG_DOOR")),
    Row(ExitCode.USAGE, ("smoke", "--from", "nowhere")),
    Row(ExitCode.PREFLIGHT, ("smoke", "--exclude", "gateway")),
    Row(ExitCode.TIMED_OUT, ("smoke", "--gateway", NOBODY, "--timeout", "0")),
    Row(ExitCode.INTERRUPTED, ("smoke", "--gateway", NOBODY), meanwhile=Meanwhile.INTERRUPT),
)


def ends_as_the_row_says(stack: StackUnderTest, row: Row) -> None:
    """Run the row's command; the stack is as before when `running`, nothing runs otherwise."""
    environment = {"MODE": row.mode.value, "PAYSTACK_FROM": "outside", **row.environment}
    if row.running:
        stack.paystack("up", **environment)
    command = [stack.url("pg-simulator") if word == "WRONG_DOOR" else word for word in row.command]
    with _happening(stack, row.meanwhile):
        if row.meanwhile is Meanwhile.INTERRUPT:
            answer = _interrupted(stack, *command, **environment)
        else:
            answer = stack.paystack(*command, expect=None, **environment)
    assert answer.exit_code == row.code, str(answer)
    assert "Traceback" not in answer.stderr, str(answer)
    if row.code in {ExitCode.USAGE, ExitCode.PREFLIGHT, ExitCode.START_FAILED, ExitCode.THRESHOLD}:
        assert "next: " in answer.stderr, str(answer)


@contextlib.contextmanager
def _happening(stack: StackUnderTest, meanwhile: Meanwhile) -> Iterator[None]:
    with contextlib.ExitStack() as held:
        if meanwhile is Meanwhile.PORT_TAKEN:
            held.enter_context(socket.create_server(("127.0.0.1", stack.port("store"))))
        elif meanwhile is Meanwhile.OTHER_COMMAND:
            held.enter_context(exclusive(stack.state_dir / "lock", "up"))
        yield


def _interrupted(stack: StackUnderTest, *command: str, **environment: str) -> Answer:
    with stack.start(*command, **environment) as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=ENDS_WITHIN_S)
    return Answer(" ".join(command), process.returncode, stdout, first + stderr)
