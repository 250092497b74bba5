"""SIGTERM and SIGHUP end a command as Ctrl-C does: by an exception, so that all is put back.

Without a handler the system ends the process at once: a prompt leaves the terminal without echo,
and a change stays half done until the next run looks at it.
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
    """This process was asked to end; what undoes half a change on Ctrl-C undoes it now too."""


class EndingSignal:
    """Which signal ended this process, if one did."""

    def __init__(self) -> None:
        self.number: int | None = None

    def exit_code(self, otherwise: int) -> int:
        """128 and the signal's number, as shells have it; ``otherwise`` where none came."""
        return otherwise if self.number is None else 128 + self.number

    def handle(self, number: int, _: FrameType | None) -> None:
        """Raise Terminated in the main thread; once, since what follows is the putting back."""
        first = self.number is None
        self.number = number
        if first:
            raise Terminated


@contextmanager
def signals_as_interrupts() -> Iterator[EndingSignal]:
    """Have SIGTERM and SIGHUP raise Terminated within the block; terminals are as before after it.

    A signal that was ignored stays so (nohup). Outside of the main thread nothing is changed.
    """
    ending = EndingSignal()
    before: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        for name in _NAMES:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, ending.handle)
    modes = _terminal_modes()
    try:
        yield ending
    finally:
        if ending.number is not None:
            _restore(modes)
        for number, handler in before.items():
            signal.signal(number, handler)


if sys.platform == "win32":

    def _terminal_modes() -> tuple[int, list[Any]] | None:
        """Nothing: a console's modes end with the process that set them."""
        return None

    def _restore(modes: tuple[int, list[Any]] | None) -> None:
        """Nothing."""

else:
    import os
    import termios

    def _terminal_modes() -> tuple[int, list[Any]] | None:
        """A descriptor of the terminal, and how it is set now; None where there is none."""
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
            # In a background job this write would stop us; that the terminal is gone is no harm.
            signal.signal(signal.SIGTTOU, signal.SIG_IGN)
            termios.tcsetattr(descriptor, termios.TCSADRAIN, attributes)
        except (OSError, termios.error):
            return
