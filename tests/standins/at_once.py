"""Many awsprof processes that start at once: forked from one that has everything imported."""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from tests.standins.cli_runner import ROOT
from tests.standins.forkserver import WARM

_LIMIT_S = 100


@dataclass(frozen=True)
class Outcome:
    """How one of them ended, and how many seconds after they all started."""

    code: int
    stdout: str
    stderr: str
    seconds: float


def run_at_once(count: int, *words: str) -> list[Outcome]:
    """``count`` processes of awsprof with these words, none of which has a terminal."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", __name__, folder, str(count), *words],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_LIMIT_S,
            start_new_session=True,
            check=True,
        )
        return [
            Outcome(
                code,
                (Path(folder) / f"{number}.out").read_text(),
                (Path(folder) / f"{number}.err").read_text(),
                seconds,
            )
            for number, (code, seconds) in enumerate(json.loads(done.stdout))
        ]


def _fork_all(folder: Path, count: int, words: list[str]) -> None:
    import time

    for name in WARM:
        import_module(name)
    start, ended = time.monotonic(), {}
    pids = [os.fork() or _become(folder, number, words) for number in range(count)]
    for _ in pids:
        pid, status = os.wait()
        ended[pid] = (os.waitstatus_to_exitcode(status), time.monotonic() - start)
    print(json.dumps([ended[pid] for pid in pids]))


def _become(folder: Path, number: int, words: list[str]) -> NoReturn:
    code = 70
    try:
        for stream, name in ((1, "out"), (2, "err")):
            flags = os.O_WRONLY | os.O_CREAT
            os.dup2(os.open(folder / f"{number}.{name}", flags, 0o600), stream)
        sys.argv = ["awsprof", *words]
        from awsprof.__main__ import main

        code = main()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


if __name__ == "__main__":
    _fork_all(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
