"""Programs without a terminal: awsprof itself, and Python with a script that uses it."""

import subprocess
import sys
from pathlib import Path

AWSPROF = str(Path(sys.executable).with_name("awsprof"))


def run(*words: str, stdin: str = "", code: int = 0) -> "subprocess.CompletedProcess[str]":
    """awsprof with these words; its exit code is checked, and no traceback is ever shown."""
    done = subprocess.run(
        [AWSPROF, *words],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        start_new_session=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def python(*words: str, code: int = 0) -> "subprocess.CompletedProcess[str]":
    """Python with these words, in the project's folder; warnings are errors there."""
    done = subprocess.run(
        [sys.executable, "-W", "error", *words],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=110,
        start_new_session=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done
