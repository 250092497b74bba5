"""Runs helper programs with a time limit and an output limit.

Their stderr ("Touch your YubiKey ...") is shown while they run. Ctrl-C and the time limit end them.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import PurePath
from threading import Thread
from typing import IO, TYPE_CHECKING, Final

from awsprof import logs
from awsprof.masking.mask import for_display
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.awsapi.call_limits import Tell

_LARGEST: Final = 1 << 20  # bytes of stdout, and of stderr
_GRACE_S: Final = 0.3  # between SIGTERM and SIGKILL
_TOLD: Final = 20  # lines of stderr that are shown
_log = logs.get_logger(__name__)


class ProgramTimeout(OSError):
    """The program ran longer than its time limit."""


class OutputTooLarge(OSError):
    """The program printed more than the output limit."""


@dataclass(frozen=True)
class FinishedProgram:
    """The output and the exit code of a program."""

    stdout: bytes = field(repr=False)
    stderr: bytes = field(repr=False)
    code: int

    @property
    def complaint(self) -> str:
        """What it printed to stderr, without secrets, for an error."""
        return sanitize(for_display(self.stderr.decode(errors="replace"))).strip()


def run_program(
    words: Sequence[str],
    *,
    limit_s: float,
    env: Mapping[str, str],
    tell: Tell | None = None,
    stdin: bytes = b"",
    most: int = _LARGEST,
) -> FinishedProgram:
    """Runs a program and waits for its end, ``limit_s`` seconds at most.

    It may print ``most`` bytes to stdout, and as many to stderr. Raises OSError if it cannot be
    started, and its subclasses ProgramTimeout and OutputTooLarge. ``tell`` is called with each line
    of stderr. ``stdin`` is at most 4 KB, which a pipe buffers before the program reads.
    """
    name = for_display(PurePath(words[0]).name)
    with logs.log_duration(_log, f"program {name}"):
        return _run(words, limit_s, env, tell, stdin, most)


def _run(
    words: Sequence[str],
    limit_s: float,
    env: Mapping[str, str],
    tell: Tell | None,
    stdin: bytes,
    most: int,
) -> FinishedProgram:
    child = subprocess.Popen(  # noqa: S603  # your own config names it
        list(words),
        stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(env),
    )
    out, err = _Reader(child.stdout, None, most), _Reader(child.stderr, tell, most)
    try:
        _give(child.stdin, stdin)
        _wait_for_end(child, (out, err), time.monotonic() + limit_s)
    except BaseException:
        _end(child)
        raise
    return FinishedProgram(bytes(out.read), bytes(err.read), child.returncode)


def _give(pipe: IO[bytes] | None, stdin: bytes) -> None:
    if pipe is not None:
        with suppress(BrokenPipeError), pipe:  # its exit code tells
            pipe.write(stdin)


class _Reader:
    """Reads a pipe to its end in a thread, up to the output limit."""

    def __init__(self, pipe: IO[bytes] | None, tell: Tell | None, most: int) -> None:
        assert pipe is not None  # noqa: S101  # PIPE was requested
        self.read = bytearray()
        self.most = most
        self.too_much = False
        self._pipe, self._tell = pipe, tell
        self.thread = Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        told, line = 0, b""
        with suppress(OSError, ValueError), self._pipe:
            while part := os.read(self._pipe.fileno(), 65536):
                if len(self.read) + len(part) > self.most:
                    self.too_much = True
                    return
                self.read += part
                *lines, line = (line + part).split(b"\n")
                for each in lines:
                    told += self._tell_line(each, told)
        self._tell_line(line, told)

    def _tell_line(self, line: bytes, told: int) -> int:
        """Passes the line on, unless enough lines were; returns how many were passed on."""
        text = for_display(line.decode(errors="replace")).strip()
        if self._tell is None or not text or told >= _TOLD:
            return 0
        with suppress(Exception):  # there may be no terminal
            self._tell(text)
        return 1


def _wait_for_end(
    child: subprocess.Popen[bytes], readers: Sequence[_Reader], deadline: float
) -> None:
    """Waits until the program ends; does not wait for children of it that hold its pipes."""
    while child.poll() is None:
        if any(reader.too_much for reader in readers):
            raise OutputTooLarge(f"it prints more than {readers[0].most // 1024} KB")
        if time.monotonic() >= deadline:
            raise ProgramTimeout("it took too long")
        with suppress(subprocess.TimeoutExpired):
            child.wait(0.05)
    for reader in readers:
        reader.thread.join(max(min(deadline - time.monotonic(), 1.0), 0.05))
    if any(reader.too_much for reader in readers):
        raise OutputTooLarge(f"it prints more than {readers[0].most // 1024} KB")


def _end(child: subprocess.Popen[bytes]) -> None:
    with suppress(OSError):
        child.terminate()
    with suppress(subprocess.TimeoutExpired):
        child.wait(_GRACE_S)
        return
    with suppress(OSError):
        child.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        child.wait(_GRACE_S)
