"""Asking a person on the terminal itself, whatever stdin and stdout are.

Under an SDK, stdin is inherited and stderr captured, so a prompt on them looks like a hang; the
controlling terminal is opened instead (/dev/tty, or the console on Windows). Cheap to import: it
stands on the way of ``credential-process``.
"""

import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Final, TextIO, cast

from awsprof.errors import InteractionRequired
from awsprof.masking import for_display
from awsprof.prompting import MIN_PASSPHRASE_LENGTH, NonInteractive, Prompter, parse_mfa_code
from awsprof.secret import Secret

_TRIES = 3
_CHOOSING: Final = (
    "A passphrase is to protect {purpose}: {shortest} characters or more, some words for instance."
    "\nWhere it is lost nobody can open the file: its keys must then be made anew at AWS."
)
_STDIN, _ECHO = -10, 4  # STD_INPUT_HANDLE, ENABLE_ECHO_INPUT
_LIMIT: Final = 120  # seconds for one answer; whoever else needs it waits meanwhile


class TtyPrompter:
    """Asks on the controlling terminal; secrets and codes are typed unseen."""

    def code(self, *, profile: str, device: str) -> str:
        """Six digits; asked again, three times in all, where what came is not that.

        InteractionRequired where nothing comes in two minutes.
        """
        for _ in range(_TRIES):
            prompt = f"MFA code for {profile} ({device}): "
            code = parse_mfa_code(self._line(prompt, hidden=True))
            if code is not None:
                return code
            self.show("A code has six digits.")
        raise InteractionRequired(
            f"No usable MFA code was given for {profile}.", "run the command again"
        )

    def passphrase(self, *, purpose: str, twice: bool = False) -> Secret:
        """A passphrase that is not empty; with ``twice`` a new one, chosen and typed again."""
        if twice:
            self.show(_CHOOSING.format(purpose=purpose, shortest=MIN_PASSPHRASE_LENGTH))
        for _ in range(_TRIES):
            question = "Choose a passphrase: " if twice else f"Passphrase for {purpose}: "
            first = self._unseen(question)
            if not first:
                self.show("It cannot be empty.")
            elif twice and len(first) < MIN_PASSPHRASE_LENGTH:
                self.show(f"It needs {MIN_PASSPHRASE_LENGTH} characters or more.")
            elif twice and self._unseen("The same again: ") != first:
                self.show("They differ.")
            else:
                return Secret(first)
        raise InteractionRequired(f"No usable passphrase was given for {purpose}.", "run it again")

    def show(self, message: str) -> None:
        """``message`` on a line of its own."""
        with _Terminal() as terminal:
            for line in message.split("\n"):
                terminal.write(for_display(line) + "\n")

    def _line(self, prompt: str, *, hidden: bool = False) -> str:
        with _Terminal() as terminal, terminal.unseen() if hidden else nullcontext():
            terminal.write(for_display(prompt))
            answer = terminal.readline(_LIMIT)
        if answer is None:
            raise InteractionRequired(
                f"Nobody gave an answer in {_LIMIT // 60} minutes.", "run the command again"
            )
        if not answer:
            raise InteractionRequired(
                "The terminal was closed before an answer came.", "run it again"
            )
        return answer.strip()

    def _unseen(self, prompt: str) -> str:
        import getpass

        try:
            # It opens /dev/tty (the console on Windows) by itself.
            return getpass.getpass(for_display(prompt))
        except EOFError as exc:
            raise InteractionRequired(
                "The terminal was closed before an answer came.", "run it again"
            ) from exc


class _Terminal:
    """The controlling terminal: one file to read, one to write. OSError where there is none."""

    def __init__(self) -> None:
        windows = sys.platform == "win32"
        self._reader = _file("CONIN$" if windows else "/dev/tty", "r")
        self._writer = _file("CONOUT$" if windows else "/dev/tty", "w")

    def __enter__(self) -> "_Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()
        self._writer.close()

    def write(self, text: str) -> None:
        self._writer.write(text)
        self._writer.flush()

    @contextmanager
    def unseen(self) -> Iterator[None]:
        """What is typed meanwhile is not shown; a line break stands for it afterwards."""
        if sys.platform == "win32":
            with _unseen_by_the_console():
                yield
        else:
            import termios

            before = termios.tcgetattr(self._reader)
            hidden = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
            # What was typed ahead stays: a paste may come before the question does.
            termios.tcsetattr(self._reader, termios.TCSADRAIN, hidden)
            try:
                yield
            finally:
                termios.tcsetattr(self._reader, termios.TCSADRAIN, before)
        self.write("\n")

    def readline(self, seconds: float) -> str | None:
        """A line; empty where the terminal was closed, None where none came in time."""
        if sys.platform != "win32":  # its console cannot be waited for
            ready, _, _ = select.select([self._reader], [], [], seconds)
            if not ready:
                self._writer.write("\n")
                return None
        return self._reader.readline()


@contextmanager
def _unseen_by_the_console() -> Iterator[None]:
    """The same on Windows (SetConsoleMode without ENABLE_ECHO_INPUT)."""
    import ctypes

    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]  # of Windows
    handle, mode = kernel.GetStdHandle(_STDIN), ctypes.c_uint32()
    known = kernel.GetConsoleMode(handle, ctypes.byref(mode))
    if known:
        kernel.SetConsoleMode(handle, mode.value & ~_ECHO)
    try:
        yield
    finally:
        if known:
            kernel.SetConsoleMode(handle, mode.value)


def _file(name: str, mode: str) -> TextIO:
    return cast(TextIO, open(name, mode, encoding="utf-8", errors="replace"))  # noqa: PTH123


def tty_prompter(fix: str) -> Prompter:
    """The asker of this process: its terminal, or Nobody (who tells ``fix``) where it has none."""
    try:
        with _Terminal():
            return TtyPrompter()
    except OSError:
        return NonInteractive(fix)
