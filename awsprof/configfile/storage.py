"""The two files on disk: read them, and rewrite them based on their current content.

A writer holds a lock for each file. Programs that take no lock (the AWS CLI) may write at any time:
their changes are kept, by applying our change again on top. The content is not interpreted here,
and atomic/ does the replacement.
"""

import os
import stat
import time
from collections.abc import Callable, Iterable, Iterator
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

_TRIES: Final = 100  # at least two seconds
_SETTLE_S: Final = 0.02  # longer than a program needs from truncating to writing


@dataclass(frozen=True)
class ConfigFile:
    """One of the two files at the time it was read: ``data`` is None if it is missing."""

    kind: FileKind
    path: Path
    data: bytes | None

    @lazy_attribute
    def document(self) -> Document:
        """The parsed document; empty if the file is missing."""
        return Document.parse(self.data or b"", self.kind)

    @lazy_attribute
    def lenient(self) -> LenientDocument:
        """The lenient parse, for damaged files."""
        return LenientDocument.parse(self.data or b"", self.kind)

    @lazy_attribute
    def botocore(self) -> Reading:
        """What boto3 and the AWS CLI read."""
        return as_botocore(self.data or b"", self.kind)

    @lazy_attribute
    def sdk(self) -> Reading:
        """What the other SDKs read."""
        return as_sdk(self.data or b"", self.kind)


@dataclass(frozen=True)
class FileWrite:
    """A write of one file, planned or done: its bytes before and after (None: no file)."""

    kind: FileKind
    path: Path
    before: bytes | None
    after: bytes | None


@dataclass(frozen=True)
class WriteResult(FileWrite):
    """The result of ``rewrite``: the write that was done, and notes to show."""

    notes: tuple[str, ...] = ()


def config_path(kind: FileKind) -> Path:
    """Returns the path of that file, as AWS's variables set it."""
    return paths.config_file() if kind is FileKind.CONFIG else paths.credentials_file()


def read_config_file(kind: FileKind) -> ConfigFile:
    """Reads the file. Raises FileError if it cannot be read."""
    path = config_path(kind)
    return ConfigFile(kind, path, _read_stable(path).data)


def _read_stable(path: Path) -> Snapshot:
    """Reads the file once it is complete: the AWS CLI truncates it before it writes.

    A file that is empty or has no final line end may be in the middle of a write: it is read again
    once no program has it open for writing, until it stays the same. A folder is no file, nor are
    symlinks in a loop, as for botocore.
    """
    # is_dir raises where a folder cannot be entered
    if os.path.isdir(path) or atomic.is_link_loop(path):  # noqa: PTH112
        return Snapshot(atomic.resolve_links(path), None)
    snapshot = atomic.take_snapshot(path)
    if snapshot.data is None or snapshot.data.endswith(b"\n"):
        return snapshot
    for _ in range(_TRIES):
        time.sleep(_SETTLE_S)
        again = atomic.snapshot_between_writes(path) or atomic.take_snapshot(path)
        if again == snapshot:
            break
        snapshot = again
    return snapshot


@contextmanager
def transaction(
    *,
    call: Syscall = atomic.call_directly,
    timeout: float = 20.0,
    tell: Callable[[str], object] | None = None,
) -> Iterator["Transaction"]:
    """Holds the locks of both files, and recovers what a killed process left.

    ``tell`` gets a message if that means waiting for another process.
    Raises FileError if HOME belongs to another user or a lock cannot be taken; LockTimeout if
    another process holds one for ``timeout`` seconds; DurabilityError at the end, if everything was
    written but a disk did not confirm it.
    """
    home = paths.home()
    if _is_foreign(home):
        raise _foreign(home)
    with ExitStack() as held:
        named = [config_path(kind) for kind in FileKind]
        targets = [atomic.resolve_links(path) for path in named]
        for lock in _lock_files(targets):
            purpose = "changing the AWS config and credentials files"
            held.enter_context(locks.hold_lock(lock, purpose=purpose, timeout=timeout, tell=tell))
        both = zip(named, targets, strict=True)
        ours = [(path, target) for path, target in both if _forbidden(target) is None]
        opened = Transaction(tuple(_recovered(ours, call)), call)
        yield opened
        if opened.durability_error:
            raise opened.durability_error


def lock_names() -> tuple[str, ...]:
    """Returns the names of the locks that ``transaction`` takes for the files in use now."""
    targets = [atomic.resolve_links(config_path(kind)) for kind in FileKind]
    return tuple(lock.name for lock in _lock_files(targets))


def _lock_files(targets: Iterable[Path]) -> list[Path]:
    """Returns the lock of each file, in awsprof's own folder, so that ~/.aws has no lock files.

    It is named after the fully resolved file, so that all paths to it share it. Both variables may
    name the same file, and two processes may name them in opposite order: so each lock is taken
    once, in sorted order.
    """
    return sorted(locks.lock_path(target) for target in set(targets))


def _recovered(files: Iterable[tuple[Path, Path]], call: Syscall) -> Iterator[str]:
    """Recovers what a killed process left of each file (its path, and where that leads).

    Yields a note for each that needed it.
    """
    for path, target in files:
        _drop_former_lock(target)
        if note := atomic.recover_in_place(path, call=call):
            yield note


def _drop_former_lock(target: Path) -> None:
    """Deletes the lock that versions before the first release left beside ``target``."""
    with suppress(OSError):
        target.with_name(f".{target.name}.awsprof.lock").unlink()


class Transaction:
    """The two files while their locks are held; only ``transaction`` creates it.

    ``durability_error`` is set if a disk did not confirm a write.
    """

    def __init__(self, notes: tuple[str, ...], call: Syscall) -> None:
        self.durability_error: DurabilityError | None = None
        self._unread_notes = notes
        self._call = call

    def notes(self) -> tuple[str, ...]:
        """Returns what was recovered from a killed process; empty on later calls."""
        notes, self._unread_notes = self._unread_notes, ()
        return notes

    def read(self, kind: FileKind) -> ConfigFile:
        """Reads the file as it is now."""
        return read_config_file(kind)

    def require_writable(self, kind: FileKind) -> None:
        """Raises FileError if the file could not be rewritten now; changes nothing."""
        path = config_path(kind)
        target = atomic.resolve_links(path)
        problem = _forbidden(target)
        if problem:
            raise problem
        locks.make_private_dir(target.parent)
        atomic.require_replaceable(path)

    def rewrite(
        self, kind: FileKind, change: Callable[[bytes | None], bytes | None]
    ) -> WriteResult:
        """Replaces the file's bytes by what ``change`` returns for its current bytes.

        ``change`` is called again if another program wrote in between. It returns None to delete
        the file; the same bytes write nothing. Raises FileError if it fails; the file is then
        unchanged. The first result also has the notes on what was recovered from a killed process.
        """
        path = config_path(kind)
        problem = _forbidden(atomic.resolve_links(path))
        notes = self.notes()
        for _ in range(_TRIES):
            before = _read_stable(path)
            after = change(before.data)
            if after == before.data:
                return WriteResult(kind, path, before.data, after, notes)
            if problem:
                raise problem
            read_only = _read_only(before.path)
            replaced = self._put(before, after)
            if not replaced.written:
                time.sleep(_SETTLE_S)
                continue
            done = WriteResult(kind, path, before.data, after, (*notes, *read_only))
            return self._merged(done, replaced.late_write, change)
        raise atomic.contended_file_error(path)

    def _put(self, before: Snapshot, after: bytes | None) -> atomic.Replacement:
        if after is None:
            replaced = atomic.remove_file(before, call=self._call)
        else:
            locks.make_private_dir(before.path.parent)
            replaced = atomic.replace_file(before, after, call=self._call)
        self.durability_error = self.durability_error or replaced.durability_error
        return replaced

    def _merged(
        self, done: WriteResult, late: bytes | None, change: Callable[[bytes | None], bytes | None]
    ) -> WriteResult:
        """Applies the change again to what another program wrote into the replaced file."""
        lost = f"Another program wrote {done.path} at the same time, and its change is lost."
        kept = f"Another program wrote {done.path} at the same time; its change is kept."
        while late:
            now = _read_stable(done.path)
            try:
                after = change(late)
                if after == done.after:
                    again = atomic.Replacement(written=True)
                elif now.data == done.after:
                    again = self._put(now, after)
                else:
                    again = atomic.Replacement(written=False)
            except AwsprofError:  # our change does not apply to it, or cannot be written now
                again = atomic.Replacement(written=False)
            if not again.written:
                return replace(done, notes=(*done.notes, lost))
            notes = done.notes if after is None or kept in done.notes else (*done.notes, kept)
            done = replace(done, before=late, after=after, notes=notes)
            late = again.late_write
        return done


def _read_only(path: Path) -> tuple[str, ...]:
    """Returns a note if the file's mode forbids its owner to write; a new file replaces it."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return ()
    if mode & stat.S_IWUSR:
        return ()
    return (f"{path} was changed although it is read-only (mode {mode:04o}); its mode is kept.",)


def _forbidden(target: Path) -> FileError | None:
    """Returns why awsprof does not write the resolved path, whatever the permissions are."""
    try:
        atomic.require_regular_file(target)
    except FileError as exc:
        return exc
    folder = next((place for place in target.parents if place.exists()), target.parent)
    foreign = next((place for place in (target, folder) if _is_foreign(place)), None)
    return None if foreign is None else _foreign(foreign)


def _is_foreign(place: Path) -> bool:
    """True if ``place`` belongs to another user; for root's files, permissions decide.

    Under sudo, HOME may be another user's: files that root writes there would lock that user out.
    """
    if not hasattr(os, "getuid"):
        return False
    try:
        return place.stat().st_uid not in {os.getuid(), 0}
    except OSError:
        return False


def _foreign(place: Path) -> FileError:
    return FileError(
        f"{place} belongs to another user, so awsprof does not write there.",
        "run this as that user, without sudo, or set HOME to your own",
    )
