"""Make SIGTERM and SIGHUP end a command like Ctrl-C: by an exception, so that cleanup runs.

Without a handler the system ends the process at once: a prompt leaves the terminal without echo,
and a change stays half done until the next run recovers it.
"""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

_NAMES: Final = ("SIGTERM", "SIGHUP")


class Terminated(KeyboardInterrupt):
    """The process received SIGTERM or SIGHUP; handled wherever Ctrl-C is."""


class EndingSignal:
    """The signal that ended this process, if any."""

    def __init__(self) -> None:
        self.number: int | None = None

    def exit_code(self, otherwise: int) -> int:
        """Returns 128 plus the signal's number, as shells do; ``otherwise`` without a signal."""
        return otherwise if self.number is None else 128 + self.number

    def handle(self, number: int, _: FrameType | None) -> None:
        """Raises Terminated in the main thread, once, so that cleanup is not interrupted."""
        first = self.number is None
        self.number = number
        if first:
            raise Terminated


def numbers() -> tuple[int, ...]:
    """Returns the signals that end a command as Ctrl-C does, those that this system has."""
    found = (getattr(signal, name, None) for name in _NAMES)
    return tuple(number for number in found if number is not None)


@contextmanager
def signals_as_interrupts() -> Iterator[EndingSignal]:
    """Raises Terminated on SIGTERM and SIGHUP in the block, then restores handlers and terminal.

    A signal that was ignored stays ignored (nohup). Outside of the main thread nothing changes.
    """
    ending = EndingSignal()
    previous: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        for number in numbers():
            if signal.getsignal(number) is not signal.SIG_IGN:
                previous[number] = signal.signal(number, ending.handle)
    modes = _terminal_modes()
    try:
        yield ending
    finally:
        if ending.number is not None:
            _restore(modes)
        for number, handler in previous.items():
            signal.signal(number, handler)


if sys.platform == "win32":

    def _terminal_modes() -> tuple[int, list[Any]] | None:
        """Returns None: a console's modes end with the process that set them."""
        return None

    def _restore(modes: tuple[int, list[Any]] | None) -> None:
        """Does nothing."""

else:
    import os
    import termios

    def _terminal_modes() -> tuple[int, list[Any]] | None:
        """Returns a terminal's descriptor and its current attributes; None without a terminal."""
        for descriptor in (0, 1, 2):
            try:
                if os.isatty(descriptor):
                    return descriptor, termios.tcgetattr(descriptor)
            except (OSError, termios.error):
                continue
        return None

    def _restore(modes: tuple[int, list[Any]] | None) -> None:
        if modes is None:
            return
        descriptor, attributes = modes
        try:
            if termios.tcgetattr(descriptor) == attributes:
                return
            # Without this the write would stop a background job.
            signal.signal(signal.SIGTTOU, signal.SIG_IGN)
            termios.tcsetattr(descriptor, termios.TCSADRAIN, attributes)
        except (OSError, termios.error):
            return
