"""The parts of Go's `path/filepath` and `unicode` that decide what an ignore file means.

Source: the Go standard library, path/filepath/match.go and path/path.go.
"""

import posixpath

BAD_PATTERN = "syntax error in pattern"
"""Go's `filepath.ErrBadPattern`, as an engine prints it."""

WHITE_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""What `strings.TrimSpace` removes; Python's `strip` takes \\x1c to \\x1f as well."""

_RUNE_ERROR = "\ufffd"


class BadPatternError(ValueError):
    """The pattern is malformed by the rules of `filepath.Match`."""

    def __init__(self) -> None:
        super().__init__(BAD_PATTERN)


def clean(path: str) -> str:
    """`filepath.Clean`: the shortest path that means the same, without looking at any file."""
    cleaned = posixpath.normpath(path)
    return "/" + cleaned.lstrip("/") if cleaned.startswith("/") else cleaned


def is_bad_byte(character: str) -> bool:
    """Whether the character stands for a byte that is no UTF-8 (PEP 383)."""
    return "\udc80" <= character <= "\udcff"


def as_runes(text: str) -> str:
    """The text as Go decodes it: every byte that is no UTF-8 becomes U+FFFD."""
    if text.isascii():
        return text
    return "".join(_RUNE_ERROR if is_bad_byte(character) else character for character in text)


def match(pattern: str, name: str) -> bool:
    """`filepath.Match`. Raises BadPatternError, as Go does: only as far as it has to read.

    The part of the pattern behind the first difference stays unread, be it malformed or not.
    """
    while pattern:
        has_star, chunk, pattern = _scan_chunk(pattern)
        if has_star and not chunk:
            return "/" not in name
        rest = _match_chunk(chunk, name)
        if rest is None or (rest and not pattern):
            rest = _match_later(chunk, name, is_last=not pattern) if has_star else None
        if rest is None:
            return False
        name = rest
    return not name


def _match_later(chunk: str, name: str, *, is_last: bool) -> str | None:
    """What is left of the name when a star takes some of it before the chunk."""
    for skipped, character in enumerate(name, start=1):
        if character == "/":
            break
        rest = _match_chunk(chunk, name[skipped:])
        if rest is not None and not (is_last and rest):
            return rest
    return None


def _scan_chunk(pattern: str) -> tuple[bool, str, str]:
    """Whether stars come first; the pattern up to its next star outside of brackets; the rest."""
    without = pattern.lstrip("*")
    has_star, pattern = without != pattern, without
    in_range = False
    position = 0
    while position < len(pattern):
        match pattern[position]:
            case "\\":
                if position + 1 < len(pattern):
                    position += 1
            case "[":
                in_range = True
            case "]":
                in_range = False
            case "*" if not in_range:
                break
        position += 1
    return has_star, pattern[:position], pattern[position:]


def _match_chunk(chunk: str, text: str) -> str | None:
    """What follows the chunk in a text that begins with it; None for another text.

    All of the chunk is read: it must be well formed even where the text is another one.
    """
    failed = False
    while chunk:
        failed = failed or not text
        first, chunk = chunk[0], chunk[1:]
        if first == "[":
            is_in, chunk = _match_class(chunk, as_runes(text[:1]))
            failed = failed or not is_in
        elif first == "?":
            failed = failed or text[0] == "/"
        else:
            if first == "\\":
                if not chunk:
                    raise BadPatternError
                first, chunk = chunk[0], chunk[1:]
            failed = failed or first != text[0]
        text = text[1:]
    return None if failed else text


def _match_class(chunk: str, character: str) -> tuple[bool, str]:
    """Whether the class that the chunk begins with holds the character, and what follows it."""
    is_negated = chunk.startswith("^")
    chunk = chunk.removeprefix("^")
    ranges, is_in = 0, False
    while not (ranges and chunk.startswith("]")):
        low, chunk = _class_character(chunk)
        high = low
        if chunk.startswith("-"):
            high, chunk = _class_character(chunk[1:])
        is_in = is_in or low <= character <= high
        ranges += 1
    return is_in is not is_negated, chunk[1:]


def _class_character(chunk: str) -> tuple[str, str]:
    """`getEsc`: one character of a class, escaped or not; something must follow it."""
    if not chunk or chunk[0] in "-]":
        raise BadPatternError
    chunk = chunk[1:] if chunk[0] == "\\" else chunk
    if len(chunk) < 2 or is_bad_byte(chunk[0]):
        raise BadPatternError
    return chunk[0], chunk[1:]
