"""Calls that fail, or end the process, at one step of a write; and the child that meets them.

A child process is needed where something must be killed, or be an ordinary user while the tests run
as root: it loads everything, drops its rights, and does one action.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NoReturn, ParamSpec, TypeVar, cast

from awsprof import atomic
from awsprof.configfile import storage
from awsprof.configfile.document import FileKind
from awsprof.errors import AwsprofError

P = ParamSpec("P")
R = TypeVar("R")
NOBODY = 65534
ROOT = Path(__file__).parents[1]


@dataclass
class Steps:
    """A Call that notes each step, and at one of them (a number, or a name's first) does a deed.

    With ``short`` the system takes a third of what it is given to write at a time.
    """

    at: int | str | None = None
    deed: Callable[[], object] = lambda: None
    short: bool = False
    names: list[str] = field(default_factory=list)

    def __call__(
        self, step: str, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs
    ) -> R:
        first = step not in self.names
        self.names.append(step)
        if self.at == len(self.names) - 1 or (self.at == step and first):
            self.deed()
        if step == "write" and self.short:
            descriptor, view = args
            assert isinstance(view, memoryview)
            plain = cast(Callable[..., R], function)
            return plain(descriptor, view[: max(1, len(view) // 3)])
        return function(*args, **kwargs)


def fail(number: int) -> Callable[[], None]:
    """A deed: the system refuses with that errno."""

    def deed() -> None:
        raise OSError(number, os.strerror(number))

    return deed


class Beside:
    """A deed: another thread opens and truncates the file now, and writes it ``after`` seconds.

    As the AWS CLI does it. The system may hold its opening up until the step is done; ``done``
    waits until it is through.
    """

    def __init__(self, path: Path, data: bytes, *, after: float = 0.0) -> None:
        self._path, self._data, self._after = path, data, after
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._write)

    def __call__(self) -> None:
        """Begin, and let it come as far as it comes."""
        self._thread.start()
        self._begun.wait()
        time.sleep(0.1)

    def done(self) -> None:
        """Wait until it has written."""
        self._thread.join()

    def _write(self) -> None:
        self._begun.set()
        with self._path.open("wb") as file:
            time.sleep(self._after)
            file.write(self._data)


def kill() -> None:
    """A deed: the process ends at once, as by a power cut."""
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True)
class Ended:
    """How a child ended: killed or not, and what it said."""

    killed: bool
    steps: list[str]
    error: str = ""
    message: str = ""
    fix: str = ""
    notes: list[str] = field(default_factory=list)


def child(
    action: str,
    path: Path,
    data: bytes = b"",
    *,
    at: int | None = None,
    uid: int | None = None,
    limit: int | None = None,
    before: tuple[str, ...] = (),
) -> Ended:
    """Do ``action`` on ``path`` in a process of its own: killed at step ``at``, as user ``uid``,
    with files limited to ``limit`` bytes, started by the command ``before``."""
    job = {"action": action, "path": str(path), "data": data.hex(), "at": at, "uid": uid}
    status, said = _started(before, job | {"limit": limit})
    if status in (-signal.SIGKILL, 128 + signal.SIGKILL):
        return Ended(True, [])
    assert status == 0, said
    return Ended(False, **json.loads(said))


def _started(before: tuple[str, ...], job: dict[str, Any]) -> tuple[int, str]:
    """Returns how the child ended, as subprocess does, and what it printed (or its traceback)."""
    if not before:
        return _forker().run(job)
    done = subprocess.run(
        [*before, sys.executable, "-m", "tests.syscall_faults", json.dumps(job)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout if done.returncode == 0 else done.stderr


class _Forker:
    """A process that has imported everything, and is forked for each child: it starts in no time.

    It runs no job itself and has one thread, so each child begins as a new process would.
    """

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.syscall_faults"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, job: dict[str, Any]) -> tuple[int, str]:
        """Does the job in a fork, with the environment and umask of this moment."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        umask = os.umask(0)
        os.umask(umask)
        request = {"environment": dict(os.environ), "umask": umask, "job": job}
        self._process.stdin.write(f"{json.dumps(request)}\n")
        self._process.stdin.flush()
        status, said = json.loads(self._process.stdout.readline())
        return status, said


@cache
def _forker() -> _Forker:
    return _Forker()


def _serve() -> None:
    """Forks for each request on stdin, and prints how the child ended and what it said."""
    for line in sys.stdin:
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            _be_child(json.loads(line), writing)
        os.close(writing)
        with os.fdopen(reading) as output:
            said = output.read()
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        print(json.dumps([status, said]), flush=True)


def _be_child(request: dict[str, Any], writing: int) -> NoReturn:
    os.environ.clear()
    os.environ.update(request["environment"])
    os.umask(request["umask"])
    with os.fdopen(writing, "w") as output:
        try:
            output.write(_outcome(request["job"]))
            code = 0
        except BaseException:
            output.write(traceback.format_exc())
            code = 1
    os._exit(code)


def own_mounts() -> tuple[str, ...] | None:
    """The command that gives a child mounts of its own, gone with it; None where none may."""
    for flags in (("-m",), ("-Urm",)):
        prefix = ("unshare", *flags)
        if (
            shutil.which("unshare")
            and not subprocess.run(
                [*prefix, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False
            ).returncode
        ):
            return prefix
    return None


def _act(action: str, path: Path, data: bytes, steps: Steps) -> tuple[str, ...]:
    match action:
        case "read":
            atomic.read_file(path)
        case "write":
            atomic.write_file(path, data, call=steps)
        case "replace":
            replaced = atomic.replace_file(atomic.take_snapshot(path), data, call=steps)
            assert replaced.written
        case "recover":
            told = atomic.recover_in_place(path, call=steps)
            return (told,) if told else ()
        case "rewrite":
            kind = FileKind(path.name)
            with storage.transaction(call=steps) as editing:
                return editing.rewrite(kind, lambda _: data).notes
        case _:
            raise ValueError(action)
    return ()


def _outcome(job: dict[str, Any]) -> str:
    """Does the job, and returns as JSON what ``Ended`` takes."""
    if job["limit"] is not None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (job["limit"], job["limit"]))
    if job["uid"] is not None and os.getuid() == 0:
        os.setgroups([])
        os.setgid(job["uid"])
        os.setuid(job["uid"])
    steps = Steps(job["at"], kill, short=True)
    said: dict[str, Any] = {"steps": steps.names}
    try:
        path = Path(job["path"])
        said["notes"] = _act(job["action"], path, bytes.fromhex(job["data"]), steps)
    except AwsprofError as exc:
        said |= {"error": type(exc).__name__, "message": exc.message, "fix": exc.fix}
    return json.dumps(said)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(_outcome(json.loads(sys.argv[1])))
    else:
        _serve()
