"""Where a team file comes from: a file, a folder, standard input, or a git repository at a ref.

``parse_source`` reads what you type; ``SourceName.text`` is stored and shown. Files are read by
their path below one root; links out of it are refused.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, urlsplit

from awsprof import paths
from awsprof.errors import FileError, UsageError
from awsprof.fast_read import read_regular_file
from awsprof.masking.search import find_secrets
from awsprof.team import limits
from awsprof.team.model import TEAM_FILE
from awsprof.text import one_line, sanitize

if TYPE_CHECKING:
    from awsprof.team.source_state import SourceState

STDIN: Final = "-"
_SCHEMES: Final = ("https", "ssh", "file")
_HOST: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.\-]*[A-Za-z0-9])?(?::[0-9]{1,5})?")
_USER: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]*")
_REF: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./+\-]*")
_FILE: Final = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9_.\-]*/)*[A-Za-z0-9_][A-Za-z0-9_.\-]*")
_SCP: Final = re.compile(r"([A-Za-z0-9_.\-]+@)?[A-Za-z0-9.\-]{2,}:(?!//)(.+)")
_FIX: Final = "name a file, a folder, - or git+https://host/repository.git@ref"


@dataclass(frozen=True)
class SourceName:
    """A parsed source: ``text`` is the same for the same source, however it was typed.

    ``path`` is a file or folder; ``url`` and ``ref`` are a repository's, whose file or folder is
    ``inside``. All are empty for standard input.
    """

    text: str
    path: Path | None = None
    url: str = ""
    ref: str = ""
    inside: str = ""

    @property
    def identity(self) -> str:
        """The text without the ref: all versions of a source share one state."""
        return self.with_ref("").text if self.url else self.text

    def with_ref(self, ref: str) -> SourceName:
        """Returns the repository at another ref; of another source, the same."""
        if not self.url:
            return self
        at, inside = f"@{ref}" if ref else "", f"#{self.inside}" if self.inside else ""
        return replace(self, text=f"git+{self.url}{at}{inside}", ref=ref)


def last_named(state: SourceState) -> SourceName:
    """Returns a source as it was applied last, at the same branch or tag. Raises UsageError."""
    return parse_source(state.source).with_ref(state.ref)


def parse_source(text: str) -> SourceName:
    """Parses a source as typed. Raises UsageError if it is not one."""
    if text == STDIN:
        return SourceName(STDIN)
    if not text or one_line(text) != text:
        raise UsageError("The name is empty, or has a line break or a hidden character.", _FIX)
    scheme, url = text.partition("://")[0].removeprefix("git+"), text.removeprefix("git+")
    if "://" in text or "::" in text:
        if scheme not in _SCHEMES:
            raise UsageError(
                f"awsprof does not fetch a team file by {sanitize(scheme, 20)}.",
                "use a repository by git+https://, git+ssh:// or git+file://",
            )
        return _repository(url)
    if text.startswith("git+"):
        return _local_repository(url)
    path = _path(text)
    if not _path_is(path, Path.exists):
        folder, at, _ = text.rpartition("@")
        if at and _path_is(_path(folder), Path.is_dir):
            return _local_repository(text)
        if found := _SCP.fullmatch(text):
            host = text[: found.start(2) - 1]
            raise UsageError(
                f"{sanitize(text)} is no file here.",
                f"for a repository write git+ssh://{sanitize(host)}/{sanitize(found[2])}",
            )
        raise UsageError(f"There is no team file {sanitize(text)}.", _FIX)
    whole = path.absolute()
    return SourceName(str(whole), whole)


def _path(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:  # ~ of an unknown user: a folder may have that name
        return Path(text)


def _path_is(path: Path, check: Callable[[Path], bool]) -> bool:
    """Checks Path.exists or Path.is_dir; False also if the system cannot say, for a long name."""
    try:
        return check(path)
    except OSError:
        return False


def _local_repository(text: str) -> SourceName:
    folder, at, rest = text.rpartition("@") if "@" in text else (text, "", "")
    place = _path(folder).absolute()
    if not _path_is(place, Path.is_dir):
        raise UsageError(f"There is no repository {sanitize(str(place))}.", _FIX)
    return _repository(place.as_uri().replace("@", "%40") + at + rest)


def _repository(url: str) -> SourceName:
    try:
        parts = urlsplit(url)
    except ValueError as exc:
        raise UsageError("That is not the address of a repository.", _FIX) from exc
    if parts.query or parts.password is not None or find_secrets(parts.username or ""):
        raise UsageError(
            "The address has a password, a token or a query.",
            "leave it out: git asks for a password, or its credential helper has it",
        )
    path, _, ref = parts.path.partition("@")
    _require_plain(parts, path)
    if ref and (not _REF.fullmatch(ref) or ".." in ref or ref.endswith((".lock", "/", "."))):
        raise UsageError(
            f"{sanitize(ref)!r} is not a branch, a tag or a commit.", "write it after @"
        )
    inside = parts.fragment
    if inside and (not _FILE.fullmatch(inside) or ".." in inside):
        raise UsageError(
            f"{sanitize(inside)!r} is not a file of a repository.",
            f"write its path after #, such as #teams/{TEAM_FILE}",
        )
    address = f"{parts.scheme}://{parts.netloc}{path}"
    return SourceName("", url=address, inside=inside).with_ref(ref)


def _require_plain(parts: SplitResult, path: str) -> None:
    user, at, host = parts.netloc.rpartition("@")
    if parts.scheme == "file":
        fits = not parts.netloc and path.startswith("/")
    else:
        fits = bool(_HOST.fullmatch(host)) and (not at or bool(_USER.fullmatch(user)))
    if not fits or len(path) < 2 or not path.isprintable() or " " in path:
        raise UsageError("That is not the address of a repository.", _FIX)


class FolderSource:
    """A file or a folder on this machine."""

    def __init__(self, path: Path) -> None:
        self.name = TEAM_FILE if path.is_dir() else path.name
        self._root = path if path.is_dir() else path.parent
        self.label = paths.display_path(path)

    def read(self, relative: PurePosixPath) -> bytes:
        """Returns the content of a file below the folder.

        Raises FileError if it is missing, no regular file, too large, or outside.
        """
        path = self._root.joinpath(*relative.parts)
        shown = sanitize(paths.display_path(path))
        try:
            root, target = self._root.resolve(strict=True), path.resolve(strict=True)
            if not target.is_relative_to(root):
                raise FileError(f"{shown} leads out of its folder.", "name a file in it")
            return read_regular_file(str(target), limits.MAX_FILE_BYTES)
        except FileNotFoundError as exc:
            raise FileError(f"There is no file {shown}.", "check its name") from exc
        except (OSError, RuntimeError) as exc:
            reason = exc.strerror if isinstance(exc, OSError) else "its links form a loop"
            fix = "check its name and its permissions"
            raise FileError(f"{shown} cannot be read: {reason}.", fix) from exc


class StdinSource:
    """Standard input: one file, which includes no others."""

    name = TEAM_FILE
    label = STDIN

    def read(self, relative: PurePosixPath) -> bytes:
        """Returns what standard input has. Raises FileError for another file, or too much."""
        if relative != PurePosixPath(self.name):
            raise FileError(
                "A team file from standard input cannot include others.", "name its folder instead"
            )
        data = sys.stdin.buffer.read(limits.MAX_FILE_BYTES + 1)
        if len(data) > limits.MAX_FILE_BYTES:
            fix = f"give it a team file of at most {limits.MAX_FILE_BYTES >> 20} MiB"
            raise FileError("Standard input is too large for a team file.", fix)
        return data
