"""The two files on disk: read, compared, changed on what they hold at that moment, replaced.

Who changes them holds a lock for each. Programs that lock nothing (the AWS CLI) may write at any
moment: what they wrote is kept, by making the change again on it. What the text means, and how a
file is put in another's place, is no business of this module.
"""

import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from awsprof import atomic, locks, paths
from awsprof.atomic import Call, Snapshot
from awsprof.awsfiles.dialects import Reading, as_botocore, as_sdk
from awsprof.awsfiles.document import Document, FileKind
from awsprof.awsfiles.legible import Legible
from awsprof.errors import AwsprofError, FileProblem, NotDurable
from awsprof.forking import lazy

_TRIES: Final = 100  # two seconds and more
_SETTLE: Final = 0.02  # seconds in which a program that truncates and writes has written


@dataclass(frozen=True)
class Stored:
    """One of the two files as it was read: ``data`` is None where there is no such file."""

    kind: FileKind
    path: Path
    data: bytes | None

    @lazy
    def document(self) -> Document:
        """The document of its bytes; an empty one where there is no file."""
        return Document.parse(self.data or b"", self.kind)

    @lazy
    def legible(self) -> Legible:
        """What can be made out of its bytes, whatever is wrong with them."""
        return Legible.of(self.data or b"", self.kind)

    @lazy
    def botocore(self) -> Reading:
        """What boto3 and the AWS CLI read in it."""
        return as_botocore(self.data or b"", self.kind)

    @lazy
    def sdk(self) -> Reading:
        """What the other SDKs read in it."""
        return as_sdk(self.data or b"", self.kind)


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


def _settled(path: Path) -> Snapshot:
    """The file once it is whole: the AWS CLI truncates it, and writes it a moment later.

    A file that is empty, or has no line end at its end, may be one that is being written: it is
    read again until it stays the same.
    """
    seen = atomic.snapshot(path)
    for _ in range(_TRIES):
        if seen.data is None or seen.data.endswith(b"\n"):
            break
        time.sleep(_SETTLE)
        again = atomic.snapshot(path)
        if again == seen:
            break
        seen = again
    return seen


@contextmanager
def editing(*, call: Call = atomic.direct, timeout: float = 20.0) -> Iterator["Editing"]:
    """Hold the locks of both files, and mend what a killed process left.

    FileProblem where HOME belongs to somebody else, and where the lock cannot be had; Busy where
    another process goes on holding it for ``timeout`` seconds. NotDurable at the end, when all is
    written and a disk did not confirm it.
    """
    home = paths.home()
    if _is_foreign(home):
        raise _foreign(home)
    with ExitStack() as held:
        for lock in _lock_files():
            purpose = "changing the AWS config and credentials files"
            held.enter_context(locks.hold(lock, purpose=purpose, timeout=timeout))
        notes = []
        for kind in FileKind:
            path = path_of(kind)
            if _forbidden(path) is None:
                _drop_former_lock(atomic.resolved(path))
                if told := atomic.recover(path, call=call):
                    notes.append(told)
        editing = Editing(tuple(notes), call)
        yield editing
        if editing.doubt:
            raise editing.doubt


def _lock_files() -> list[Path]:
    """The lock of each file, in awsprof's own folder: in ~/.aws nothing of ours stays.

    It is named after the file behind every symlink, so that all paths to it share it. Both
    variables may name one file, and two processes may name them the other way round: each lock
    once, and in one order for all.
    """
    targets = {atomic.resolved(path_of(kind)) for kind in FileKind}
    return sorted(locks.lock_of(target) for target in targets)


def _drop_former_lock(target: Path) -> None:
    """Take away the lock that versions before the first release left beside ``target``."""
    with suppress(OSError):
        target.with_name(f".{target.name}.awsprof.lock").unlink()


class Editing:
    """The two files while their locks are held; made by ``editing`` alone.

    ``doubt`` is set where something was written that a disk did not confirm.
    """

    def __init__(self, notes: tuple[str, ...], call: Call) -> None:
        self.doubt: NotDurable | None = None
        self._untold = notes
        self._call = call

    def notes(self) -> tuple[str, ...]:
        """What a killed process had left and was mended, unless it was told already."""
        untold, self._untold = self._untold, ()
        return untold

    def read(self, kind: FileKind) -> Stored:
        """The file as it is now."""
        return read(kind)

    def require_writable(self, kind: FileKind) -> None:
        """FileProblem where the file could not be rewritten now; nothing is changed."""
        path = path_of(kind)
        problem = _forbidden(path)
        if problem:
            raise problem
        locks.make_folder(atomic.resolved(path).parent)
        atomic.require_writable(path)

    def rewrite(self, kind: FileKind, change: Callable[[bytes | None], bytes | None]) -> Rewritten:
        """Give the file the bytes that ``change`` makes of those it holds at that moment.

        ``change`` is called again where another program wrote in between, on what that one wrote.
        None from it takes the file away; the same bytes write nothing. FileProblem: the file is as
        it was. The first answer also tells what a killed process had left and was mended.
        """
        path = path_of(kind)
        problem = _forbidden(path)
        untold = self.notes()
        for _ in range(_TRIES):
            before = _settled(path)
            after = change(before.data)
            if after == before.data:
                return Rewritten(kind, path, before.data, after, untold)
            if problem:
                raise problem
            read_only = _read_only(before.path)
            replaced = self._put(before, after)
            if not replaced.done:
                time.sleep(_SETTLE)
                continue
            done = Rewritten(kind, path, before.data, after, (*untold, *read_only))
            return self._merged(done, replaced.late, change)
        raise atomic.restless(path)

    def _put(self, before: Snapshot, after: bytes | None) -> atomic.Replaced:
        if after is None:
            replaced = atomic.remove(before, call=self._call)
        else:
            locks.make_folder(before.path.parent)
            replaced = atomic.replace(before, after, call=self._call)
        self.doubt = self.doubt or replaced.doubt
        return replaced

    def _merged(
        self, done: Rewritten, late: bytes | None, change: Callable[[bytes | None], bytes | None]
    ) -> Rewritten:
        """What was done, and again on what another program wrote into a file that we put away."""
        lost = f"Another program wrote {done.path} at the same moment, and what it wrote is lost."
        kept = f"Another program wrote {done.path} at the same moment: what it wrote is kept."
        while late:
            now = _settled(done.path)
            try:
                after = change(late)
                if after == done.after:
                    again = atomic.Replaced(done=True)
                elif now.data == done.after:
                    again = self._put(now, after)
                else:
                    again = atomic.Replaced(done=False)
            except AwsprofError:  # what it wrote cannot be changed so, or not be written now
                again = atomic.Replaced(done=False)
            if not again.done:
                return replace(done, notes=(*done.notes, lost))
            notes = done.notes if after is None or kept in done.notes else (*done.notes, kept)
            done = replace(done, before=late, after=after, notes=notes)
            late = again.late
        return done


def _read_only(path: Path) -> tuple[str, ...]:
    """What to tell where the file's mode forbids its owner to write; a new file takes its place."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return ()
    if mode & stat.S_IWUSR:
        return ()
    return (f"{path} was changed although it is read-only (mode {mode:04o}); its mode is kept.",)


def _forbidden(path: Path) -> FileProblem | None:
    """Why nothing may be written at ``path``, whatever the permissions say."""
    target = atomic.resolved(path)
    try:
        atomic.looks(target)
    except FileProblem as exc:
        return exc
    folder = next((place for place in target.parents if place.exists()), target.parent)
    foreign = next((place for place in (target, folder) if _is_foreign(place)), None)
    return None if foreign is None else _foreign(foreign)


def _is_foreign(place: Path) -> bool:
    """Whether ``place`` belongs to another user; what is the system's own is a matter of rights.

    Under sudo HOME may be another person's: what root wrote there would lock that one out.
    """
    if not hasattr(os, "getuid"):
        return False
    try:
        return place.stat().st_uid not in {os.getuid(), 0}
    except OSError:
        return False


def _foreign(place: Path) -> FileProblem:
    return FileProblem(
        f"{place} belongs to another user, so nothing is written there.",
        "run this as that user, without sudo, or set HOME to your own",
    )
