"""awsprof exec 'prod-*' -- COMMAND: one command with the credentials of many profiles."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, TextIO

from awsprof.awsapi.thread_pool import DaemonPool
from awsprof.errors import INTERRUPTED, AwsprofError
from awsprof.text import list_names, sanitize

if TYPE_CHECKING:
    from awsprof.terminal import Terminal

RUNS_SCHEMA: Final = 1  # of --json: fields may be added, but none changes its meaning
USUAL_WORKERS: Final = 8
_NO_CREDENTIALS, _SOME_FAILED = 125, 1
_NAMED: Final = 5  # profiles with one cause, before they are counted


@dataclass(frozen=True)
class Run:
    """The result for one profile: the command's exit code and output, or the error before it."""

    profile: str
    exit_code: int | None
    stdout: bytes = field(default=b"", repr=False)
    stderr: bytes = field(default=b"", repr=False)
    error: AwsprofError | None = None

    def as_json(self) -> dict[str, Any]:
        """Returns the run as JSON values (see docs/json.md)."""
        error = self.error and {"message": self.error.message, "fix": self.error.fix}
        return {
            "profile": self.profile,
            "exit_code": self.exit_code,
            "stdout": self.stdout.decode(errors="replace"),
            "stderr": self.stderr.decode(errors="replace"),
            "error": error,
        }


class CommandRunner:
    """Runs one command for many profiles, and stops the commands that run if it is interrupted."""

    def __init__(self, command: Sequence[str], environment: Callable[[str], Mapping[str, str]]):
        """``environment`` returns the variables of a profile's command, or raises AwsprofError."""
        self._command = list(command)
        self._environment = environment
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = Lock()
        self._stopped = False

    def run(self, names: Sequence[str], workers: int, done: Callable[[Run], object]) -> list[Run]:
        """Returns the runs in the order of ``names``; calls ``done`` after each, one at a time.

        Ctrl-C ends the commands that run, and the runs are those that had finished.
        """
        finished: dict[str, Run] = {}
        try:
            with DaemonPool(workers) as threads:
                for future in as_completed([threads.submit(self._one, name) for name in names]):
                    run = future.result()
                    finished[run.profile] = run
                    done(run)
        except KeyboardInterrupt:
            self._stop()
        return [finished[name] for name in names if name in finished]

    def _one(self, name: str) -> Run:
        try:
            environment = self._environment(name)
            child = self._start(environment)
        except AwsprofError as exc:
            return Run(name, None, error=exc)
        except OSError as exc:
            error = AwsprofError(f"{sanitize(self._command[0])} cannot be run: {exc.strerror}.")
            return Run(name, None, error=error)
        out, err = child.communicate()
        with self._lock:
            self._running.discard(child)
        code = child.returncode
        return Run(name, code if code >= 0 else 128 - code, out, err)

    def _start(self, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._stopped:
                raise AwsprofError("Interrupted.")
            child = subprocess.Popen(  # noqa: S603  # what exec is for
                self._command,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            self._running.add(child)
        return child

    def _stop(self) -> None:
        with self._lock:
            self._stopped = True
            for child in self._running:
                child.terminate()


def print_run(run: Run, room: int) -> None:
    """Prints the command's output, each line after the profile's name."""
    label = f"{sanitize(run.profile):<{room}} | "
    _write(label, run.stdout, sys.stdout)
    _write(label, run.stderr, sys.stderr)


def _write(label: str, data: bytes, stream: TextIO) -> None:
    """Writes the lines unchanged after the label.

    On a terminal as text, which rich puts above its progress bar; elsewhere the very bytes.
    """
    lines = data.splitlines()
    if stream.isatty():
        text = (f"{label}{line.decode(errors='replace')}\n" for line in lines)
        stream.write("".join(text))
        return
    stream.flush()
    stream.buffer.write(b"".join(label.encode() + line + b"\n" for line in lines))
    stream.buffer.flush()


def report(terminal: Terminal, runs: Sequence[Run], total: int) -> int:
    """Prints how many succeeded and which did not. Returns the exit code."""
    failed = [run for run in runs if run.exit_code]
    unable = [run for run in runs if run.error is not None]
    succeeded = len(runs) - len(failed) - len(unable)
    terminal.say(f"{succeeded} of {total} profiles succeeded")
    for code in dict.fromkeys(run.exit_code for run in failed):
        names = ", ".join(sanitize(run.profile) for run in failed if run.exit_code == code)
        terminal.failed(f"{names}: exit code {code}")
    _print_causes(terminal, unable)
    if len(runs) < total:
        terminal.warn(f"interrupted: {len(runs)} of {total} had finished")
        return INTERRUPTED
    if unable:
        return _NO_CREDENTIALS
    return _SOME_FAILED if failed else 0


def _print_causes(terminal: Terminal, unable: Sequence[Run]) -> None:
    """Prints once why profiles were not run that fail alike, with the fix of the first."""
    causes: dict[str, list[tuple[str, str]]] = {}
    for run in unable:
        if run.error is not None:
            causes.setdefault(run.error.message, []).append((run.profile, run.error.fix))
    for message, profiles in causes.items():
        names = list_names([name for name, _ in profiles], _NAMED)
        terminal.failed(f"{names}: not run. {message}", profiles[0][1])
