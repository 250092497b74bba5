"""Files that no SDK reads because a variable or their own name is wrong, and sections likewise.

Reported wherever the user would otherwise be told that there are no profiles.
"""

import difflib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from awsprof import atomic, paths
from awsprof.configfile.header_diagnosis import diagnose
from awsprof.configfile.section_headers import split_text
from awsprof.configfile.storage import ConfigFile
from awsprof.shells import set_variable, shell_word, unset_variables
from awsprof.text import sanitize

_VARIABLES: Final = (("AWS_CONFIG_FILE", "config"), ("AWS_SHARED_CREDENTIALS_FILE", "credentials"))
_ENDINGS: Final = (".txt", ".ini", ".cfg", ".conf", ".toml", ".bak", ".csv", ".rtf")


@dataclass(frozen=True)
class IgnoredFile:
    """A file or section that no SDK reads, as a sentence and a command that fixes it.

    ``variables`` names the variable of the environment that is wrong, if one is.
    """

    says: str
    fix: str
    variables: tuple[str, ...] = ()


def ignored_files() -> tuple[IgnoredFile, ...]:
    """Returns all ignored files: missing ones and none in variables, misnamed ones in ~/.aws."""
    return (*variables_without_file(os.environ), *misnamed_files())


def unread_sections(files: Iterable[ConfigFile]) -> Iterator[IgnoredFile]:
    """Yields the first section of each file that no SDK reads because of its header."""
    for file in files:
        text = (file.data or b"").decode(errors="replace")
        for number, line in enumerate(split_text(text), start=1):
            issue = diagnose(line.rstrip("\r\n"), file.kind) if line.startswith("[") else None
            if issue is not None:
                where = f"{paths.display_path(file.path)}:{number}"
                says = f"No SDK reads the section at {where} as a profile: {issue.wrong}."
                yield IgnoredFile(says, "awsprof doctor --offline")
                break


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112  # is_dir raises where a folder cannot be entered


def variables_without_file(environment: Mapping[str, str]) -> tuple[IgnoredFile, ...]:
    """Returns the variables because of which botocore does not read one of the two files."""
    return (*missing_files_in_variables(environment), *_empty_variables(environment))


def missing_files_in_variables(environment: Mapping[str, str]) -> Iterator[IgnoredFile]:
    """Yields each variable of the two files that names a missing file, or a folder."""
    for variable, file_name in _VARIABLES:
        named = environment.get(variable)
        if not named:
            continue
        path = Path(paths.expand_as_botocore(named))
        if _exists(path) and not _is_folder(path):
            continue
        if path == paths.home() / ".aws" / file_name:
            continue  # it moves nothing, as under exec --serve
        meant = _near(path)
        what = "a folder" if _is_folder(path) else "no file"
        says = f"{variable}={sanitize(named)} names {what}; ~/.aws/{file_name} is not read either."
        if meant is not None:
            says = (
                f"{variable}={sanitize(named)} names no file. Did you mean"
                f" {paths.display_path(meant)}?"
            )
            yield IgnoredFile(says, set_variable(variable, str(meant)), (variable,))
        else:
            yield IgnoredFile(says, unset_variables(variable), (variable,))


def _empty_variables(environment: Mapping[str, str]) -> Iterator[IgnoredFile]:
    """Yields each variable of the two files that is set, but empty.

    botocore then reads no file (``Session.full_config``); awsprof and SDKs that take an empty
    variable for none, such as Go's, read the one in ~/.aws.
    """
    for variable, file_name in _VARIABLES:
        if environment.get(variable) == "":
            says = (
                f"{variable} is empty: boto3 and the AWS CLI do not read ~/.aws/{file_name} then."
            )
            yield IgnoredFile(says, unset_variables(variable), (variable,))


def misnamed_files() -> Iterator[IgnoredFile]:
    """Yields config.txt, credentials.ini and the like in ~/.aws, if the correct file is missing.

    And a folder in its place, as Docker makes one for a file that it mounts and that is missing; or
    a symlink that leads back to itself.
    """
    folder = paths.home() / ".aws"
    for usual in ("config", "credentials"):
        right = folder / usual
        if _is_folder(right):
            says = f"{paths.display_path(right)} is a folder, so no SDK reads a {usual} file."
            aside = shell_word(str(right.with_name(f"{usual}.folder")))
            yield IgnoredFile(says, f"mv {shell_word(str(right))} {aside}")
            continue
        if atomic.is_link_loop(right):
            says = f"{paths.display_path(right)} is a symlink in a loop, so no SDK reads it."
            yield IgnoredFile(
                says, f"let it point to the file, or remove it: rm {shell_word(str(right))}"
            )
            continue
        if _exists(right):
            continue
        for ending in _ENDINGS:
            wrong = folder / f"{usual}{ending}"
            if _exists(wrong):
                says = (
                    f"No SDK reads {paths.display_path(wrong)}: the name is {usual}, without"
                    f" {ending}."
                )
                command = f"mv {shell_word(str(wrong))} {shell_word(str(right))}"
                yield IgnoredFile(says, command)
                break


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return True  # it may exist without being accessible


def _near(path: Path) -> Path | None:
    """Returns a file in the same directory with a similar name, or None."""
    try:
        names = [entry.name for entry in path.parent.iterdir() if entry.is_file()]
    except OSError:
        return None
    close = difflib.get_close_matches(path.name, names, n=1, cutoff=0.8)
    return path.parent / close[0] if close else None
