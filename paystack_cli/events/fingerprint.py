"""What dead letters of one cause have in common: the message without what differs each time."""

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache

from paystack_cli.clients.sanitize import printable

MESSAGE_BYTES_MAX = 1024
"""The beginning of a message decides."""
ID_CHARACTERS = 12
STRIPPED_MAX = 5_000
"""Messages that are remembered."""

_ZEROS = bytes.maketrans(b"123456789", b"000000000")

_HEX = "[0a-fA-F]"
_SHAPES = {
    "uuid": rf"\b{_HEX}{{8}}-(?:{_HEX}{{4}}-){{3}}{_HEX}{{12}}\b",
    "time": r"\b0000-00-00(?:[T ]00:00(?::00(?:[.,]0+)?)?)?(?:Z|[+-]00:?00)?"
    r"|\b00?:00:00(?:[.,]0+)?",
    "address": r"\b0{1,3}(?:\.0{1,3}){3}(?::0{1,5})?\b"
    rf"|(?<![\w:])(?:{_HEX}{{0,4}}:){{3,7}}{_HEX}{{0,4}}(?![\w:])"
    r"|[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})+",
    "hex": rf"\b0x{_HEX}+|(?<=@)(?=[a-fA-F]*0){_HEX}+\b|\b(?=[a-fA-F]*0){_HEX}{{8,}}\b",
    # Letters and digits mixed, as in ch_3MqLiJ2eZvKYlo2C.
    "id": r"\b(?=(?:[A-Za-z_]*0){3})[A-Za-z_0]*[A-Za-z_][A-Za-z_0]{15,}\b",
    "n": r"(?:(?<![\w)\]])[-+])?0[0.,_]*0|(?:(?<![\w)\]])[-+])?0",
}
"""What differs each time, in a text whose digits are all 0; the first that fits wins."""

_DIFFERING = re.compile("|".join(f"(?P<{name}>{shape})" for name, shape in _SHAPES.items()))


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """One cause of death; `message` has `<n>`, `<uuid>`, `<time>`, … where letters differ."""

    exception: str | None
    event_type: str | None
    message: str | None

    @property
    def id(self) -> str:
        """Short and stable, for baselines and filters."""
        text = "\0".join(part or "" for part in (self.exception, self.event_type, self.message))
        return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:ID_CHARACTERS]


def zeroed(text: bytes) -> bytes:
    """With every digit as 0: cheap, and of a message never coarser than `stripped`."""
    return text.translate(_ZEROS)


def stripped(message: bytes | None) -> str | None:
    """The message without ids (uuid, hex, numbers), amounts, times and addresses."""
    return None if message is None else _stripped(zeroed(message[:MESSAGE_BYTES_MAX]))


@lru_cache(STRIPPED_MAX)
def _stripped(beginning: bytes) -> str:
    text = beginning.decode("utf-8", "replace")
    return printable(_DIFFERING.sub(lambda found: f"<{found.lastgroup}>", text))
