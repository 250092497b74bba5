"""Asks for an MFA code in a window if there is no terminal, as for an SDK in an editor."""

import os
import shutil
import sys
from collections.abc import Callable
from typing import Final

from awsprof.awsapi import subprocesses
from awsprof.awsapi.child_environment import clean_environment
from awsprof.text import sanitize

_LIMIT: Final = 120  # seconds until the window closes
_TITLE: Final = "awsprof"
_SCRIPT: Final = (
    "on run argv",
    'text returned of (display dialog (item 1 of argv) default answer "" with title "awsprof")',
    "end run",
)


def ask_in_window(text: str) -> str | None:
    """Returns the text you type; None if no window can be opened or you close it."""
    for program, how in _programs():
        path = shutil.which(program)
        if path is not None:
            return how(path, sanitize(text))
    return None


def _programs() -> list[tuple[str, Callable[[str, str], str | None]]]:
    if sys.platform == "darwin":
        return [("osascript", _osascript)]
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return []
    # pinentry comes last: without a screen it takes over the terminal.
    return [("zenity", _zenity), ("kdialog", _kdialog), ("pinentry", _pinentry)]


def _zenity(path: str, text: str) -> str | None:
    flags = ["--entry", f"--title={_TITLE}", f"--text={text}", f"--timeout={_LIMIT}"]
    return _answer([path, *flags])


def _kdialog(path: str, text: str) -> str | None:
    return _answer([path, "--title", _TITLE, "--inputbox", text])


def _osascript(path: str, text: str) -> str | None:
    script = [part for line in _SCRIPT for part in ("-e", line)]
    return _answer([path, *script, text])


def _pinentry(path: str, text: str) -> str | None:
    # Its protocol (Assuan) has one command per line; the answer follows "D ".
    said = _answer([path], f"SETTITLE {_TITLE}\nSETDESC {text}\nSETPROMPT Code\nGETPIN\nBYE\n")
    lines = (said or "").splitlines()
    return next((line[2:].strip() for line in lines if line.startswith("D ")), None)


def _answer(words: list[str], stdin: str = "") -> str | None:
    """Returns the program's output; None if it fails, times out or prints too much."""
    try:
        done = subprocesses.run_program(
            words, limit_s=_LIMIT, env=clean_environment(), stdin=stdin.encode()
        )
    except OSError:
        return None
    return done.stdout.decode(errors="replace").strip() or None if done.code == 0 else None
