"""Puts the man pages into the wheel, so that `man awsprof` works where pipx or pip installed it.

A build hook of hatchling. The pages are made from the commands' help when the wheel is built, so
they are never older than the commands. An editable install has none: `make man` writes them.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface):
    """The hook that ``[tool.hatch.build.targets.wheel.hooks.custom]`` in pyproject.toml names."""

    def initialize(self, version: str, build_data: dict) -> None:
        """Writes the pages into a folder of their own, and adds them to the wheel."""
        if version == "editable":
            return
        self._folder = tempfile.TemporaryDirectory()
        # A build frontend may give its packages by PYTHONPATH: it is kept.
        path = [self.root, *filter(None, [os.environ.get("PYTHONPATH")])]
        subprocess.run(  # noqa: S603  # our own script
            [sys.executable, str(Path(self.root, "packaging", "man_pages.py")), self._folder.name],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path), "PYTHONDONTWRITEBYTECODE": "1"},
            check=True,
            stdout=subprocess.DEVNULL,
        )
        for page in sorted(Path(self._folder.name).glob("*.1")):
            build_data["shared_data"][str(page)] = f"share/man/man1/{page.name}"

    def finalize(self, version: str, build_data: dict, artifact_path: str) -> None:
        """Removes the folder."""
        if version != "editable":
            self._folder.cleanup()
