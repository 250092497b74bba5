"""The two files on disk: read, compared, changed on what they hold at that moment, replaced.

Who changes them holds both sidecar locks. Programs that lock nothing (the AWS CLI) may write at any
moment: what they wrote before our rename is kept, by doing the change again on it.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from awsprof import atomic, locks, paths
from awsprof.awsfiles.document import Document, FileKind
from awsprof.errors import FileProblem

_TRIES: Final = 20
_SETTLE: Final = 0.02  # seconds in which a program that truncates and writes has written


@dataclass(frozen=True)
class Stored:
    """One of the two files as it was read: ``data`` is None where there is no such file."""

    kind: FileKind
    path: Path
    data: bytes | None

    @cached_property
    def document(self) -> Document:
        """The document of its bytes; an empty one where there is no file."""
        return Document.parse(self.data or b"", self.kind)


@dataclass(frozen=True)
class Rewritten:
    """What ``rewrite`` did: the bytes before and after (None: no file), and what to tell."""

    kind: FileKind
    path: Path
    before: bytes | None
    after: bytes | None
    notes: tuple[str, ...] = ()


def path_of(kind: FileKind) -> Path:
    """Where the file of that kind is, as AWS's variables say."""
    return paths.config_file() if kind is FileKind.CONFIG else paths.credentials_file()


def read(kind: FileKind) -> Stored:
    """The file as it is now. FileProblem where it cannot be read."""
    path = path_of(kind)
    return Stored(kind, path, _settled(path).data)


def _settled(path: Path) -> atomic.Snapshot:
    """The file once it is whole: the AWS CLI truncates it, and writes it a moment later.

    A file that is empty, or has no line end at its end, may be one that is being written: it is
    read again until it stays the same.
    """
    seen = atomic.snapshot(path)
    for _ in range(_TRIES):
        if seen.data is None or seen.data.endswith(b"\n"):
            return seen
        time.sleep(_SETTLE)
        again = atomic.snapshot(path)
        if again == seen:
            return again
        seen = again
    return seen


@contextmanager
def editing() -> Iterator["Editing"]:
    """Hold the locks of both files (config first). What a killed process left is mended first.

    FileProblem where the files belong to somebody else; Busy where another process goes on
    holding a lock.
    """
    with ExitStack() as stack:
        notes = []
        for kind in FileKind:
            path = path_of(kind)
            _refuse_foreign(path)
            target = atomic.resolved(path)
            atomic.make_folder(target.parent)
            lock = target.with_name(f".{target.name}.awsprof-lock")
            stack.enter_context(locks.hold(lock, purpose=f"changing {path.name}"))
            told = atomic.recover(path)
            if told:
                notes.append(told)
        yield Editing(tuple(notes))


class Editing:
    """The two files while their locks are held; ``notes`` tells what was mended on the way."""

    def __init__(self, notes: tuple[str, ...] = (), system: atomic.System = atomic.SYSTEM) -> None:
        self.notes = notes
        self._system = system

    def read(self, kind: FileKind) -> Stored:
        """The file as it is now."""
        return read(kind)

    def rewrite(self, kind: FileKind, change: Callable[[bytes | None], bytes | None]) -> Rewritten:
        """Give the file the bytes that ``change`` makes of those it holds at that moment.

        ``change`` is called again where another program wrote in between. None from it takes the
        file away; the same bytes write nothing. FileProblem: the file holds what it held.
        """
        path = path_of(kind)
        for _ in range(_TRIES):
            before = _settled(path)
            after = change(before.data)
            if after == before.data:
                return Rewritten(kind, path, before.data, after)
            if after is None:
                if atomic.snapshot(path) == before:
                    _remove(before.path)
                    return Rewritten(kind, path, before.data, None)
                continue
            outcome = atomic.replace(before, after, system=self._system)
            if outcome is not atomic.Outcome.CHANGED:
                return Rewritten(kind, path, before.data, after, _notes(path, outcome))
        raise FileProblem(
            f"Another program keeps writing {path}; nothing was changed.",
            "wait until it is done, then run this again",
        )


def _notes(path: Path, outcome: atomic.Outcome) -> tuple[str, ...]:
    if outcome is not atomic.Outcome.LATE:
        return ()
    return (f"Another program wrote {path} at the same moment, and what it wrote is lost.",)


def _remove(path: Path) -> None:
    try:
        path.unlink()
    except OSError as exc:
        raise atomic.unwritable(path, exc) from exc


def _refuse_foreign(path: Path) -> None:
    """Under sudo HOME may be another person's: what root wrote there would lock that one out."""
    if not hasattr(os, "getuid"):
        return
    for place in (path, *path.parents):
        if place == Path(place.anchor) or not place.exists():
            continue
        owner = place.stat().st_uid
        # Folders of the system above a home are root's everywhere.
        if owner not in {os.getuid(), 0}:
            raise FileProblem(
                f"{place} belongs to another user, and you are user {os.getuid()}: nothing is"
                " written there.",
                "run this as that user, without sudo (or set HOME to your own)",
            )
        if place == paths.home():
            return
