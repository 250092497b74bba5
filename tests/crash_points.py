"""awsprof in processes that are killed at one step of what they do, one after the other.

A step is a call to AWS, a change of a folder (files, index and the encrypted vault all change by
one), or the moment before and after an OS keyring takes or forgets a secret. The runner has
everything loaded and forks, so that a process costs next to nothing.
"""

import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awsprof.awsapi.credentials import Credentials
from awsprof.cli.command_table import COMMAND_MODULES
from awsprof.secret import Secret

_LOADED = (
    "awsprof.cli.root",
    *COMMAND_MODULES,
    "awsprof.accesskeys.rotation.run",
    "awsprof.accesskeys.stop",
    "awsprof.accesskeys.stop_followup",
    "keyring.backends.SecretService",
    "awsprof.editing.history",
    "awsprof.vault.encrypted_file",
    "awsprof.vault.session_cache",
    "tomlkit",
)
ROOT = Path(__file__).parents[1]
_FILES = ("os.rename", "os.link")  # each file of AWS's and of ours is changed by one of them


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit code (None: it was killed), its steps, and what it said."""

    code: int | None
    steps: tuple[str, ...]
    said: str


class Runner:
    """Runs awsprof's words in processes; ``pid`` is that of the one at work."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.pid = 0

    def run(self, *words: str, kill_at: int | None = None) -> Ended:
        """Run it; with ``kill_at`` it is killed just before that step."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps({"words": words, "at": kill_at}) + "\n")
        self._process.stdin.flush()
        self.pid = json.loads(self._process.stdout.readline())
        ended = json.loads(self._process.stdout.readline())
        code = None if ended["status"] == -signal.SIGKILL else ended["status"]
        return Ended(code, tuple(ended["steps"]), ended["said"])


@contextmanager
def runner(folder: Path) -> Iterator[Runner]:
    """A runner with the environment of now; what its processes say goes through ``folder``."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.crash_points", str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield Runner(process)
        assert process.stdin is not None
        process.stdin.close()


def _serve(folder: Path) -> None:
    for module in _LOADED:
        importlib.import_module(module)
    from awsprof.awsapi import sts

    nobody = Credentials("AKIAIOSFODNN7EXAMPLE", Secret("made up"))
    for service in ("sts", "iam"):  # what botocore knows of them is read once, for all
        sts.make_client(sts.botocore_session(None), service, nobody, "us-east-1")
    for line in sys.stdin:
        job = json.loads(line)
        said, steps = folder / "said", folder / "steps"
        pid = os.fork()
        if pid == 0:
            _be(job["words"], job["at"], said, steps)
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        ended = {
            "status": os.waitstatus_to_exitcode(status),
            "steps": steps.read_text().splitlines(),
            "said": said.read_text(),
        }
        print(json.dumps(ended), flush=True)


def _be(words: list[str], at: int | None, said: Path, steps: Path) -> None:
    """Be the process: never returns."""
    out = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(out, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    noted = os.open(steps, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    count = 0

    def step(event: str) -> None:
        nonlocal count
        if count == at:
            os.kill(os.getpid(), signal.SIGKILL)
        count += 1
        os.write(noted, f"{event}\n".encode())

    def watch(event: str, given: tuple[Any, ...]) -> None:
        call = event == "http.client.send" and bytes(given[1]).startswith(b"POST ")
        if call or event in _FILES:
            step(event)

    sys.addaudithook(watch)
    _watch_keyring(step)
    from awsprof.cli.main import run_command

    code = 70
    try:
        code = run_command(words)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _watch_keyring(step: Callable[[str], None]) -> None:
    """A step before and after each change of an OS keyring, which happens in another process."""
    from awsprof.vault.keyring_store import KeyringStore

    def watched(name: str) -> None:
        change = getattr(KeyringStore, name)

        def changing(store: KeyringStore, *given: str) -> Any:
            step(f"{name} in the keyring")
            done = change(store, *given)
            step(f"{name} in the keyring is done")
            return done

        setattr(KeyringStore, name, changing)

    watched("set")
    watched("delete")


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
