"""Ordinary users for tests that run as root: bare user IDs, which no account needs to have."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.requirements import need

FIRST, SECOND = 64001, 64002


def need_root() -> None:
    """Skip where we cannot become another user."""
    able = sys.platform == "linux" and os.geteuid() == 0 and shutil.which("setpriv") is not None
    need(able, "root and setpriv (util-linux), to act as two ordinary users")


def words_as(uid: int, words: Sequence[str | Path]) -> list[str]:
    """The command line that runs ``words`` as that user, in no group but its own."""
    drop = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--inh-caps=-all"]
    return [*drop, "--", *map(str, words)]


def run_as(
    uid: int,
    words: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    stdin: str = "",
    cwd: str | Path = "/",
    timeout: float = 60,
) -> subprocess.CompletedProcess[str]:
    """What a command says that runs as that user."""
    return subprocess.run(
        words_as(uid, words),
        env=dict(env) if env is not None else {"PATH": os.environ["PATH"]},
        input=stdin,
        cwd=cwd,
        timeout=timeout,
        capture_output=True,
        text=True,
        check=False,
    )


def python_as(uid: int, code: str, *arguments: str) -> str:
    """What Python code prints that runs as that user, with the standard library alone."""
    done = run_as(uid, ["/usr/bin/env", "python3", "-I", "-c", code, *arguments])
    return done.stdout.strip() or done.stderr.strip()
