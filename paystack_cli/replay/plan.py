"""A replay plan: what to do with each letter and why, as a file that a person reads and applies."""

import base64
import json
import os
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from paystack_cli.errors import PreflightError, UsageError
from paystack_cli.events.letter import Place
from paystack_cli.output.document import versioned
from paystack_cli.replay.judgement import Verdict
from paystack_cli.replay.letters import Letter
from paystack_cli.replay.survey import Surveyed

DOCUMENT = "dlq-replay"
LETTERS_MAX = 10_000
"""In one plan: what a person can still overlook, and 6 MB."""
EXPIRY_H = 24.0
FILE_MODE = 0o600


@dataclass(frozen=True, slots=True)
class PlannedLetter:
    """One letter of a plan. `edit` is the value that is sent instead of its own."""

    place: Place
    sha256: str
    event_id: int | None
    event_type: str | None
    payment_id: int | None
    payment_status: str | None
    target_topic: str | None
    target_partition: int | None
    replay_id: str
    replay_count: int
    """That the replayed record is stamped with: 1 for the first replay."""
    verdict: Verdict
    reasons: tuple[str, ...]
    edit: bytes | None = None

    @classmethod
    def of(cls, found: Surveyed) -> Self:
        letter = found.letter
        return cls(
            place=letter.place,
            sha256=letter.sha256,
            event_id=letter.event_id,
            event_type=letter.origin.event_type,
            payment_id=letter.payment_id,
            payment_status=found.status,
            target_topic=letter.origin.topic,
            target_partition=letter.origin.partition,
            replay_id=str(uuid.uuid4()),
            replay_count=found.replays + 1,
            verdict=found.judgement.verdict,
            reasons=found.judgement.reasons,
        )

    def edited(self, value: bytes, found: Surveyed) -> Self:
        """The same letter with another value, judged with it, under a new replay id."""
        return replace(
            self,
            edit=value,
            replay_id=str(uuid.uuid4()),
            verdict=found.judgement.verdict,
            reasons=found.judgement.reasons,
        )

    def as_sent(self, letter: Letter) -> Letter:
        """`letter` with the value that is sent."""
        return letter if self.edit is None else replace(letter, value=self.edit)

    def document(self) -> dict[str, object]:
        return {
            "topic": self.place.topic,
            "partition": self.place.partition,
            "offset": self.place.offset,
            "sha256": self.sha256,
            "event_id": self.event_id,
            "event_type": self.event_type,
            "payment_id": self.payment_id,
            "payment_status": self.payment_status,
            "target_topic": self.target_topic,
            "target_partition": self.target_partition,
            "replay_id": self.replay_id,
            "replay_count": self.replay_count,
            "verdict": self.verdict,
            "reasons": list(self.reasons),
            "edit_base64": None if self.edit is None else base64.b64encode(self.edit).decode(),
        }

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Self:
        """Raises KeyError, TypeError or ValueError."""
        edit = document["edit_base64"]
        return cls(
            place=Place(
                str(document["topic"]), int(document["partition"]), int(document["offset"])
            ),
            verdict=Verdict(document["verdict"]),
            reasons=tuple(map(str, document["reasons"])),
            edit=None if edit is None else base64.b64decode(edit, validate=True),
            replay_id=str(uuid.UUID(document["replay_id"])),
            replay_count=int(document["replay_count"]),
            **{
                name: document[name]
                for name in (
                    "sha256",
                    "event_id",
                    "event_type",
                    "payment_id",
                    "payment_status",
                    "target_topic",
                    "target_partition",
                )
            },
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """All letters that were selected on one cluster; times in UTC."""

    plan_id: str
    cluster_id: str
    made_by: str
    made_at: datetime
    expires_at: datetime
    letters: tuple[PlannedLetter, ...]

    @classmethod
    def make(
        cls, found: Iterable[Surveyed], *, cluster_id: str, made_by: str, expiry_h: float
    ) -> Self:
        """A new plan. Raises UsageError beyond LETTERS_MAX."""
        letters: list[PlannedLetter] = []
        for surveyed in found:
            letters.append(PlannedLetter.of(surveyed))
            if len(letters) > LETTERS_MAX:
                raise UsageError(
                    f"more than {LETTERS_MAX} letters are selected, the most for one plan",
                    hint="select fewer: name one topic, or narrow it as paystack dlq replay --help"
                    " says",
                )
        letters.sort(key=lambda letter: letter.place)
        now = datetime.now(UTC)
        expires_at = now + timedelta(hours=expiry_h)
        return cls(str(uuid.uuid4()), cluster_id, made_by, now, expires_at, tuple(letters))

    @property
    def counts(self) -> Counter[Verdict]:
        return Counter(letter.verdict for letter in self.letters)

    @property
    def topics(self) -> tuple[str, ...]:
        """The dead-letter topics, each once."""
        return tuple(dict.fromkeys(letter.place.topic for letter in self.letters))

    def chosen(self, *, warned: bool) -> dict[Place, PlannedLetter]:
        """What is to be replayed, by place; with a warning only when `warned` ones are accepted."""
        wanted = {Verdict.REPLAY, Verdict.WARN} if warned else {Verdict.REPLAY}
        return {letter.place: letter for letter in self.letters if letter.verdict in wanted}

    def with_letters(self, changed: Mapping[Place, PlannedLetter]) -> Self:
        """The same plan with some letters replaced."""
        return replace(self, letters=tuple(changed.get(one.place, one) for one in self.letters))

    def document(self) -> dict[str, object]:
        """`paystack.dlq-replay/v1`, described in docs/schemas."""
        return versioned(
            DOCUMENT,
            plan_id=self.plan_id,
            cluster_id=self.cluster_id,
            made_by=self.made_by,
            made_at=self.made_at.isoformat(timespec="milliseconds"),
            expires_at=self.expires_at.isoformat(timespec="milliseconds"),
            counts={verdict.value: self.counts[verdict] for verdict in Verdict},
            letters=[letter.document() for letter in self.letters],
        )

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Self:
        """Raises KeyError, TypeError or ValueError."""
        expected = versioned(DOCUMENT)["schema"]
        if document["schema"] != expected:
            raise ValueError(f"its schema is not {expected}")
        return cls(
            plan_id=str(uuid.UUID(document["plan_id"])),
            cluster_id=str(document["cluster_id"]),
            made_by=str(document["made_by"]),
            made_at=_moment(document["made_at"]),
            expires_at=_moment(document["expires_at"]),
            letters=tuple(PlannedLetter.parse(letter) for letter in document["letters"]),
        )

    def require_valid(self, cluster_id: str) -> None:
        """Raises PreflightError for a plan that is too old, or of another cluster."""
        if self.cluster_id != cluster_id:
            raise PreflightError(
                f"the plan was made for cluster {self.cluster_id}; this is {cluster_id}",
                hint="choose the stack that it was made for, or make a new plan:"
                " paystack dlq replay --plan FILE",
            )
        if datetime.now(UTC) > self.expires_at:
            raise PreflightError(
                f"the plan expired at {self.expires_at.isoformat(timespec='seconds')}",
                hint="make a new one: paystack dlq replay --plan FILE",
            )


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return moment


def write_plan(plan: Plan, path: Path) -> None:
    """Writes the file whole or not at all, readable by its owner only. Raises UsageError."""
    beside = path.with_name(f".{path.name}.{plan.plan_id}")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(plan.document(), file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise UsageError(
            f"the plan cannot be written: {error}", hint="name another file: --plan FILE"
        ) from error


def read_plan(path: Path) -> Plan:
    """Raises UsageError for a file that is no plan of this version."""
    try:
        return Plan.parse(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise UsageError(
            f"no plan can be read: {error}", hint="make one: paystack dlq replay --plan FILE"
        ) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UsageError(
            f"{path} is no replay plan of this release: {type(error).__name__} {error}",
            hint="make a new one: paystack dlq replay --plan FILE",
        ) from error
