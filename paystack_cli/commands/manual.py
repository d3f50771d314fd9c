"""What `--help` says below the options: examples, and the exit codes that a command can end with.

By the words of the command. Every command has an entry; tests type each example.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import click

from paystack_cli.errors import ExitCode as Exit

MEANING: Mapping[Exit, str] = {
    Exit.OK: "done, all is well",
    Exit.CHECK_FAILED: "a check failed",
    Exit.USAGE: "wrong usage",
    Exit.PREFLIGHT: "something is missing or in the way",
    Exit.START_FAILED: "a service could not be built or started",
    Exit.TIMED_OUT: "not done or not answered in time",
    Exit.THRESHOLD: "a limit that was given is exceeded",
    Exit.INTERRUPTED: "interrupted, or a question was answered with no",
}
"""Exit codes in a few words; the README has all of them."""


class Page(NamedTuple):
    """Examples with what they are for, and exit codes besides OK, USAGE and INTERRUPTED."""

    examples: Mapping[str, str]
    codes: tuple[Exit, ...] = (Exit.PREFLIGHT,)
    note: str = ""


_CHECK = (Exit.CHECK_FAILED, Exit.PREFLIGHT, Exit.TIMED_OUT)
_START = (Exit.PREFLIGHT, Exit.START_FAILED, Exit.TIMED_OUT)
_REPLAY = (Exit.CHECK_FAILED, Exit.PREFLIGHT, Exit.TIMED_OUT)
_ITS_OWN = "The exit code is the command's own once it runs."

MANUAL: Mapping[str, Page] = {
    "paystack": Page(
        {
            "paystack up": "start everything",
            "paystack smoke": "prove it",
            "paystack logs --since 10m --level warning": "what went wrong lately",
            "paystack COMMAND --help": "more",
        },
        tuple(code for code in Exit if code not in {Exit.OK, Exit.USAGE, Exit.INTERRUPTED}),
    ),
    "paystack up": Page(
        {
            "paystack up": "everything",
            "paystack up settlement-worker": "one service and what it needs",
            "paystack up --only mariadb --recreate": "MariaDB alone, made anew",
            "paystack up --exclude outbox-relay": "everything but the relay",
            "paystack up --dry-run": "only what would be done, and why",
            "paystack up --budget 20 --budget kafka=8": "exit 6 when it took longer",
        },
        (*_START, Exit.THRESHOLD),
    ),
    "paystack down": Page(
        {
            "paystack down": "stop everything, keep the data",
            "paystack down settlement-worker": "one service",
            "paystack down --volumes --yes": "delete the data too",
        }
    ),
    "paystack restart": Page(
        {
            "paystack restart gateway": "one service",
            "paystack restart --group workers": "a group",
            "paystack restart --dry-run": "only what would be done",
        },
        _START,
    ),
    "paystack build": Page(
        {
            "paystack build": "every image that is out of date",
            "paystack build ingest-service": "one",
            "paystack build --dry-run": "which, and why",
        },
        (Exit.PREFLIGHT, Exit.START_FAILED),
    ),
    "paystack status": Page(
        {
            "paystack status": "all services",
            "paystack status --group workers": "some",
            "paystack status --output json": "for programs",
        }
    ),
    "paystack watch": Page(
        {
            "paystack watch": "full screen; q ends it",
            "paystack watch workers --interval 1": "some services, every second",
            "paystack watch --once": "one look, as plain text",
            "paystack watch --output json": "one document a line",
        }
    ),
    "paystack health": Page(
        {
            "paystack health": "every service, at most 60 s",
            "paystack health kafka --timeout 5": "one service",
            "paystack health --junit reports/health.xml": "for Jenkins",
            "paystack health --max-lag 0 --max-age 5": "nothing may be behind",
        },
        _CHECK,
    ),
    "paystack smoke": Page(
        {
            "paystack smoke": "through the public door",
            "paystack smoke --from inside": "within the stack's network",
            "paystack smoke --junit reports/smoke.xml": "for Jenkins",
        },
        _CHECK,
    ),
    "paystack breaker": Page(
        {
            "paystack breaker status": "every breaker",
            "paystack breaker test": "prove that the relay's protects the stack",
        },
        _CHECK,
    ),
    "paystack breaker status": Page(
        {
            "paystack breaker status": "every breaker",
            "paystack breaker status outbox-relay": "those of one service",
        },
        _CHECK,
    ),
    "paystack breaker test": Page(
        {
            "paystack breaker test": "the broker is away",
            "paystack breaker test --variant card-network": "or the card network",
            "paystack breaker test --junit reports/breaker.xml": "for Jenkins",
        },
        _CHECK,
        note="What was broken is healed in any case.",
    ),
    "paystack doctor": Page(
        {
            "paystack doctor": "what is wrong, and what mends it",
            "paystack doctor --fix": "do what is safe about it",
        },
        (Exit.CHECK_FAILED, Exit.PREFLIGHT),
    ),
    "paystack logs": Page(
        {
            "paystack logs -f": "all services, from now on",
            "paystack logs kafka mariadb --tail 20": "the last lines of two",
            "paystack logs --since 10m --level warning": "what went wrong lately",
            "paystack logs --payment 100001": "one payment, everywhere",
            "paystack logs workers --grep 'timed? ?out' -f": "wait for it",
        }
    ),
    "paystack config": Page({"paystack config show": "every setting and where it comes from"}),
    "paystack config show": Page(
        {
            "paystack config show": "every setting and where it comes from",
            "paystack config show --output json": "for programs",
        }
    ),
    "paystack exec": Page(
        {
            "paystack exec gateway": "a shell",
            "paystack exec ingest-service -- printenv DB_HOST": "one command",
        },
        note=_ITS_OWN,
    ),
    "paystack db": Page(
        {
            "paystack db": "a prompt",
            "paystack db -e 'SELECT COUNT(*) FROM payment'": "one statement",
            "paystack db --root < script.sql": "a script, as root",
        },
        note=_ITS_OWN,
    ),
    "paystack open": Page(
        {
            "paystack open ingest-service": "its page in the browser",
            "paystack open gateway --no-browser": "only the address",
        }
    ),
    "paystack completion": Page(
        {
            'eval "$(paystack completion bash)"': "in ~/.bashrc",
            "paystack completion fish > paystack.fish": "for fish",
        },
        (),
    ),
    "paystack version": Page({"paystack version --output json": "for programs"}, ()),
    "paystack outbox": Page({"paystack outbox status": "what waits, what is parked"}),
    "paystack outbox status": Page(
        {
            "paystack outbox status": "what waits, what is parked",
            "paystack outbox status --max-age 30": "exit 6 when a row waits longer",
        },
        (Exit.PREFLIGHT, Exit.THRESHOLD),
    ),
    "paystack outbox list": Page(
        {
            "paystack outbox list --state parked": "what the relay has given up",
            "paystack outbox list --payment 100001": "all rows of one payment",
        }
    ),
    "paystack outbox show": Page({"paystack outbox show 4711": "one row in full"}),
    "paystack outbox retry": Page(
        {
            "paystack outbox retry 4711": "one parked row",
            "paystack outbox retry --all-parked --reason timeout": "all of a cause",
        }
    ),
    "paystack outbox park": Page(
        {"paystack outbox park 4711 --reason 'wrong amount'": "out of the relay's way"}
    ),
    "paystack outbox doctor": Page(
        {
            "paystack outbox doctor": "what is wrong",
            "paystack outbox doctor --junit reports/outbox.xml": "for Jenkins",
        },
        (Exit.CHECK_FAILED, Exit.PREFLIGHT),
    ),
    "paystack verify": Page(
        {"paystack verify": "no money lost, none moved twice"},
        (Exit.CHECK_FAILED, Exit.PREFLIGHT, Exit.TIMED_OUT),
    ),
    "paystack dlq": Page(
        {
            "paystack dlq inspect": "what died and why",
            "paystack dlq replay --plan plan.json": "judge what may be sent again",
            "paystack dlq apply plan.json": "send it again",
        }
    ),
    "paystack dlq inspect": Page(
        {
            "paystack dlq inspect": "every dead-letter topic",
            "paystack dlq inspect settlement.dlq --last 20": "with its newest letters",
            "paystack dlq inspect --max-dead 0": "exit 6 when anything died",
        },
        (Exit.PREFLIGHT, Exit.TIMED_OUT, Exit.THRESHOLD),
    ),
    "paystack dlq list": Page(
        {
            "paystack dlq list --since 2h": "the newest letters",
            "paystack dlq list settlement.dlq --follow": "as they arrive",
        },
        (Exit.PREFLIGHT, Exit.TIMED_OUT),
    ),
    "paystack dlq show": Page(
        {"paystack dlq show settlement.dlq 0:17": "key, headers, value, stack trace"},
        (Exit.PREFLIGHT, Exit.TIMED_OUT),
    ),
    "paystack dlq export": Page(
        {"paystack dlq export settlement.dlq --to letters.jsonl": "JSON lines"},
        (Exit.PREFLIGHT, Exit.TIMED_OUT),
    ),
    "paystack dlq replay": Page(
        {
            "paystack dlq replay --plan plan.json": "judge, send none",
            "paystack dlq replay settlement.dlq --plan plan.json": "those of one topic",
        },
        _REPLAY,
    ),
    "paystack dlq apply": Page(
        {
            "paystack dlq apply plan.json": "asks before it sends",
            "paystack dlq apply plan.json --canary 3 --rate 50": "three first, slowly",
        },
        _REPLAY,
    ),
    "paystack dlq discard": Page(
        {"paystack dlq discard refund.dlq 0:17 --reason 'test data'": "for good"},
        _REPLAY,
    ),
    "paystack dlq history": Page(
        {"paystack dlq history settlement.dlq --last 10": "who replayed what"}, _REPLAY
    ),
    "paystack context": Page({"paystack context show": "what builds are sent"}),
    "paystack context show": Page(
        {
            "paystack context show": "what builds are sent",
            "paystack context show --budget 26MB": "exit 6 when it is more",
        },
        (Exit.CHECK_FAILED, Exit.PREFLIGHT, Exit.THRESHOLD),
    ),
    "paystack context baseline": Page({"paystack context baseline": "remember the sizes of now"}),
    "paystack context rules": Page({"paystack context rules gateway": "what each rule saves"}),
    "paystack context suggest": Page(
        {"paystack context suggest --dir .": "lines to add, with what they save"}
    ),
    "paystack context explain": Page(
        {"paystack context explain stack/backend/build": "sent or not, and why"}
    ),
    "paystack context files": Page(
        {"paystack context files stack/backend": "every file, with its bytes"}
    ),
    "paystack trace": Page(
        {
            "paystack trace 100001": "one payment's way",
            "paystack trace 100001 --html payment.html": "also as a page",
        },
        (Exit.CHECK_FAILED, Exit.PREFLIGHT, Exit.TIMED_OUT),
    ),
}


def add_manual(command: click.Command, path: str) -> None:
    """Give `command`, called by the words `path`, and everything below it its examples."""
    if path in MANUAL:
        command.epilog = epilog(MANUAL[path])
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            add_manual(child, f"{path} {name}")


def epilog(page: Page) -> str:
    """The text below the options; click leaves a paragraph after a backspace as it is."""
    return "\n".join(_lines(page))


def _lines(page: Page) -> Iterator[str]:
    width = max(map(len, page.examples))
    yield "\b\nExamples:"
    for example, purpose in page.examples.items():
        yield f"  {example:<{width}}  # {purpose}"
    yield "\n\b\nExit codes:"
    for code in sorted({Exit.OK, Exit.USAGE, *page.codes, Exit.INTERRUPTED}):
        yield f"  {code:<3}  {MEANING[code]}"
    if page.note:
        yield f"\n{page.note}"
