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
from awsprof.atomic import Snapshot, Syscall
from awsprof.configfile.dialects import Reading, as_botocore, as_sdk
from awsprof.configfile.document import Document, FileKind
from awsprof.configfile.lenient import LenientDocument
from awsprof.errors import AwsprofError, DurabilityError, FileError
from awsprof.fork_safety import lazy_attribute

_TRIES: Final = 100  # two seconds and more
_SETTLE: Final = 0.02  # seconds in which a program that truncates and writes has written


@dataclass(frozen=True)
class ConfigFile:
    """One of the two files as it was read: ``data`` is None where there is no such file."""

    kind: FileKind
    path: Path
    data: bytes | None

    @lazy_attribute
    def document(self) -> Document:
        """The document of its bytes; an empty one where there is no file."""
        return Document.parse(self.data or b"", self.kind)

    @lazy_attribute
    def legible(self) -> LenientDocument:
        """What can be made out of its bytes, whatever is wrong with them."""
        return LenientDocument.of(self.data or b"", self.kind)

    @lazy_attribute
    def botocore(self) -> Reading:
        """What boto3 and the AWS CLI read in it."""
        return as_botocore(self.data or b"", self.kind)

    @lazy_attribute
    def sdk(self) -> Reading:
        """What the other SDKs read in it."""
        return as_sdk(self.data or b"", self.kind)


@dataclass(frozen=True)
class WriteResult:
    """What ``rewrite`` did: the bytes before and after (None: no file), and what to tell."""

    kind: FileKind
    path: Path
    before: bytes | None
    after: bytes | None
    notes: tuple[str, ...] = ()


def config_path(kind: FileKind) -> Path:
    """Where the file of that kind is, as AWS's variables say."""
    return paths.config_file() if kind is FileKind.CONFIG else paths.credentials_file()


def read_config_file(kind: FileKind) -> ConfigFile:
    """The file as it is now. FileProblem where it cannot be read."""
    path = config_path(kind)
    return ConfigFile(kind, path, _settled(path).data)


def _settled(path: Path) -> Snapshot:
    """The file once it is whole: the AWS CLI truncates it, and writes it a moment later.

    A file that is empty, or has no line end at its end, may be one that is being written: it is
    read again until it stays the same.
    """
    seen = atomic.take_snapshot(path)
    for _ in range(_TRIES):
        if seen.data is None or seen.data.endswith(b"\n"):
            break
        time.sleep(_SETTLE)
        again = atomic.take_snapshot(path)
        if again == seen:
            break
        seen = again
    return seen


@contextmanager
def transaction(
    *, call: Syscall = atomic.call_directly, timeout: float = 20.0
) -> Iterator["Transaction"]:
    """Hold the locks of both files, and mend what a killed process left.

    FileProblem where HOME belongs to somebody else, and where the lock cannot be had; Busy where
    another process goes on holding it for ``timeout`` seconds. DurabilityError at the end, when all
    is written and a disk did not confirm it.
    """
    home = paths.home()
    if _is_foreign(home):
        raise _foreign(home)
    with ExitStack() as held:
        for lock in _lock_files():
            purpose = "changing the AWS config and credentials files"
            held.enter_context(locks.hold_lock(lock, purpose=purpose, timeout=timeout))
        notes = []
        for kind in FileKind:
            path = config_path(kind)
            if _forbidden(path) is None:
                _drop_former_lock(atomic.resolve_links(path))
                if told := atomic.recover_in_place(path, call=call):
                    notes.append(told)
        editing = Transaction(tuple(notes), call)
        yield editing
        if editing.doubt:
            raise editing.doubt


def _lock_files() -> list[Path]:
    """The lock of each file, in awsprof's own folder: in ~/.aws nothing of ours stays.

    It is named after the file behind every symlink, so that all paths to it share it. Both
    variables may name one file, and two processes may name them the other way round: each lock
    once, and in one order for all.
    """
    targets = {atomic.resolve_links(config_path(kind)) for kind in FileKind}
    return sorted(locks.lock_path(target) for target in targets)


def _drop_former_lock(target: Path) -> None:
    """Take away the lock that versions before the first release left beside ``target``."""
    with suppress(OSError):
        target.with_name(f".{target.name}.awsprof.lock").unlink()


class Transaction:
    """The two files while their locks are held; made by ``editing`` alone.

    ``doubt`` is set where something was written that a disk did not confirm.
    """

    def __init__(self, notes: tuple[str, ...], call: Syscall) -> None:
        self.doubt: DurabilityError | None = None
        self._untold = notes
        self._call = call

    def notes(self) -> tuple[str, ...]:
        """What a killed process had left and was mended, unless it was told already."""
        untold, self._untold = self._untold, ()
        return untold

    def read(self, kind: FileKind) -> ConfigFile:
        """The file as it is now."""
        return read_config_file(kind)

    def require_writable(self, kind: FileKind) -> None:
        """FileProblem where the file could not be rewritten now; nothing is changed."""
        path = config_path(kind)
        problem = _forbidden(path)
        if problem:
            raise problem
        locks.make_private_dir(atomic.resolve_links(path).parent)
        atomic.require_replaceable(path)

    def rewrite(
        self, kind: FileKind, change: Callable[[bytes | None], bytes | None]
    ) -> WriteResult:
        """Give the file the bytes that ``change`` makes of those it holds at that moment.

        ``change`` is called again where another program wrote in between, on what that one wrote.
        None from it takes the file away; the same bytes write nothing. FileProblem: the file is as
        it was. The first answer also tells what a killed process had left and was mended.
        """
        path = config_path(kind)
        problem = _forbidden(path)
        untold = self.notes()
        for _ in range(_TRIES):
            before = _settled(path)
            after = change(before.data)
            if after == before.data:
                return WriteResult(kind, path, before.data, after, untold)
            if problem:
                raise problem
            read_only = _read_only(before.path)
            replaced = self._put(before, after)
            if not replaced.written:
                time.sleep(_SETTLE)
                continue
            done = WriteResult(kind, path, before.data, after, (*untold, *read_only))
            return self._merged(done, replaced.late_write, change)
        raise atomic.contended_file_error(path)

    def _put(self, before: Snapshot, after: bytes | None) -> atomic.Replacement:
        if after is None:
            replaced = atomic.remove_file(before, call=self._call)
        else:
            locks.make_private_dir(before.path.parent)
            replaced = atomic.replace_file(before, after, call=self._call)
        self.doubt = self.doubt or replaced.durability_error
        return replaced

    def _merged(
        self, done: WriteResult, late: bytes | None, change: Callable[[bytes | None], bytes | None]
    ) -> WriteResult:
        """What was done, and again on what another program wrote into a file that we put away."""
        lost = f"Another program wrote {done.path} at the same moment, and what it wrote is lost."
        kept = f"Another program wrote {done.path} at the same moment: what it wrote is kept."
        while late:
            now = _settled(done.path)
            try:
                after = change(late)
                if after == done.after:
                    again = atomic.Replacement(written=True)
                elif now.data == done.after:
                    again = self._put(now, after)
                else:
                    again = atomic.Replacement(written=False)
            except AwsprofError:  # what it wrote cannot be changed so, or not be written now
                again = atomic.Replacement(written=False)
            if not again.written:
                return replace(done, notes=(*done.notes, lost))
            notes = done.notes if after is None or kept in done.notes else (*done.notes, kept)
            done = replace(done, before=late, after=after, notes=notes)
            late = again.late_write
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


def _forbidden(path: Path) -> FileError | None:
    """Why nothing may be written at ``path``, whatever the permissions say."""
    target = atomic.resolve_links(path)
    try:
        atomic.require_regular_file(target)
    except FileError as exc:
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


def _foreign(place: Path) -> FileError:
    return FileError(
        f"{place} belongs to another user, so nothing is written there.",
        "run this as that user, without sudo, or set HOME to your own",
    )
