"""Prompts on the controlling terminal, whatever stdin and stdout are.

SDKs run credential processes with stdin inherited and stderr captured, so a prompt on those would
look like a hang. This module opens /dev/tty instead (the console on Windows). It is cheap to
import, because ``credential-process`` imports it.
"""

import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from time import monotonic
from typing import Final, TextIO, cast

from awsprof.errors import InteractionRequired
from awsprof.masking.mask import for_display
from awsprof.prompting import MIN_PASSPHRASE_LENGTH, NonInteractive, Prompter, parse_mfa_code
from awsprof.secret import Secret
from awsprof.text import fold

_TRIES = 3
_CHOOSING: Final = (
    "Choose a passphrase for {purpose}: at least {shortest} characters, for example a few words."
    "\nIf you lose it, the file cannot be opened, and you must create new keys in AWS."
)
_STDIN, _ECHO = -10, 4  # STD_INPUT_HANDLE, ENABLE_ECHO_INPUT
_LIMIT: Final = 120  # seconds to answer; other processes wait meanwhile
_STEP_S: Final = 0.2
_LEAST_COLUMNS: Final = 20


class TtyPrompter:
    """Prompts on the controlling terminal, without echoing secrets and codes."""

    def code(self, *, profile: str, device: str) -> str:
        """Asks for an MFA code, up to three times, and returns its six digits.

        Raises InteractionRequired if there is no usable answer within two minutes.
        """
        for _ in range(_TRIES):
            prompt = f"MFA code for {profile} ({device}): "
            code = parse_mfa_code(self._line(prompt, hidden=True))
            if code is not None:
                return code
            self.show("An MFA code has six digits.")
        raise InteractionRequired(
            f"No valid MFA code was entered for {profile}.", "run the command again"
        )

    def passphrase(self, *, purpose: str, twice: bool = False) -> Secret:
        """Asks for a passphrase, or with ``twice`` for a new one, which must be repeated.

        Raises InteractionRequired after three unusable answers.
        """
        if twice:
            self.show(_CHOOSING.format(purpose=purpose, shortest=MIN_PASSPHRASE_LENGTH))
        for _ in range(_TRIES):
            question = "Choose a passphrase: " if twice else f"Passphrase for {purpose}: "
            first = self._read_hidden(question)
            if not first:
                self.show("The passphrase cannot be empty.")
            elif twice and len(first) < MIN_PASSPHRASE_LENGTH:
                self.show(f"The passphrase needs at least {MIN_PASSPHRASE_LENGTH} characters.")
            elif twice and self._read_hidden("Repeat the passphrase: ") != first:
                self.show("The passphrases differ.")
            else:
                return Secret(first)
        raise InteractionRequired(
            f"No valid passphrase was entered for {purpose}.", "run the command again"
        )

    def show(self, message: str) -> None:
        """Prints ``message`` on the terminal, its lines broken between words."""
        with _Terminal() as terminal:
            room = max(terminal.columns(), _LEAST_COLUMNS)
            for line in message.split("\n"):
                for part in fold(for_display(line), room):
                    terminal.write(part + "\n")

    def _line(self, prompt: str, *, hidden: bool = False) -> str:
        with _Terminal() as terminal, terminal.hidden() if hidden else nullcontext():
            terminal.write(for_display(prompt))
            answer = terminal.readline(_LIMIT)
        if answer is None:
            raise InteractionRequired(
                f"There was no answer within {_LIMIT // 60} minutes.", "run the command again"
            )
        if not answer:
            raise InteractionRequired(
                "The terminal was closed before you answered.", "run the command again"
            )
        return answer.strip()

    def _read_hidden(self, prompt: str) -> str:
        import getpass

        try:
            # getpass opens /dev/tty (the console on Windows) itself.
            return getpass.getpass(for_display(prompt))
        except EOFError as exc:
            raise InteractionRequired(
                "The terminal was closed before you answered.", "run the command again"
            ) from exc


class _Terminal:
    """The controlling terminal, open for reading and writing. Raises OSError if there is none."""

    def __init__(self) -> None:
        windows = sys.platform == "win32"
        self._reader = _file("CONIN$" if windows else "/dev/tty", "r")
        self._writer = _file("CONOUT$" if windows else "/dev/tty", "w")

    def __enter__(self) -> "_Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()
        self._writer.close()

    def columns(self) -> int:
        """Returns its width; 80 if it does not tell."""
        try:
            return os.get_terminal_size(self._writer.fileno()).columns or 80
        except OSError:
            return 80

    def write(self, text: str) -> None:
        self._writer.write(text)
        self._writer.flush()

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """Turns echo off, and prints a line break afterwards."""
        if sys.platform == "win32":
            with _console_echo_off():
                yield
        else:
            import termios

            before = termios.tcgetattr(self._reader)
            hidden = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
            # Keep typed-ahead input: a paste may arrive before the prompt.
            termios.tcsetattr(self._reader, termios.TCSADRAIN, hidden)
            try:
                yield
            finally:
                termios.tcsetattr(self._reader, termios.TCSADRAIN, before)
        self.write("\n")

    def readline(self, seconds: float) -> str | None:
        """Returns a line, "" if the terminal was closed, or None after ``seconds``."""
        if sys.platform != "win32" and not self._is_readable(seconds):
            self._writer.write("\n")  # select does not work on the console of Windows
            return None
        return self._reader.readline()

    def _is_readable(self, seconds: float) -> bool:
        """Waits in short steps: a Ctrl-C that comes just before select() does not interrupt it."""
        end = monotonic() + seconds
        while (left := end - monotonic()) > 0:
            ready, _, _ = select.select([self._reader], [], [], min(left, _STEP_S))
            if ready:
                return True
        return False


@contextmanager
def _console_echo_off() -> Iterator[None]:
    """Turns echo off on Windows (SetConsoleMode without ENABLE_ECHO_INPUT)."""
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
    """Returns a prompter on the terminal, or one that raises with ``fix`` if there is none."""
    try:
        with _Terminal():
            return TtyPrompter()
    except OSError:
        return NonInteractive(fix)
