"""Programs without a terminal: awsprof itself, and Python with a script that uses it."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from typing import Protocol

from tests.standins.forkserver import ForkServer

AWSPROF = str(Path(sys.executable).with_name("awsprof"))
_LIMIT = 60  # seconds
ROOT = Path(__file__).parents[2]


def run(*words: str, stdin: str = "", code: int = 0) -> "subprocess.CompletedProcess[str]":
    """awsprof with these words; its exit code is checked, and no traceback is ever shown."""
    done = run_unchecked(*words, stdin=stdin)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def run_unchecked(*words: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
    """awsprof with these words; its exit code is not checked."""
    if hasattr(os, "memfd_create"):
        try:
            return _zygote().run([AWSPROF, *words], stdin, _LIMIT)
        except BaseException:  # its answer would be taken for that of the next run
            _zygote.cache_clear()
            raise
    return _started([AWSPROF, *words], stdin)


@cache
def _zygote() -> ForkServer:
    return ForkServer()


def run_in_process(*words: str, stdin: str = "", code: int = 0) -> None:
    """awsprof in this process, which is quicker: for setting a test up, or if it patches things."""
    from awsprof.cli.main import run_command

    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said), _given(stdin):
        returned = run_command(list(words))
    assert returned == code, said.getvalue()


class LongTermKey(Protocol):
    """An access key of a user."""

    @property
    def id(self) -> str: ...

    @property
    def secret(self) -> str: ...


def add_vault_key(key: LongTermKey, *flags: str, profile: str = "base") -> None:
    """Have ``awsprof add keys`` put the key into the vault for the profile."""
    words = ("add", "keys", profile, "--access-key-id", key.id, "--secret-stdin", "--yes")
    run_in_process(*words, *flags, stdin=key.secret)


@contextmanager
def _given(stdin: str) -> Iterator[None]:
    before, sys.stdin = sys.stdin, io.StringIO(stdin)
    try:
        yield
    finally:
        sys.stdin = before


def python(*words: str, code: int = 0) -> "subprocess.CompletedProcess[str]":
    """Python with these words, in the project's folder; warnings are errors there."""
    done = _started([sys.executable, "-W", "error", *words], folder=ROOT, limit=110)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def _started(
    words: list[str], stdin: str = "", folder: Path | None = None, limit: float = _LIMIT
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        words,
        input=stdin,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=limit,
        start_new_session=True,
        check=False,
    )


def working() -> dict[str, str]:
    """Each profile that works, as the doctor says, and who AWS says it is."""
    said = run("doctor", "--json").stdout
    return {each["name"]: each["arn"] for each in json.loads(said)["profiles"] if each["arn"]}
