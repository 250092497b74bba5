"""Other people's programs, run within bounds: in time, in what they print, and to their end.

What they tell a person on stderr ("Touch your YubiKey ...") reaches the person while they run. On a
Ctrl-C, or when their time is over, they are ended.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import PurePath
from threading import Thread
from typing import IO, Final

from awsprof import logs
from awsprof.masking import for_display

_LARGEST: Final = 1 << 20  # bytes of stdout, and of stderr
_GRACE_S: Final = 0.3  # for a program that is asked to end
_TOLD: Final = 20  # lines of stderr that are shown
_log = logs.get_logger(__name__)

Tell = Callable[[str], object]
"""Tells a person what a program says."""


class ProgramTimeout(OSError):
    """The program took longer than it may."""


class OutputTooLarge(OSError):
    """The program prints more than it may."""


@dataclass(frozen=True)
class FinishedProgram:
    """What a program printed, and its exit code."""

    stdout: bytes = field(repr=False)
    stderr: bytes = field(repr=False)
    code: int


def run_program(
    words: Sequence[str],
    *,
    limit_s: float,
    env: Mapping[str, str],
    tell: Tell | None = None,
    stdin: bytes = b"",
) -> FinishedProgram:
    """Run a program to its end. OSError where it cannot be; ProgramTimeout and OutputTooLarge are
    such.

    ``tell`` hears each line of its stderr as it comes. ``stdin`` is all that it can read, and may
    be of 4 KB at most: a pipe takes so much before anybody reads.
    """
    name = for_display(PurePath(words[0]).name)
    with logs.log_duration(_log, f"program {name}"):
        return _run(words, limit_s, env, tell, stdin)


def _run(
    words: Sequence[str],
    limit_s: float,
    env: Mapping[str, str],
    tell: Tell | None,
    stdin: bytes,
) -> FinishedProgram:
    child = subprocess.Popen(  # noqa: S603  # the person's own config names it
        list(words),
        stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(env),
    )
    out, err = _Reader(child.stdout, None), _Reader(child.stderr, tell)
    try:
        _give(child.stdin, stdin)
        _awaited(child, (out, err), time.monotonic() + limit_s)
    except BaseException:
        _ended(child)
        raise
    return FinishedProgram(bytes(out.read), bytes(err.read), child.returncode)


def _give(pipe: IO[bytes] | None, stdin: bytes) -> None:
    if pipe is not None:
        with suppress(BrokenPipeError), pipe:  # one that ends without reading it says so itself
            pipe.write(stdin)


class _Reader:
    """Reads a pipe to its end in a thread of its own, so much and no more."""

    def __init__(self, pipe: IO[bytes] | None, tell: Tell | None) -> None:
        assert pipe is not None  # noqa: S101  # it was asked for
        self.read = bytearray()
        self.too_much = False
        self._pipe, self._tell = pipe, tell
        self.thread = Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        told, line = 0, b""
        with suppress(OSError, ValueError), self._pipe:
            while part := os.read(self._pipe.fileno(), 65536):
                if len(self.read) + len(part) > _LARGEST:
                    self.too_much = True
                    return
                self.read += part
                *lines, line = (line + part).split(b"\n")
                for each in lines:
                    told += self._said(each, told)
        self._said(line, told)

    def _said(self, line: bytes, told: int) -> int:
        text = for_display(line.decode(errors="replace")).strip()
        if self._tell is None or not text or told >= _TOLD:
            return 0
        with suppress(Exception):  # nobody may be there to hear it
            self._tell(text)
        return 1


def _awaited(child: subprocess.Popen[bytes], readers: Sequence[_Reader], deadline: float) -> None:
    """Until it has ended. What it left running may hold its pipes, and is not waited for."""
    while child.poll() is None:
        if any(reader.too_much for reader in readers):
            raise OutputTooLarge(f"it prints more than {_LARGEST // 1024} KB")
        if time.monotonic() >= deadline:
            raise ProgramTimeout("it took too long")
        with suppress(subprocess.TimeoutExpired):
            child.wait(0.05)
    for reader in readers:
        reader.thread.join(max(min(deadline - time.monotonic(), 1.0), 0.05))
    if any(reader.too_much for reader in readers):
        raise OutputTooLarge(f"it prints more than {_LARGEST // 1024} KB")


def _ended(child: subprocess.Popen[bytes]) -> None:
    with suppress(OSError):
        child.terminate()
    with suppress(subprocess.TimeoutExpired):
        child.wait(_GRACE_S)
        return
    with suppress(OSError):
        child.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        child.wait(_GRACE_S)
