"""What the tests do within Windows; runs in its Python, where ``tests`` cannot be imported.

Standard input has ``{"home": …, "variables": {…}, "tasks": [{"do": name, …}]}``; the last line of
the output is the list of answers. A process does many tasks, since each start takes seconds.
"""

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


class _Text(io.TextIOWrapper):
    """Text output that also has a binary side, as sys.stdout has."""

    def __init__(self) -> None:
        self._bytes = io.BytesIO()
        super().__init__(self._bytes, encoding="utf-8", newline="")

    def so_far(self) -> str:
        """Everything that was written."""
        self.flush()
        return self._bytes.getvalue().decode()


def become_person(home: str, variables: dict[str, str]) -> None:
    """Set the environment; Wine itself sets these variables when it starts a process."""
    folder = Path(home)
    local = folder / "AppData" / "Local"
    local.mkdir(parents=True, exist_ok=True)
    os.environ.update(variables)
    os.environ.update(USERPROFILE=home, LOCALAPPDATA=str(local))
    os.environ["APPDATA"] = str(folder / "AppData" / "Roaming")
    os.chdir(folder)


def awsprof(words: list[str], stdin: str = "") -> dict[str, Any]:
    """An awsprof command in this process: its exit code and output."""
    from awsprof.cli.main import run_command

    out, err = _Text(), _Text()
    before, sys.stdin = sys.stdin, io.StringIO(stdin)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run_command(words)
    finally:
        sys.stdin = before
    return {"code": code, "out": out.so_far(), "err": err.so_far()}


def locker(name: str) -> str | None:
    """What the Credential Locker holds under that name, by keyring itself."""
    from keyring.core import load_keyring

    return load_keyring("keyring.backends.Windows.WinVaultKeyring").get_password("awsprof", name)


def boto3_arn(profile: str) -> str:
    """Who a profile is, by boto3 without awsprof."""
    import boto3

    session = boto3.Session(profile_name=profile, region_name="eu-west-1")
    arn: str = session.client("sts").get_caller_identity()["Arn"]
    return arn


def program(
    words: list[str] | str, code: str | None = None, variables: dict[str, str] | None = None
) -> dict[str, Any]:
    """Start a program, with a Python that runs ``code`` after its words: exit code and output.

    Words in one string reach Windows as they are, so that cmd can be given its own quotes.
    """
    if code is not None:
        words = [*words, sys.executable, "-c", code]
    environment = {**os.environ, **(variables or {})}
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=environment)
    return {"code": done.returncode, "out": done.stdout, "err": done.stderr}


def process_line(path: list[str]) -> str:
    """The process line that awsprof writes where PATH has these folders."""
    from awsprof.profiles.process_command import build_command

    before, os.environ["PATH"] = os.environ["PATH"], os.pathsep.join(path)
    try:
        return build_command("dev")
    finally:
        os.environ["PATH"] = before


def long_secret(length: int) -> dict[str, Any]:
    """A secret of that length, through the vault: what comes back, and the locker's entries."""
    from keyring.core import load_keyring

    from awsprof.prompting import NonInteractive
    from awsprof.secret import Secret
    from awsprof.vault.vault import open_vault

    backend = load_keyring("keyring.backends.Windows.WinVaultKeyring")
    names = ["AKIAIOSFODNN7EXAMPLE", *(f"AKIAIOSFODNN7EXAMPLE#{n}" for n in range(1, 200))]

    def sizes() -> list[int]:
        texts = (backend.get_password("awsprof", name) for name in names)
        return [len(text.encode("utf-16-le")) for text in texts if text is not None]

    vault = open_vault(NonInteractive(), "auto")
    text = "".join(chr(ord("a") + n % 26) for n in range(length))
    vault.put(names[0], Secret(text))
    back, entries = vault.get(names[0]).reveal() == text, sizes()
    vault.delete(names[0])
    return {"same": back, "bytes": entries, "left": sizes()}


_HOLD = """
import pathlib, sys, time
from awsprof import locks
with locks.hold_lock(pathlib.Path(sys.argv[1]), purpose="holding"):
    print("held", flush=True)
    time.sleep(600)
"""


def lock_of_a_killed_process() -> list[bool]:
    """Whether a lock can be taken while another process holds it, and after that is killed."""
    from awsprof import locks, paths
    from awsprof.errors import LockTimeout

    lock = paths.locks_dir() / "tried.lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(lock)], stdout=subprocess.PIPE, text=True
    )
    taken: list[bool] = []
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        for _ in range(2):
            try:
                with locks.hold_lock(lock, purpose="trying", timeout=10 if taken else 0.2):
                    taken.append(True)
            except LockTimeout:
                taken.append(False)
            holder.kill()
            holder.wait()
    finally:
        holder.kill()
    return taken


_READ = """
import sys, time
with open(sys.argv[1]):
    print("open", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def edit_while_read(words: list[str], file: str, seconds: float) -> dict[str, Any]:
    """An awsprof command while another process has the file open for so long."""
    reader = subprocess.Popen(
        [sys.executable, "-c", _READ, file, str(seconds)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "open\n"
        return awsprof(words)
    finally:
        reader.kill()
        reader.wait()


_WRITE = """
import sys
from awsprof.cli.main import run_command
for number in range(int(sys.argv[2])):
    if code := run_command(["set", sys.argv[1], "region", f"eu-west-{number}", "--yes"]):
        sys.exit(code)
"""


def writers(profiles: list[str], edits: int) -> list[int]:
    """So many edits of each profile, by a process for each of them at once: their exit codes."""
    words = [sys.executable, "-c", _WRITE]
    started = [
        subprocess.Popen([*words, name, str(edits)], stderr=subprocess.DEVNULL) for name in profiles
    ]
    return [each.wait() for each in started]


def botocore_profiles() -> dict[str, dict[str, str]]:
    """The profiles as botocore reads them."""
    import botocore.session

    profiles: dict[str, dict[str, str]] = botocore.session.Session().full_config["profiles"]
    return profiles


_TASKS: dict[str, Callable[..., Any]] = {
    each.__name__: each
    for each in (
        *(awsprof, boto3_arn, botocore_profiles, edit_while_read, lock_of_a_killed_process, locker),
        *(long_secret, process_line, program, writers),
    )
}


def main() -> None:
    """Do the tasks."""
    given = json.load(sys.stdin)
    become_person(given["home"], given["variables"])
    answers = [_TASKS[task.pop("do")](**task) for task in given["tasks"]]
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
