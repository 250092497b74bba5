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
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

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
    done = subprocess.run(
        [*before, sys.executable, "-m", "tests.syscall_faults", json.dumps(job | {"limit": limit})],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    if done.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL):
        return Ended(True, [])
    assert done.returncode == 0, done.stderr
    return Ended(False, **json.loads(done.stdout))


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


def _main(job: dict[str, Any]) -> None:
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
    print(json.dumps(said))


if __name__ == "__main__":
    _main(json.loads(sys.argv[1]))
