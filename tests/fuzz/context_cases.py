"""Random contexts: trees with odd names and links, and ignore files that fit them."""

import os
import random
from collections.abc import Callable, Sequence
from pathlib import Path

NAMES = (
    *("a", "b", "ab", "abc", "foo", "foobar", "foo.py", "bar", "build", "dist", "node_modules"),
    *("a.log", "b.LOG", "x.txt", ".env", ".git", "README.md", "keep", "keep.txt", "a-b", "a+b"),
    *("x y", "é", "ü.txt", "[x]", "a*b", "!bang", "#hash", "a?b", "{a}", "$x", "(a|b)", "a^b"),
    *("long-" + "n" * 60, "very-long-" + "m" * 95, "日本" * 12),
)
SIZES = (0, 1, 17, 511, 512, 513, 4096, 32767, 32768, 32769, 70000)
MTIMES_S = (0, 1, 127, 1_000_000_000, 1_700_000_000, -1, -86_400, 2**31, 2**33 + 5)
MODES = (0o644, 0o600, 0o755, 0o4755, 0o666)
WILD = (
    *("*", "**", "?", "*.log", "*.*", "[a-c]", "[^a]", "[!a]", "[ab]*", "??", "a*", "*b", "**.log"),
    *(
        "*a*",
        "foo*",
        "\\a",
        "\\*",
        "\\!bang",
        "[[]x]",
        "a[*]b",
        "[a-]",
        "[\\]x]",
        ".*",
        "**.*",
        "\\d",
    ),
    *("***", "a**", "**b", "k**p", "\\#hash", "a\\?b", "[é]", "{a}", "a.log", "x\\.txt"),
)
BROKEN = (
    "[",
    "[]",
    "a[",
    "[a",
    "!",
    "!/",
    "\\",
    "[]a]",
    "[^]",
    "[a-",
    "! ",
    "a/[",
    "[-x]",
    "[z-a]",
)
MAX_DEPTH = 4
LINE_ENDS = ("\n", "\n", "\n", "\r\n")


def make_context(rng: random.Random, root: Path) -> None:
    """A tree with `.dockerignore` and a Dockerfile that copies all of it."""
    root.mkdir(parents=True)
    paths = _Tree(rng, root).grow()
    (root / ".dockerignore").write_bytes(ignore_file(rng, paths))
    (root / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")


class _Tree:
    def __init__(self, rng: random.Random, root: Path) -> None:
        self._rng = rng
        self._root = root
        self._paths: list[str] = []
        self._files: list[Path] = []

    def grow(self) -> list[str]:
        """Fill the folder; the paths that were made."""
        self._fill(self._root, 0)
        for path in reversed(self._paths):  # folders last: what they hold changes their times
            place = self._root / path
            moment = self._rng.choice(MTIMES_S) * 10**9 + self._rng.choice((0, 123_456_789))
            os.utime(place, ns=(moment, moment), follow_symlinks=False)
        return self._paths

    def _fill(self, folder: Path, depth: int) -> None:
        for name in self._rng.sample(NAMES, self._rng.randint(1, 7)):
            path = folder / name
            self._paths.append(str(path.relative_to(self._root)))
            if depth < MAX_DEPTH and self._rng.random() < 0.4:
                path.mkdir()
                self._fill(path, depth + 1)
            else:
                self._rng.choice(self._leaves())(path)

    def _leaves(self) -> Sequence[Callable[[Path], None]]:
        return (*[self._file] * 8, Path.mkdir, self._link, self._link, self._hard_link)

    def _file(self, path: Path) -> None:
        path.write_bytes(b"x" * self._rng.choice(SIZES))
        path.chmod(self._rng.choice(MODES))
        self._files.append(path)

    def _link(self, path: Path) -> None:
        targets = ("a", "../b", "/etc/none", "foo/bar", ".", "..", "n" * 130, "é", path.name)
        path.symlink_to(self._rng.choice(targets))

    def _hard_link(self, path: Path) -> None:
        if self._files:
            path.hardlink_to(self._rng.choice(self._files))
        else:
            self._file(path)


def ignore_file(rng: random.Random, paths: Sequence[str]) -> bytes:
    """A `.dockerignore` whose patterns have a good chance to match some of the paths."""
    lines = [_line(rng, paths) for _ in range(rng.choice((0, 1, 1, 2, 2, 3, 3, 4, 5, 8)))]
    if rng.random() < 0.03:
        lines.insert(rng.randint(0, len(lines)), rng.choice(BROKEN))
    text = rng.choice(LINE_ENDS).join(lines) + rng.choice(("", "\n"))
    return (b"\xef\xbb\xbf" if rng.random() < 0.03 else b"") + text.encode()


def _line(rng: random.Random, paths: Sequence[str]) -> str:
    if rng.random() < 0.06:
        return rng.choice(("", "  ", "# a comment", " #hash", "#hash"))
    pattern = _pattern(rng, paths)
    sign = rng.choice(("!", "!", "! ", "!/")) if rng.random() < 0.35 else ""
    before = rng.choice(("", "", "", "", "/", "./", "a/../", "//", " ", "\t"))
    return (
        before * (not sign)
        + sign
        + pattern
        + rng.choice(("", "", "", "", "/", " ", "/.", "/**", "/*"))
    )


def _pattern(rng: random.Random, paths: Sequence[str]) -> str:
    parts = rng.choice(paths).split("/") if rng.random() < 0.8 else rng.choices(NAMES, k=2)
    parts = [rng.choice(WILD) if rng.random() < 0.3 else part for part in parts]
    if rng.random() < 0.2:
        parts.insert(rng.randint(0, len(parts)), "**")
    return "/".join(parts[: rng.randint(1, len(parts))])
