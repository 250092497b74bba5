"""The program of ``awsprof exec``: found, and run in place of awsprof or as its child.

What only some need is imported in functions: exec with cached credentials imports little.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # as in auth.fast_path
if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping, Sequence
    from typing import Any, Final, NoReturn

_NOT_RUNNABLE, _NOT_FOUND = 126, 127
_IGNORED_BY_PYTHON: Final = ("SIGPIPE", "SIGXFSZ")  # and so by its children
_FORWARDED: Final = ("SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGCONT", "SIGWINCH")


def find_program(word: str) -> str | int:
    """Returns the path of the program, or 126 or 127 after saying why there is none."""
    import shutil

    program = shutil.which(word)
    if program is not None:
        return program
    is_path = os.path.dirname(word) != ""  # noqa: PTH120  # a bare word is looked for in PATH alone
    exists = is_path and os.path.exists(word)  # noqa: PTH110  # typed by the user
    _tell(word, "cannot be run" if exists else "was not found")
    return _NOT_RUNNABLE if exists else _NOT_FOUND


def _tell(word: str, problem: str) -> None:
    from awsprof.masking.mask import for_display

    sys.stderr.write(for_display(f"awsprof: {word} {problem}") + "\n")


def replace_process(
    program: str, command: Sequence[str], environment: Mapping[str, str]
) -> NoReturn:
    """Runs ``command`` in place of this process; ``program`` is looked for in PATH.

    SIGPIPE and SIGXFSZ, which Python ignores, end the command as in a shell. Raises OSError if it
    cannot be run.
    """
    # Importing signal itself takes as long as all of ours, for its enumerations.
    import _signal as signal  # type: ignore[import-not-found]

    ignored = [getattr(signal, name) for name in _IGNORED_BY_PYTHON if hasattr(signal, name)]
    former = {number: signal.signal(number, signal.SIG_DFL) for number in ignored}
    try:
        os.execvpe(program, list(command), dict(environment))  # noqa: S606  # what exec is for
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def exec_program(program: str, command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Replaces this process with the command, so that it gets signals and exits by itself."""
    if sys.platform == "win32":
        return run_child(program, command, environment)
    from awsprof.vault.hardening import restore_core_limit

    restore_core_limit()
    try:
        replace_process(program, command, environment)
    except OSError as exc:
        _tell(command[0], f"cannot be run: {exc.strerror}")
        return _NOT_RUNNABLE


def run_child(program: str, command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Runs the command as a child and forwards signals to it, also those that arrive early.

    Returns its exit code, or 128 plus the number of the signal that ended it.
    """
    import signal
    import subprocess

    started: list[subprocess.Popen[bytes]] = []
    early: list[int] = []

    def forward(number: int, _: Any) -> None:
        if not started:
            early.append(number)
        elif started[0].poll() is None:
            started[0].send_signal(number)

    for name in _FORWARDED:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), forward)
    try:
        child = subprocess.Popen(  # noqa: S603  # what exec is for
            list(command), executable=program, env=dict(environment)
        )
    except OSError as exc:
        _tell(command[0], f"cannot be run: {exc.strerror}")
        return _NOT_RUNNABLE
    started.append(child)
    for number in early:
        child.send_signal(number)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to the child too
    code = child.wait()
    return code if code >= 0 else 128 - code
