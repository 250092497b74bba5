"""Runs awsprof in processes that get a signal just before one of their steps.

A server has everything loaded and forks for each run; at the step the process sends itself the
signal, as you or the system would at that moment. What counts as a step:

- ``system calls``: the calls of ``os`` that write, sync, rename, link and remove, and what is sent
  to a keyring's bus (``BUS_READ`` where it only asks).
- ``changes``: POST requests to AWS, renames and links (each file changes by one), and the moments
  before and after an OS keyring stores or deletes a secret.
"""

import importlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awsprof.cli.command_table import COMMAND_MODULES
from tests.standins.shared_costs import warm_up

ROOT = Path(__file__).parents[1]
SYSTEM_CALLS, CHANGES = "system calls", "changes"
BUS, BUS_READ = "bus", "bus read"
# Messages that change nothing which outlives the connection.
_BUS_READS = {
    *("Hello", "AddMatch", "NameHasOwner", "GetNameOwner", "Get", "GetAll"),
    *("OpenSession", "ReadAlias", "SearchItems", "GetSecret", "GetSecrets"),
}
_CALLS = ("write", "fsync", "rename", "replace", "link", "unlink", "rmdir", "mkdir", "ftruncate")
_LOADED = (
    "awsprof.cli.root",
    *COMMAND_MODULES,
    "awsprof.cli.main",
    "awsprof.cli.doctor_fix",
    "awsprof.cli.doctor_output",
    "awsprof.doctor.html_page",
    "awsprof.doctor.html_report",
    "awsprof.doctor.report",
    "awsprof.doctor.html_report",
    "awsprof.doctor.repair_planning",
    "awsprof.doctor.runner",
    "awsprof.team.drift",
    "awsprof.editing.apply",
    "awsprof.editing.recovery",
    "awsprof.auth.resolver",
    "awsprof.accesskeys.rotation.flows",
    "awsprof.accesskeys.stop",
    "awsprof.accesskeys.stop_followup",
    "awsprof.editing.history",
    "keyring.backends.SecretService",
    "awsprof.vault.encrypted_file",
    "awsprof.vault.migration",
    "awsprof.vault.session_cache",
    "botocore.session",
    "secretstorage",
    "tomlkit",
)


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit code (below zero: by that signal), its steps, its words."""

    code: int
    steps: tuple[str, ...]
    said: str


class Runner:
    """Runs awsprof's words, each in a process of its own with the environment of the server."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.pid = 0  # of the process that runs now

    def run(
        self, *words: str, stdin: str = "", at: int | None = None, number: int = signal.SIGKILL
    ) -> Ended:
        """Run it; with ``at`` it gets signal ``number`` just before that step."""
        assert self._process.stdin is not None and self._process.stdout is not None
        job = {"words": words, "stdin": stdin, "at": at, "number": int(number)}
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        self.pid = json.loads(self._process.stdout.readline())
        ended = json.loads(self._process.stdout.readline())
        return Ended(ended["code"], tuple(ended["steps"]), ended["said"])


@contextmanager
def kill_runner(folder: Path, steps: str = SYSTEM_CALLS) -> Iterator[Runner]:
    """Yields a runner with the current environment; ``folder`` gets what its processes print."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.crash_runner", str(folder), steps],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield Runner(process)
        assert process.stdin is not None
        process.stdin.close()


def _serve(folder: Path, kind: str) -> None:
    for module in _LOADED:
        importlib.import_module(module)
    from awsprof.doctor.checks import all_checks
    from awsprof.vault import backends

    all_checks()

    warm_up("sts", "iam")
    setattr(backends, "UNATTENDED_S", 30.0)  # noqa: B010  # a busy machine's stand-in is slow
    for line in sys.stdin:
        job = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _be(job, folder, kind)
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print(
            json.dumps(
                {
                    "code": os.waitstatus_to_exitcode(status),
                    "steps": (folder / "steps").read_text().split("\n")[:-1],
                    "said": (folder / "said").read_text(),
                }
            ),
            flush=True,
        )


def _be(job: dict[str, Any], folder: Path, kind: str) -> None:
    """Runs the job in this process and ends it; never returns."""
    out = os.open(folder / "said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(out, stream)
    (folder / "stdin").write_text(job["stdin"])
    os.dup2(os.open(folder / "stdin", os.O_RDONLY), 0)
    sys.stdin = os.fdopen(0, closefd=False)
    os.chdir(os.environ["HOME"])
    noted = os.open(folder / "steps", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    count = _count_system_calls if kind == SYSTEM_CALLS else _count_changes
    count(_Steps(job["at"], job["number"], noted))
    from awsprof.cli.main import run_command

    code = 70
    try:
        code = run_command(job["words"])
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


class _Steps:
    """Writes down each step, to ``noted`` or once there is a file ``start``; signals at one."""

    def __init__(self, at: int | None, number: int, noted: int | None, start: str = "") -> None:
        self._at, self._number, self._noted, self._start = at, number, noted, start
        self._count = 0
        self._write, self._open = os.write, os.open

    def __call__(self, name: str) -> None:
        if self._noted is None:
            try:
                self._noted = self._open(self._start, os.O_WRONLY | os.O_APPEND)
            except FileNotFoundError:
                return
        here, self._count = self._count, self._count + 1
        if here == self._at:
            os.kill(os.getpid(), self._number)
        self._write(self._noted, f"{name}\n".encode())


def _count_changes(step: _Steps) -> None:
    from awsprof.vault.keyring_store import KeyringStore

    def watch(event: str, given: tuple[Any, ...]) -> None:
        call = event == "http.client.send" and bytes(given[1]).startswith(b"POST ")
        if call or event in {"os.rename", "os.link"}:
            step(event)

    def counted(name: str, change: Callable[..., Any]) -> Callable[..., Any]:
        def changing(*given: Any) -> Any:
            step(f"{name} in the keyring")
            result = change(*given)
            step(f"{name} in the keyring is done")
            return result

        return changing

    sys.addaudithook(watch)
    for name in ("set", "delete"):  # an OS keyring changes in another process
        setattr(KeyringStore, name, counted(name, getattr(KeyringStore, name)))


def _count_system_calls(step: _Steps) -> None:
    def counted(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def made(*args: Any, **kwargs: Any) -> Any:
            step(name)
            return call(*args, **kwargs)

        return made

    for name in _CALLS:
        setattr(os, name, counted(name, getattr(os, name)))
    opened = os.open

    def opens(path: Any, flags: int, *args: Any, **kwargs: Any) -> int:
        if flags & os.O_CREAT and not str(path).endswith(".lock"):
            step("create")
        return opened(path, flags, *args, **kwargs)

    os.open = opens
    for name in ("send", "sendall", "sendmsg"):
        setattr(socket.socket, name, _counted_message(step, getattr(socket.socket, name)))


def _counted_message(step: _Steps, send: Callable[..., Any]) -> Callable[..., Any]:
    def sent(to: socket.socket, data: Any, *more: Any) -> Any:
        if to.family is not socket.AF_UNIX:
            step("request")
        else:
            raw = b"".join(data) if isinstance(data, list) else bytes(data)
            step(BUS_READ if _only_asks(raw) else BUS)
        return send(to, data, *more)

    return sent


def _only_asks(raw: bytes) -> bool:
    """Whether what is sent to the bus signs in, or is a message that changes nothing."""
    from jeepney.low_level import HeaderFields, Parser

    if raw.startswith((b"\0", b"AUTH", b"NEGOTIATE_UNIX_FD", b"BEGIN")):
        return True
    parser = Parser()
    parser.add_data(raw)
    message = parser.get_next_message()
    return message is not None and message.header.fields.get(HeaderFields.member) in _BUS_READS


def _in_terminal(words: list[str], at: int, number: int, steps: str) -> int:
    """Run the words in this process, with its terminal; the signal comes before that step.

    The first one is the first after there is a file ``steps``, to which they are written.
    """
    from awsprof.cli.main import run_command

    _count_system_calls(_Steps(at, number, None, steps))
    return run_command(words)


if __name__ == "__main__":
    if sys.argv[1] == "--terminal":
        sys.exit(_in_terminal(sys.argv[5:], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))
    _serve(Path(sys.argv[1]), sys.argv[2])
