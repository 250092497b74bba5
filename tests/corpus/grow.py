"""Grows the corpus by coverage: new inputs for each parser by Atheris, the fewest that do.

``python -m tests.corpus.grow [--seconds N] [PARSER ...]``: N for each parser (20 by default). Each
works in a folder of its own in build/corpus. An input at which a parser raises something else than
an AwsprofError, or takes too long, is kept there and printed with the traceback. The exit code is
then 1.
"""

import argparse
import hashlib
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tests.corpus.inputs import file_of, inputs_of, save_inputs
from tests.corpus.parsers import PARSERS

_ROOT: Final = Path(__file__).parents[2]
_BUILD: Final = _ROOT / "build" / "corpus"
_LONGEST: Final = 4096  # bytes of an input
_MOST_S: Final = 5  # for one input
_MOST_MB: Final = 1500
_LARGEST: Final = 12_000  # bytes of one parser's inputs


def main() -> int:
    """Grow the corpus of each parser that was named, or of all."""
    options = argparse.ArgumentParser()
    options.add_argument("--seconds", type=int, default=20)
    options.add_argument("parsers", nargs="*")
    given = options.parse_args()
    return max([_grow(name, given.seconds) for name in given.parsers or PARSERS])


def _grow(name: str, seconds: int) -> int:
    folder = _BUILD / file_of(name).stem
    found, fewest = folder / "found", folder / "fewest"
    for each in (folder / "home", found):
        each.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(fewest, ignore_errors=True)
    fewest.mkdir()
    for data in inputs_of(name):  # these stay; what is found joins them if it reaches more
        for each in (found, fewest):
            (each / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    program = _program(name, folder)
    bounds = [f"-max_len={_LONGEST}", f"-timeout={_MOST_S}", f"-rss_limit_mb={_MOST_MB}"]
    bounds += [f"-artifact_prefix={folder}/"]
    for step, words in (
        ("fuzz", [f"-max_total_time={seconds}", str(found)]),
        ("merge", ["-merge=1", str(fewest), str(found)]),
    ):
        log = folder / f"{step}.log"
        with log.open("w") as file:
            done = subprocess.run(
                [program, *bounds, *words], check=False, stdout=file, stderr=subprocess.STDOUT
            )
        if done.returncode:
            print(f"{name}: see {log}\n{log.read_text(errors='replace')[-4000:]}")
            return 1
    kept = _smallest(path.read_bytes() for path in fewest.iterdir())
    save_inputs(name, kept)
    print(f"{name}: {len(kept)} inputs, {sum(map(len, kept))} bytes")
    return 0


def _smallest(inputs: Iterable[bytes]) -> list[bytes]:
    """As many of the shortest as have room."""
    kept: list[bytes] = []
    room = _LARGEST
    for data in sorted(inputs, key=len):
        room -= len(data)
        if room < 0:
            break
        kept.append(data)
    return kept


def _program(name: str, folder: Path) -> Path:
    """A program that fuzzes one parser: libFuzzer starts it again when it looks for the fewest."""
    environment = {
        "HOME": str(folder / "home"),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{_ROOT}:{os.environ.get('PYTHONPATH', '')}",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    words = ["env", "-i", *(f"{key}={value}" for key, value in environment.items())]
    words += [sys.executable, "-m", "tests.corpus.target", name]
    path = folder / "target"
    path.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$0" "$@"\n')
    path.chmod(0o700)
    return path


if __name__ == "__main__":
    sys.exit(main())
