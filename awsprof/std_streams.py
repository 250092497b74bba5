"""Prepare the standard streams so that none of them can break a command.

A closed stream becomes /dev/null: otherwise the next file we open would get its number, and output
would be written there. Write errors on stderr (full, terminal gone) are ignored; write errors on
stdout, where a command's output goes, are not.
"""

from __future__ import annotations

import io
import os
import sys

from awsprof.errors import AwsprofError

TYPE_CHECKING = False  # importing it from typing would take half of the time of --version
if TYPE_CHECKING:
    from typing import Final, TextIO

_MODES: Final = (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY)


class OutputLost(AwsprofError):
    """A command's output could not be written to stdout."""


class ReaderGone(AwsprofError):
    """The reader of our stdout closed it early (``awsprof list | head -1``)."""

    exit_code = 0


class _Stream(io.FileIO):
    """One of our descriptors; ``before`` is the stream that it replaces.

    A reference is kept because that stream would close the descriptor when garbage-collected.
    """

    before: TextIO | None = None


class _Output(_Stream):
    """stdout: a failed write raises OutputLost or ReaderGone."""

    def write(self, data: object, /) -> int:
        try:
            return super().write(data) or 0  # type: ignore[arg-type]  # FileIO passes a buffer
        except BrokenPipeError as exc:
            raise ReaderGone("The reader of stdout is gone.") from exc
        except OSError as exc:
            raise output_lost_error(exc) from exc


class _Messages(_Stream):
    """stderr: a failed write counts as done."""

    def write(self, data: object, /) -> int:
        try:
            return super().write(data) or 0  # type: ignore[arg-type]  # FileIO passes a buffer
        except OSError:
            return memoryview(data).nbytes  # type: ignore[arg-type]  # as above


def prepare_streams() -> None:
    """Opens closed standard streams and replaces stdout and stderr (see the module)."""
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
    if sys.platform != "win32":  # a console there cannot be full
        sys.stdout = _text(_Output(1, "w", closefd=False), sys.stdout)
        sys.stderr = _text(_Messages(2, "w", closefd=False), sys.stderr, lines=True)


def _text(raw: _Stream, before: TextIO | None, *, lines: bool = False) -> TextIO:
    """Returns a text stream over ``raw`` in the encoding of ``before``; no character fails."""
    encoding = getattr(before, "encoding", None) or "utf-8"
    lines = lines or raw.isatty()
    raw.before = before
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding, "backslashreplace", line_buffering=lines
    )


def output_lost_error(exc: OSError) -> OutputLost:
    """Returns the error for a failed write to stdout."""
    return OutputLost(
        f"The output could not be written: {exc.strerror or 'stdout is closed'}.",
        "free space where the output goes, then run this again",
    )


def flush_and_exit_code(code: int) -> int:
    """Flushes stdout and returns ``code``; if the flush fails, says so and returns 3."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except (ReaderGone, BrokenPipeError):
        discard_pending_output()
    except (AwsprofError, OSError) as exc:
        discard_pending_output()
        error = exc if isinstance(exc, AwsprofError) else output_lost_error(exc)
        if code == 0:
            sys.stderr.write(f"awsprof: {error.message}\n  {error.fix}\n")
            return error.exit_code
    return code


def discard_pending_output() -> None:
    """Drops what stdout has buffered, else Python retries at exit (exit code 120)."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)


def print_output(output: bytes) -> int:
    """Writes ``output`` to stdout; returns the exit code. A reader who has gone is no error."""
    if sys.stdout is None:  # closed: nothing is wanted
        return 0
    try:
        sys.stdout.buffer.write(output)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    except (AwsprofError, OSError):
        return flush_and_exit_code(0)
    return 0


def print_text(text: str) -> int:
    """Writes ``text`` to stdout, as ``print_output`` does; returns the exit code."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return print_output(text.encode(encoding, "backslashreplace"))
