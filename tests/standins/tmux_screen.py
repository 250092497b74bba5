"""A real terminal with a program in it: what a person would see, and the keys they would press."""

import os
import re
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pexpect
import pyte

DOWN, UP, ENTER, ESCAPE, CTRL_C, CTRL_U = "\x1b[B", "\x1b[A", "\r", "\x1b", "\x03", "\x15"
CTRL_A = "\x01"
INTERRUPT_S = 1.0  # at most from Ctrl-C to the end; half of it where the machine is idle
PATIENCE = 30  # seconds until what should be on the screen is missed


class _Answering(pyte.HistoryScreen):
    """A terminal that answers where its cursor is, as real ones do."""

    child: "pexpect.spawn[bytes]"

    def write_process_input(self, data: str) -> None:
        self.child.send(data.encode())


class Screen:
    """A terminal of 80 columns; ``text`` is all that was on it, what scrolled away included."""

    def __init__(self, child: "pexpect.spawn[bytes]", rows: int, columns: int) -> None:
        self._child = child
        self._screen = _Answering(columns, rows, history=10_000)
        self._screen.child = child
        self._stream = pyte.ByteStream(self._screen)

    @property
    def shown(self) -> str:
        """What is on the screen now."""
        self._read()
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip()

    @property
    def text(self) -> str:
        """All that was printed, from the first line."""
        shown = self.shown
        above = [
            "".join(row[column].data for column in range(self._screen.columns)).rstrip()
            for row in self._screen.history.top
        ]
        return "\n".join([*above, shown])

    def cells(self) -> list[list[Any]]:
        """The screen's lines as pyte's cells, each with its character and colors."""
        rows = range(len(self.shown.splitlines()))
        columns = range(self._screen.columns)
        return [[self._screen.buffer[row][column] for column in columns] for row in rows]

    def see(self, *wanted: str) -> None:
        """Wait until each of ``wanted`` was printed, however it was wrapped."""

        def seen() -> bool:
            text = "".join(self.text.split())  # an ARN is broken where the window ends
            return all("".join(each.split()) in text for each in wanted)

        self._until(seen, f"to see {wanted}")

    def ask(self, question: str) -> None:
        """Wait until ``question`` is asked: the last on the screen, with no answer behind it.

        Its default in brackets, or what Enter means, may be behind it.
        """
        open_end = re.compile(rf"\? {re.escape(question)}( \[.*\]| \(Y/n\)| \(y/N\))?")

        def asked() -> bool:
            questions = [line for line in self.shown.splitlines() if line.startswith("? ")]
            return bool(questions) and open_end.fullmatch(questions[-1]) is not None

        self._until(asked, f"to be asked {question!r}")

    def prompt(self, text: str, times: int = 1) -> None:
        """Wait until ``text`` is on the last line, and was printed so many times."""

        def prompted() -> bool:
            return text in self.shown.rpartition("\n")[2] and self.text.count(text) >= times

        self._until(prompted, f"the prompt {text!r}")

    def press(self, *keys: str) -> None:
        """Press keys; text is typed as it is."""
        for key in keys:
            self._child.send(key.encode())
            if key == ESCAPE:
                time.sleep(0.1)  # what follows at once would be taken for one key with it

    def answer(self, question: str, *keys: str) -> None:
        """Answer the question, once it is asked, with keys and Enter."""
        self.ask(question)
        self.press(*keys, ENTER)

    def type(self, question: str, answer: str) -> None:
        """Answer a question for text, in place of what is proposed."""
        self.answer(question, CTRL_U, answer)

    def pick(self, question: str, choice: str) -> None:
        """Move to ``choice`` in the list that ``question`` shows, and take it."""
        self.ask(question)
        self._until(lambda: choice in self.shown and self._pointed != "", f"{choice!r}")
        for _ in range(60):
            before = self._pointed
            if choice in before:
                self.press(ENTER)
                return
            self.press(DOWN)
            self._until(lambda before=before: self._pointed not in {"", before}, "a move")  # type: ignore[misc]  # mypy has no type for a lambda's default
        raise AssertionError(f"{choice!r} was never reached:\n{self.shown}")

    @property
    def _pointed(self) -> str:
        """The choice that the pointer is at."""
        pointed = [line for line in self.shown.splitlines() if line.startswith(" > ")]
        return pointed[-1] if pointed else ""

    def ended(self) -> int:
        """Wait for the program's end; its exit code."""
        status = self.status()
        assert status >= 0, f"killed by signal {-status}"
        return status

    def interrupt(self) -> float:
        """Press Ctrl-C, and wait for the end, which is 130; how many seconds that took.

        Those in which the program waited for a processor do not count: the machine may be busy.
        """
        self._wait_until_it_waits()
        began, delayed = time.monotonic(), self._delayed()
        waited = delayed
        self.press(CTRL_C)
        while self._child.isalive() and time.monotonic() - began < PATIENCE:
            waited = self._delayed() or waited
            self._read(0.01)
        seconds = time.monotonic() - began - (waited - delayed)
        assert self.ended() == 130, self.text
        assert "Traceback" not in self.text
        return seconds

    def _wait_until_it_waits(self) -> None:
        """Wait until the program's main thread sleeps, or for a second.

        A prompt is on the screen before the call that reads its answer. Python misses a signal
        between the two until something is typed; no person is as fast as that, but a test is.
        """
        deadline, before = time.monotonic() + 1, ""
        while time.monotonic() < deadline:
            now = self._switches()
            if now == before:
                return
            before = now
            self._read(0.02)

    def _switches(self) -> str:
        """State and context switches of the program's main thread, where Linux tells them."""
        try:
            lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        except OSError:
            return ""
        told = "\n".join(line for line in lines if line.startswith(("State:", "voluntary_")))
        return told if "State:\tS" in told else f"awake at {time.monotonic()}"

    def _delayed(self) -> float:
        """How long the program has waited for a processor so far, where Linux tells it."""
        try:
            return int(Path(f"/proc/{self.pid}/schedstat").read_text().split()[1]) / 1e9
        except (OSError, IndexError):
            return 0.0

    @property
    def pid(self) -> int:
        """The program's process."""
        return int(self._child.pid)

    def status(self) -> int:
        """The same; the signal's number below zero, where that ended it."""
        deadline = time.monotonic() + PATIENCE
        while self._child.isalive() and time.monotonic() < deadline:
            self._read()
        assert not self._child.isalive(), f"it goes on:\n{self.text}"
        self._read()
        self._child.close()
        status: int | None = self._child.exitstatus
        return -int(self._child.signalstatus or 0) if status is None else status

    def _until(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not holds():
            alive = self._child.isalive()
            assert alive or holds(), f"it ended; {what} was missed:\n{self.text}"
            assert time.monotonic() < deadline, f"{what} was missed:\n{self.text}"

    def _read(self, seconds: float = 0.05) -> None:
        if self._child.closed:
            return
        try:
            self._stream.feed(self._child.read_nonblocking(65536, timeout=seconds))
        except (pexpect.TIMEOUT, pexpect.EOF):
            return


@contextmanager
def screen(
    *command: str, env: Mapping[str, str] | None = None, rows: int = 40, columns: int = 80
) -> Iterator[Screen]:
    """The program in a terminal of its own, under ``env`` alone if given; stopped at the end."""
    whole = {**(env or os.environ), "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    for size in ("COLUMNS", "LINES"):  # that of the terminal counts
        whole.pop(size, None)
    child = pexpect.spawn(
        command[0],
        list(command[1:]),
        env=whole,
        dimensions=(rows, columns),
        # Whoever runs the tests in the background ignores it, and a program inherits that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    child.delaybeforesend = None
    try:
        yield Screen(child, rows, columns)
    finally:
        child.close(force=True)
