"""The standard streams of this process, made so that none of them can break a command.

A closed one becomes /dev/null, since the next file of ours would get its number, and what is
printed would go there. Messages that stderr does not take (full, or its terminal gone) are dropped:
they are no reason to end differently. That stdout did not take what a command prints is one.
"""

import io
import os
import sys
from typing import Final, TextIO

from awsprof.errors import AwsprofError

_MODES: Final = (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY)


class OutputLost(AwsprofError):
    """What a command prints could not be written to stdout."""


class ReaderGone(AwsprofError):
    """Whoever read our stdout has seen enough (``awsprof list | head -1``)."""

    exit_code = 0


class _Stream(io.FileIO):
    """One of our descriptors; ``before`` is the stream it takes the place of.

    That one would close the descriptor when nobody holds it any more.
    """

    before: TextIO | None = None


class _Output(_Stream):
    """stdout: a write that fails is an error of ours, whoever made it."""

    def write(self, data: object, /) -> int:
        try:
            return super().write(data) or 0  # type: ignore[arg-type]  # a buffer, by FileIO's word
        except BrokenPipeError as exc:
            raise ReaderGone("Whoever read this has gone.") from exc
        except OSError as exc:
            raise output_lost_message(exc) from exc


class _Messages(_Stream):
    """stderr: a write that fails counts as done."""

    def write(self, data: object, /) -> int:
        try:
            return super().write(data) or 0  # type: ignore[arg-type]  # a buffer, by FileIO's word
        except OSError:
            return memoryview(data).nbytes  # type: ignore[arg-type]  # as above


def prepare_streams() -> None:
    """Open what is closed of stdin, stdout and stderr, and make them as described above."""
    for number, mode in enumerate(_MODES):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, mode)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
    if sys.stdin is None:
        sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    if sys.platform != "win32":  # a console there is no file that could be full
        sys.stdout = _text(_Output(1, "w", closefd=False), sys.stdout)
        sys.stderr = _text(_Messages(2, "w", closefd=False), sys.stderr, lines=True)


def _text(raw: _Stream, before: TextIO | None, *, lines: bool = False) -> TextIO:
    """A text stream over ``raw`` in the encoding of ``before``; no letter makes it fail."""
    encoding = getattr(before, "encoding", None) or "utf-8"
    lines = lines or raw.isatty()
    raw.before = before
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding, "backslashreplace", line_buffering=lines
    )


def output_lost_message(exc: OSError) -> OutputLost:
    """What to say of a write to stdout that failed."""
    return OutputLost(
        f"What this prints could not be written: {exc.strerror or 'stdout is closed'}.",
        "make room where the output goes, then run this again",
    )


def flush_and_exit_code(code: int) -> int:
    """Write out what stdout holds, and return ``code``; 3 where that is lost, and says so."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except (ReaderGone, BrokenPipeError):
        discard_pending_output()
    except (AwsprofError, OSError) as exc:
        discard_pending_output()
        said = exc if isinstance(exc, AwsprofError) else output_lost_message(exc)
        if code == 0:
            sys.stderr.write(f"awsprof: {said.message}\n  {said.fix}\n")
            return said.exit_code
    return code


def discard_pending_output() -> None:
    """Forget what stdout still holds, so that Python does not try it at exit (exit code 120)."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)
