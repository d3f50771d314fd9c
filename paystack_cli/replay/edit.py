"""Another value for a letter, from a file or an editor, judged like any other."""

import json
import os
import shlex
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from paystack_cli.errors import UsageError
from paystack_cli.events.letter import Place
from paystack_cli.replay.judgement import Verdict
from paystack_cli.replay.letters import Letter, parse_place
from paystack_cli.replay.plan import Plan
from paystack_cli.replay.reading import find_letters
from paystack_cli.replay.site import Site
from paystack_cli.replay.survey import Surveyor

DEFAULT_EDITOR = "vi"


def edited(plan: Plan, site: Site, edits: Iterable[str]) -> Plan:
    """The plan with the value of each `LETTER=FILE` (or `LETTER`, for $EDITOR) in place.

    Raises UsageError for a letter that is not in the plan, a file that cannot be read, and a value
    with which the letter cannot be replayed.
    """
    asked = dict(_parse(edit, plan) for edit in edits)
    planned = {letter.place: letter for letter in plan.letters if letter.place in asked}
    if absent := sorted(asked.keys() - planned.keys()):
        raise UsageError(
            f"{', '.join(map(str, absent))}: not in the plan",
            hint="make a new plan: paystack dlq replay --plan FILE",
        )
    letters = find_letters(site.kafka, asked)
    surveyor = Surveyor(site, site.ledger.handled(plan.topics))
    changed = {}
    for place, file in asked.items():
        value = _from_editor(letters[place]) if file is None else _from_file(file)
        (found,) = surveyor.survey([replace(letters[place], value=value)])
        changed[place] = planned[place].edited(value, found)
    unfit = [one for one in changed.values() if one.verdict in (Verdict.SKIP, Verdict.REFUSE)]
    if unfit:
        raise UsageError(
            "\n  ".join(
                f"{one.place} cannot be replayed so: {'; '.join(one.reasons)}" for one in unfit
            ),
            hint="mend the value; the plan is as it was",
        )
    return plan.with_letters(changed)


def _parse(edit: str, plan: Plan) -> tuple[Place, Path | None]:
    letter, given, file = edit.partition("=")
    return parse_place(letter, plan.topics), Path(file) if given else None


def _from_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"the value cannot be read: {error}", hint="name a file") from error


def _from_editor(letter: Letter) -> bytes:
    """The value as it was left in $EDITOR, in a file that nobody else can read."""
    with tempfile.TemporaryDirectory(prefix="paystack-") as folder:
        path = Path(folder) / "value.json"
        path.write_bytes(_pretty(letter.value or b""))
        before = path.read_bytes()
        editor = shlex.split(os.environ.get("EDITOR", DEFAULT_EDITOR))
        try:
            ended = subprocess.run([*editor, str(path)], check=False).returncode
        except OSError as error:
            raise UsageError(
                f"no editor: {error}", hint="set EDITOR, or give LETTER=FILE"
            ) from error
        after = path.read_bytes()
    if ended != 0 or after == before:
        raise UsageError(f"the value of {letter.place} was not changed", hint="nothing was done")
    return after


def _pretty(value: bytes) -> bytes:
    """JSON over several lines; anything else as it is."""
    try:
        return json.dumps(json.loads(value), indent=2, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return value
