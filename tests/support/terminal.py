"""A recorded terminal: a real command on a real pty, its screen kept by a terminal emulator."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence

import pyte

READ_BYTES = 65_536
READ_MAX_S = 0.5
"""How long one look waits for something to be written."""
ALTERNATE_ON, ALTERNATE_OFF = b"\x1b[?1049h", b"\x1b[?1049l"
CURSOR_OFF, CURSOR_ON = b"\x1b[?25l", b"\x1b[?25h"


class Terminal:
    """One command at a terminal of `columns` x `lines`; `written` is all that it wrote.

    `seen` is every screen it showed, in order, each as often as it changed.
    """

    def __init__(
        self,
        argv: Sequence[str],
        environment: Mapping[str, str],
        *,
        columns: int = 100,
        lines: int = 40,
    ) -> None:
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self.written = b""
        self.seen: list[tuple[str, ...]] = []
        self._master, slave = pty.openpty()
        self._set_size(columns, lines)
        kept = {k: v for k, v in environment.items() if k not in {"NO_COLOR", "COLUMNS", "LINES"}}
        self.process = subprocess.Popen(
            argv,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**kept, "TERM": "xterm-256color"},
            start_new_session=True,
            preexec_fn=_take_terminal,
        )
        os.close(slave)

    def resize(self, columns: int, lines: int) -> None:
        """What a person does who drags the window's corner."""
        self.screen.resize(lines, columns)
        self._set_size(columns, lines)

    def type(self, keys: str) -> None:
        """What a person types."""
        os.write(self._master, keys.encode())

    def wait_for(self, text: str, timeout_s: float = 20) -> None:
        """Until the screen shows `text`."""
        deadline_s = time.monotonic() + timeout_s
        while not any(text in line for line in self.screen.display):
            assert self._read(deadline_s), f"no {text!r} on:\n" + "\n".join(self.shown)

    def read(self) -> None:
        """What the command writes by now."""
        self._read(time.monotonic() + READ_MAX_S)

    @property
    def echoes(self) -> bool:
        """Whether the terminal shows what is typed, as it did before the command."""
        flags: int = termios.tcgetattr(self._master)[3]
        return bool(flags & termios.ECHO and flags & termios.ICANON)

    def wait_end(self, timeout_s: float = 60) -> int:
        """Until the command has ended; its exit code."""
        deadline_s = time.monotonic() + timeout_s
        while self._read(deadline_s):
            pass
        return self.process.wait(max(1.0, deadline_s - time.monotonic()))

    @property
    def shown(self) -> list[str]:
        """The screen's lines without trailing blanks."""
        lines = [line.rstrip() for line in self.screen.display]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    def close(self) -> None:
        """End the command if it has not ended."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._master)

    def _read(self, deadline_s: float) -> bool:
        """Feed the emulator; False at the command's end and at the deadline."""
        ready, _, _ = select.select([self._master], [], [], max(0.0, deadline_s - time.monotonic()))
        if not ready:
            return False
        try:
            data = os.read(self._master, READ_BYTES)
        except OSError:  # EIO: the last one at the other end has closed it
            return False
        self.written += data
        self._stream.feed(data)
        if not self.seen or self.seen[-1] != tuple(self.shown):
            self.seen.append(tuple(self.shown))
        return bool(data)

    def _set_size(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))


def _take_terminal() -> None:
    """Make the pty the controlling terminal, so that Ctrl-C and a resize reach the command."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
