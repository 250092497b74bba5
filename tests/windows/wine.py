"""Programs of Windows, started under Wine, in an environment that has nothing of this system."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path, PureWindowsPath
from types import TracebackType
from typing import Any, Final, Self

BUILD: Final = Path(__file__).parents[2] / "build" / "windows"
PREFIX: Final = BUILD / "prefix"
DRIVE_C: Final = PREFIX / "drive_c"
PYTHON: Final = DRIVE_C / "Program Files" / "Python313" / "python.exe"
SCRIPTS: Final = PYTHON.parent / "Scripts"
FOLDER: Final = Path(__file__).parent
_LIMIT_S: Final = 500


class Wine:
    """A Wine of our own; its server, and all that runs in it, ends with the ``with`` block."""

    def __init__(self) -> None:
        self._environment = {
            "HOME": str(BUILD / "home"),
            "LANG": "C.UTF-8",
            "PATH": os.environ["PATH"],
            "WINEARCH": "win64",
            "WINEDEBUG": "-all",
            # No browser engine, no .NET, and no entries in the menus of this system.
            "WINEDLLOVERRIDES": "mscoree,mshtml=;winemenubuilder.exe=d",
            "WINEPREFIX": str(PREFIX),
        }

    def __enter__(self) -> Self:
        (BUILD / "home").mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        wineserver = shutil.which("wineserver") or "/usr/lib/wine/wineserver"
        for word in ("-k", "-w"):
            subprocess.run([wineserver, word], env=self._environment, check=False, timeout=60)

    def start(
        self,
        *words: str,
        stdin: str = "",
        code: int | None = 0,
        folder: Path | None = None,
        timeout: float = _LIMIT_S,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program of Windows, and check its exit code unless ``code`` is None.

        Line ends of its output stay as Windows has them.
        """
        done = subprocess.run(
            ["wine", *words],
            env=self._environment,
            input=stdin.encode(),
            capture_output=True,
            timeout=timeout,
            check=False,
            cwd=folder or (DRIVE_C if DRIVE_C.is_dir() else BUILD),
            start_new_session=True,
        )
        out, err = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
        assert code in {None, done.returncode}, out + err
        return subprocess.CompletedProcess(done.args, done.returncode, out, err)

    def python(self, *words: str, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run that Python with these words."""
        return self.start(str(PYTHON), *words, **more)

    def tasks(self, home: Path, variables: Mapping[str, str], tasks: list[dict[str, Any]]) -> Any:
        """Have a process do these tasks of inside.py in that home folder; returns its answers."""
        given = {"home": self.path(home), "variables": dict(variables), "tasks": tasks}
        done = self.python(self.bring(FOLDER / "inside.py"), stdin=json.dumps(given))
        return json.loads(done.stdout.splitlines()[-1])

    @staticmethod
    def path(file: Path) -> str:
        """How Windows names a file of drive C; there is no other drive."""
        return str(PureWindowsPath("C:/", *file.relative_to(DRIVE_C).parts))

    @staticmethod
    def bring(file: Path) -> str:
        """Copy a file of this system to drive C; returns how Windows names it."""
        brought = DRIVE_C / "brought" / file.name
        brought.parent.mkdir(exist_ok=True)
        shutil.copy(file, brought)
        return Wine.path(brought)
