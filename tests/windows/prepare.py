"""A Windows to run on, in build/windows: Wine, a Windows Python from Maven Central, and our wheel.

``python -m tests.windows.prepare`` makes what is missing, from the registries and this project's
lock file alone; a second run takes a moment. Wine's settings, HOME and files are all beneath
build/windows, and nothing outside it is changed. It needs ``wine`` (with ``wine64``) and ``mvn``.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement

from tests.windows.wine import BUILD, DRIVE_C, FOLDER, PREFIX, PYTHON, Wine

_ROOT: Final = Path(__file__).parents[2]
_LOCK: Final = _ROOT / "requirements-dev.lock"
_CPYTHON: Final = "org.bytedeco:cpython:3.13.0-1.5.11:jar:windows-x86_64"
_CPYTHON_SHA256: Final = "dd3590a19413e7e3e8b01d8dfd88ee2fc97f2fd0079e50d47fa6a55c41b0afc3"
_IN_JAR: Final = "org/bytedeco/cpython/windows-x86_64/"
# How pip's markers describe that Python.
_MARKERS: Final = {
    "implementation_name": "cpython",
    "os_name": "nt",
    "platform_machine": "AMD64",
    "platform_python_implementation": "CPython",
    "platform_system": "Windows",
    "python_full_version": "3.13.0",
    "python_version": "3.13",
    "sys_platform": "win32",
}
# What the tests inside need besides awsprof and what it needs.
_FOR_TESTS: Final = ("hypothesis", "pytest", "pytest-timeout")


def main() -> None:
    """Make what is missing, and install the newest wheel of dist/."""
    BUILD.mkdir(parents=True, exist_ok=True)
    (wheel,) = (_ROOT / "dist").glob("*.whl")
    steps: dict[str, tuple[str, Callable[[], None]]] = {
        "prefix": ("1", _make_prefix),
        "python": (_CPYTHON_SHA256 + _digest(FOLDER / "_wmi.py"), _install_python),
        "packages": (_digest(_LOCK), _install_packages),
        "wheel": (_digest(wheel), lambda: _install_wheel(wheel)),
    }
    made_of = ""
    for name, (version, make) in steps.items():
        made_of += f"{version}\n"  # a step stands on those before it
        stamp = BUILD / f"{name}.done"
        if not stamp.is_file() or stamp.read_text() != made_of:
            stamp.unlink(missing_ok=True)
            make()
            stamp.write_text(made_of)


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _make_prefix() -> None:
    shutil.rmtree(PREFIX, ignore_errors=True)
    with Wine() as wine:
        wine.start("wineboot", "-i")
        wine.start("winecfg", "-v", "win10")
    # Drive Z is the whole of this system, in which no tool may look for the project's files.
    for drive in (PREFIX / "dosdevices").iterdir():
        if drive.name != "c:":
            drive.unlink()
    for link in (DRIVE_C / "users").glob("*/*"):
        if link.is_symlink():
            link.unlink()
            link.mkdir()


def _install_python() -> None:
    words = ["mvn", "-q", "-B", "dependency:copy", f"-Dartifact={_CPYTHON}"]
    subprocess.run([*words, f"-DoutputDirectory={BUILD}"], check=True, stdin=subprocess.DEVNULL)
    (jar,) = BUILD.glob("cpython-*.jar")
    if _digest(jar) != _CPYTHON_SHA256:
        raise SystemExit(f"{jar} is not the file that the tests were made with.")
    home = PYTHON.parent
    shutil.rmtree(home, ignore_errors=True)
    with zipfile.ZipFile(jar) as archive:
        for name in archive.namelist():
            if name.startswith(_IN_JAR) and not name.endswith("/"):
                target = home / name.removeprefix(_IN_JAR)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(archive.read(name))
    (home / "lib" / "_wmi.pyd").unlink()
    shutil.copy(FOLDER / "_wmi.py", home / "lib" / "_wmi.py")
    (pip,) = (home / "lib" / "ensurepip" / "_bundled").glob("pip-*.whl")
    with zipfile.ZipFile(pip) as archive:
        archive.extractall(home / "lib" / "site-packages")


def _install_packages() -> None:
    """Unpack the wheels that the lock file names for Windows, each checked by its hash.

    The pip of this system does it, which takes seconds; the one in Wine takes two minutes.
    """
    wanted = BUILD / "requirements.txt"
    wanted.write_text("\n".join(_locked_for_windows()))
    target = PYTHON.parent / "lib" / "site-packages"
    words = ["-m", "pip", "install", "-q", "--no-deps", "--no-compile", "--upgrade"]
    words += ["--require-hashes", "--only-binary=:all:", "--platform", "win_amd64"]
    words += ["--python-version", "3.13", "--target", str(target), "-r", str(wanted)]
    subprocess.run([sys.executable, *words], check=True, stdin=subprocess.DEVNULL)


def _locked_for_windows() -> list[str]:
    """The lock file's lines for the packages needed there, with their hashes."""
    locked: dict[str, str] = {}
    for block in re.split(r"\n(?=\S)", _LOCK.read_text()):
        head, hashes = block.split("\\", 1)
        requirement = Requirement(head)
        # pip itself would apply the markers of the system that it runs on.
        if requirement.marker is None or requirement.marker.evaluate(_MARKERS):
            locked[requirement.name] = f"{requirement.name}{requirement.specifier} \\{hashes}"
    runtime = re.findall(r"^([\w-]+)==", (_ROOT / "requirements.lock").read_text(), re.MULTILINE)
    with_theirs = {*_FOR_TESTS, "colorama", "iniconfig", "pluggy", "sortedcontainers"}
    return [line for name, line in locked.items() if name in {*runtime, *with_theirs}]


def _install_wheel(wheel: Path) -> None:
    """By the pip of that Python, as a person installs it; it refuses what does not fit together."""
    with Wine() as wine:
        words = ["install", "-q", "--no-index", "--no-deps", "--force-reinstall", "--no-compile"]
        wine.python("-m", "pip", *words, "--no-warn-script-location", wine.bring(wheel))
        wine.python("-m", "pip", "check")


if __name__ == "__main__":
    main()
