"""A full screen that is drawn over again, scrolled by keys, and gone without a trace at the end."""

import os
import select
import signal
import sys
import termios
import tty
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.live import Live
from rich.segment import Segment

from paystack_cli.output.console import stdout_console

REDRAW_EVERY_S = 1.0
KEY_BYTES_MAX = 16
QUIT = (b"q", b"Q")
SCROLL: Mapping[bytes, int] = {
    b"\x1b[A": -1,
    b"\x1bOA": -1,
    b"k": -1,
    b"\x1b[B": 1,
    b"\x1bOB": 1,
    b"j": 1,
    b"\x1b[5~": -10,
    b"\x1b[6~": 10,
    b" ": 10,
}
"""Key, as terminals send it -> lines."""


def show(render: Callable[[], RenderableType]) -> None:
    """Draw what `render` returns every REDRAW_EVERY_S, after a key and after a resize; `q` ends it.

    The terminal is as before when it ends, also by Ctrl-C.
    """
    window = _Window()
    with (
        _keys() as wait_for_key,
        Live(
            window, console=stdout_console(), screen=True, auto_refresh=False, transient=True
        ) as live,
    ):
        while True:
            window.body = render()
            live.refresh()
            key = wait_for_key(REDRAW_EVERY_S)
            if key in QUIT:
                return
            window.scroll(SCROLL.get(key, 0))


class _Window:
    """As many lines of the body as the screen has, from `_top` on."""

    def __init__(self) -> None:
        self.body: RenderableType = ""
        self._top = 0

    def scroll(self, lines: int) -> None:
        self._top = max(0, self._top + lines)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        height = options.height or console.height
        lines = console.render_lines(self.body, options.update(height=None), pad=False)
        self._top = min(self._top, max(0, len(lines) - height))
        for number, line in enumerate(lines[self._top : self._top + height]):
            if number:
                yield Segment.line()
            yield from line


@contextmanager
def _keys() -> Iterator[Callable[[float], bytes]]:
    """A function that waits for a key so many seconds; b"" for none, and at once after a resize."""
    keyboard = sys.stdin.fileno()
    resized, on_resize = os.pipe()
    os.set_blocking(on_resize, False)
    before = termios.tcgetattr(keyboard)
    wakeup = signal.set_wakeup_fd(on_resize)
    handler = signal.signal(signal.SIGWINCH, lambda *_: None)

    def wait(timeout_s: float) -> bytes:
        ready, _, _ = select.select([keyboard, resized], [], [], timeout_s)
        if resized in ready:
            os.read(resized, KEY_BYTES_MAX)
        return os.read(keyboard, KEY_BYTES_MAX) if keyboard in ready else b""

    try:
        tty.setcbreak(keyboard)
        yield wait
    finally:
        termios.tcsetattr(keyboard, termios.TCSADRAIN, before)
        signal.signal(signal.SIGWINCH, handler)
        signal.set_wakeup_fd(wakeup)
        os.close(resized)
        os.close(on_resize)
