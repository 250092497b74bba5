"""Checks what `make dist` built: the same bytes come of the sdist, and the wheel runs.

``python packaging/check_dist.py DIR`` builds both files again from the sdist in DIR, under another
umask, time zone and hash seed, and compares them byte by byte. It looks for links of the README
that would not work on a package index, installs the wheel into a folder of its own, runs
``awsprof --version`` from there, and prints the SHA-256 of each file. Exits with a message if a
file differs, a link is relative or the program does not run.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

_VARIABLES = {"TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7"}


def check(dist: Path, work: Path) -> list[str]:
    """Returns a line for each file: its SHA-256 and name. Raises SystemExit if one is not right."""
    (sdist,) = dist.glob("*.tar.gz")
    (wheel,) = dist.glob("*.whl")
    shutil.unpack_archive(sdist, work)
    again = work / "again"
    _run("-m", "hatchling", "build", "-d", str(again), cwd=work / sdist.name[: -len(".tar.gz")])
    lines = []
    for file in (wheel, sdist):
        data = file.read_bytes()
        if data != (again / file.name).read_bytes():
            raise SystemExit(f"{file.name} differs when it is built again from the sdist.")
        lines.append(f"{hashlib.sha256(data).hexdigest()}  {file.name}")
    _check_readme(wheel)
    _check_wheel(wheel, work / "installed")
    return lines


def _check_readme(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        text = archive.read(name).decode()
    relative = re.findall(r"\]\((?!https?://|#)([^)]+)\)", text)
    if relative:
        raise SystemExit(f"Links of the README that a package index has not: {relative}")
    if "](http" not in text:
        sys.stderr.write(
            "The README has no pictures on a package index: set Source in [project.urls].\n"
        )


def _check_wheel(wheel: Path, place: Path) -> None:
    _run(
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--target",
        str(place),
        str(wheel),
        cwd=wheel.parent,
    )
    where = "import awsprof; print(awsprof.__file__, awsprof.__version__)"
    found, version = _run("-c", where, cwd=place, PYTHONPATH=str(place)).split()
    printed = _run("-m", "awsprof", "--version", cwd=place, PYTHONPATH=str(place))
    if not Path(found).is_relative_to(place) or printed.split() != ["awsprof", version]:
        raise SystemExit(f"The wheel does not run: awsprof --version prints {printed!r}.")


def _run(*words: str, cwd: Path, **variables: str) -> str:
    done = subprocess.run(  # noqa: S603  # the words are ours
        [sys.executable, *words],
        cwd=cwd,
        env={**os.environ, **_VARIABLES, **variables},
        umask=0o077,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        report = check(Path(sys.argv[1]).resolve(), Path(folder).resolve())
    sys.stdout.write("".join(f"{line}\n" for line in report))
