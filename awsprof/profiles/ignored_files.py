"""Files with profiles that no SDK reads: a variable names another one, or their name is not right.

Told wherever somebody would else hear that there are no profiles.
"""

import difflib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from awsprof import paths
from awsprof.shells import shell_word
from awsprof.text import sanitize

_VARIABLES: Final = (("AWS_CONFIG_FILE", "config"), ("AWS_SHARED_CREDENTIALS_FILE", "credentials"))
_ENDINGS: Final = (".txt", ".ini", ".cfg", ".conf", ".toml", ".bak", ".csv", ".rtf")


@dataclass(frozen=True)
class IgnoredFile:
    """A file that is not read, in a sentence, and what to type."""

    says: str
    fix: str


def ignored_files() -> tuple[IgnoredFile, ...]:
    """All that this process has: those that variables name, and those with another ending."""
    return (*missing_files_in_variables(os.environ), *misnamed_files())


def missing_files_in_variables(environment: Mapping[str, str]) -> Iterator[IgnoredFile]:
    """Files that AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name, and that are not there."""
    for variable, usual in _VARIABLES:
        named = environment.get(variable)
        if not named:
            continue
        path = Path(os.path.expanduser(named))  # noqa: PTH111  # as botocore does
        if _there(path):
            continue
        meant = _near(path)
        says = f"{variable}={sanitize(named)} names no file, so ~/.aws/{usual} is not read either."
        if meant is not None:
            says = (
                f"{variable}={sanitize(named)} names no file. Did you mean"
                f" {paths.display_path(meant)}?"
            )
            yield IgnoredFile(says, f"export {variable}={shell_word(str(meant))}")
        else:
            yield IgnoredFile(says, f"unset {variable}")


def misnamed_files() -> Iterator[IgnoredFile]:
    """config.txt, credentials.ini and the like in ~/.aws, where the right one is not there."""
    folder = paths.home() / ".aws"
    for usual in ("config", "credentials"):
        right = folder / usual
        if _there(right):
            continue
        for ending in _ENDINGS:
            wrong = folder / f"{usual}{ending}"
            if _there(wrong):
                says = (
                    f"No SDK reads {paths.display_path(wrong)}: the name is {usual}, without"
                    f" {ending}."
                )
                command = f"mv {shell_word(str(wrong))} {shell_word(str(right))}"
                yield IgnoredFile(says, command)
                break


def _there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return True  # it may be there, and not be open to us


def _near(path: Path) -> Path | None:
    """A file beside it whose name is nearly the same."""
    try:
        names = [entry.name for entry in path.parent.iterdir() if entry.is_file()]
    except OSError:
        return None
    close = difflib.get_close_matches(path.name, names, n=1, cutoff=0.8)
    return path.parent / close[0] if close else None
