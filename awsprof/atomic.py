"""Replace a file safely: what every file of ours and of AWS's is written by.

The order is: a temporary file in the target's own folder, written and synced; the target compared
once more; the rename; the folder synced. At every point the target is the old file or the new one.
A target that cannot be renamed over (a bind mount, a hard link) is written in place, with its old
bytes in a journal beside it until that is done. Locks are the caller's business.
"""

import contextlib
import errno
import os
import stat
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from awsprof.errors import FileProblem, NotDurable

_TEMPORARY: Final = ".awsprof-tmp-"
_JOURNAL: Final = ".awsprof-journal-"


class Outcome(Enum):
    """What came of a replacement."""

    WRITTEN = "written"
    CHANGED = "another program wrote in between; nothing was replaced"
    LATE = "written, while another program wrote into the old file at the same time"


@dataclass(frozen=True)
class Snapshot:
    """A file at one moment: its bytes (None: there was none) and which file it was."""

    path: Path
    data: bytes | None
    identity: tuple[int, int] | None = None


class System:
    """The calls into the operating system, in one place, so that each can be made to fail."""

    write = staticmethod(os.write)
    fsync = staticmethod(os.fsync)
    replace = staticmethod(os.replace)
    ftruncate = staticmethod(os.ftruncate)
    link_count = staticmethod(lambda status: status.st_nlink)

    @staticmethod
    def sync_folder(folder: Path) -> None:
        """Make a rename in ``folder`` durable; Windows has no such call."""
        if sys.platform == "win32":
            return
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


SYSTEM: Final = System()


def read(path: Path) -> bytes | None:
    """The bytes of a file; None where there is none. FileProblem where it cannot be read."""
    return snapshot(path).data


def snapshot(path: Path) -> Snapshot:
    """The file that ``path`` leads to now, through symlinks; a dangling one counts as missing."""
    target = resolved(path)
    try:
        with target.open("rb") as file:
            status = os.fstat(file.fileno())
            return Snapshot(target, file.read(), (status.st_dev, status.st_ino))
    except FileNotFoundError:
        return Snapshot(target, None)
    except OSError as exc:
        raise unreadable(path, exc) from exc


def resolved(path: Path) -> Path:
    """Where ``path`` leads, symlinks followed. FileProblem where they lead in a circle."""
    try:
        return Path(os.path.realpath(path, strict=False))
    except OSError as exc:
        raise unreadable(path, exc) from exc


def unreadable(path: Path, exc: OSError) -> FileProblem:
    """The FileProblem of a file that cannot be read."""
    mend = {
        errno.EACCES: f"make it yours to read: chmod u+r {path}",
        errno.EISDIR: "it is a folder: move it away",
        errno.ELOOP: "its symlinks lead in a circle: mend them",
    }
    return FileProblem(
        f"{path} cannot be read: {exc.strerror}.", mend.get(exc.errno or 0, "check the file")
    )


def unwritable(path: Path, exc: OSError) -> FileProblem:
    """The FileProblem of a file that cannot be written; it holds what it held."""
    mend = {
        errno.ENOSPC: "make room on the disk, then run this again",
        errno.EDQUOT: "make room in your quota, then run this again",
        errno.EACCES: f"make its folder yours to write: chmod u+w {path.parent}",
        errno.EPERM: f"make its folder yours to write: {path.parent}",
        errno.EROFS: "the disk is read-only: change the file where it comes from",
    }
    return FileProblem(
        f"{path} could not be written: {exc.strerror}. It holds what it held before.",
        mend.get(exc.errno or 0, "mend that, then run this again"),
    )


def write(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Replace a file of ours: ``mode`` for it, 0700 for folders that are missing."""
    make_folder(path.parent)
    replace(Snapshot(resolved(path), None), data, mode=mode, compare=False)


def make_folder(folder: Path) -> None:
    """``folder`` and those above it, each 0700 where it is made now."""
    try:
        missing = [p for p in (folder, *folder.parents) if not p.exists()]
        for path in reversed(missing):
            with contextlib.suppress(FileExistsError):
                path.mkdir(mode=0o700)
    except OSError as exc:
        raise FileProblem(
            f"The folder {folder} cannot be made: {exc.strerror}.", "check who owns the one above"
        ) from exc


def replace(
    before: Snapshot,
    data: bytes,
    *,
    mode: int = 0o600,
    compare: bool = True,
    system: System = SYSTEM,
) -> Outcome:
    """Put ``data`` in the place of the file that ``before`` saw; owner, mode and xattrs stay.

    With ``compare`` nothing is replaced where the file is another one, or holds other bytes, than
    ``before`` (Outcome.CHANGED). FileProblem: it could not be written, and holds what it held.
    NotDurable: written, but the disk did not confirm it.
    """
    target = before.path
    try:
        status = target.stat()
    except FileNotFoundError:
        status = None
    except OSError as exc:
        raise unwritable(target, exc) from exc
    if status is not None and system.link_count(status) > 1:
        return _in_place(before, data, compare, system)
    temporary = _temporary(target, data, status, mode, system)
    try:
        return _rename(temporary, before, data, compare, system)
    except OSError as exc:
        if exc.errno in {errno.EBUSY, errno.EXDEV}:
            return _in_place(before, data, compare, system)
        raise unwritable(target, exc) from exc
    finally:
        temporary.unlink(missing_ok=True)


def _temporary(
    target: Path, data: bytes, status: os.stat_result | None, mode: int, system: System
) -> Path:
    """A synced file beside ``target`` with ``data``, and with owner, mode and xattrs of the old."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=f"{_TEMPORARY}{os.getpid()}-", dir=target.parent)
    except OSError as exc:
        raise unwritable(target, exc) from exc
    temporary = Path(name)
    try:
        try:
            _write_all(descriptor, data, system)
            if status is not None:
                _keep_looks(target, temporary, descriptor, status)
            elif sys.platform != "win32":
                os.fchmod(descriptor, mode)
            system.fsync(descriptor)
        finally:
            os.close(descriptor)
    except BaseException as exc:
        temporary.unlink(missing_ok=True)
        if isinstance(exc, OSError):
            raise unwritable(target, exc) from exc
        raise
    return temporary


def _write_all(descriptor: int, data: bytes, system: System) -> None:
    view = memoryview(data)
    while view:
        view = view[system.write(descriptor, view) :]


def _keep_looks(target: Path, temporary: Path, descriptor: int, old: os.stat_result) -> None:
    if sys.platform == "win32":
        return
    new = os.fstat(descriptor)
    if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
        os.fchown(descriptor, old.st_uid, old.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(old.st_mode))
    if sys.platform == "linux":
        for name in os.listxattr(target):
            # A label that only the system may set is set by it.
            with contextlib.suppress(OSError):
                os.setxattr(temporary, name, os.getxattr(target, name))


def _same(before: Snapshot, now: Snapshot) -> bool:
    return now.data == before.data and now.identity == before.identity


def _rename(
    temporary: Path, before: Snapshot, data: bytes, compare: bool, system: System
) -> Outcome:
    target = before.path
    old = None
    try:
        if compare:
            with contextlib.suppress(FileNotFoundError):
                old = os.open(target, os.O_RDONLY)
            if not _same(before, _of_descriptor(target, old)):
                return Outcome.CHANGED
        system.replace(temporary, target)
        _confirm(target, lambda: system.sync_folder(target.parent))
        late = old is not None and _of_descriptor(target, old).data != before.data
        return Outcome.LATE if late else Outcome.WRITTEN
    finally:
        if old is not None:
            os.close(old)


def _of_descriptor(target: Path, descriptor: int | None) -> Snapshot:
    if descriptor is None:
        return Snapshot(target, None)
    status = os.fstat(descriptor)
    os.lseek(descriptor, 0, os.SEEK_SET)
    chunks = []
    while chunk := os.read(descriptor, 1 << 20):
        chunks.append(chunk)
    return Snapshot(target, b"".join(chunks), (status.st_dev, status.st_ino))


def _confirm(target: Path, sync: Callable[[], None]) -> None:
    try:
        sync()
    except OSError as exc:
        raise NotDurable(
            f"{target} is written, but the disk did not confirm it: {exc.strerror}.",
            "check the disk; after a power cut look at the file again",
        ) from exc


# In place: for a file that several names share, or that is mounted by itself. A journal beside it
# (0600) holds the old and the new bytes until that is done.


def _journal(target: Path) -> Path:
    return target.with_name(f"{_JOURNAL}{target.name}")


def _in_place(before: Snapshot, data: bytes, compare: bool, system: System) -> Outcome:
    """Write into the file itself; a killed or failed write is mended from the journal."""
    target = before.path
    now = snapshot(target)
    if compare and not _same(before, now):
        return Outcome.CHANGED
    old = now.data or b""
    journal = _journal(target)
    text = b"%d %d\n%b%b" % (len(old), len(data), old, data)
    temporary = _temporary(journal, text, None, 0o600, system)
    try:
        system.replace(temporary, journal)
        system.sync_folder(journal.parent)
    except OSError as exc:
        temporary.unlink(missing_ok=True)
        journal.unlink(missing_ok=True)
        raise unwritable(target, exc) from exc
    try:
        _overwrite(target, data, system)
    except OSError as exc:
        with contextlib.suppress(OSError):  # else the journal stays, for recover()
            _overwrite(target, old, SYSTEM)
            journal.unlink()
        raise unwritable(target, exc) from exc
    journal.unlink()
    return Outcome.WRITTEN


def _overwrite(target: Path, data: bytes, system: System) -> None:
    descriptor = os.open(target, os.O_WRONLY)
    try:
        _write_all(descriptor, data, system)
        system.ftruncate(descriptor, len(data))
        system.fsync(descriptor)
    finally:
        os.close(descriptor)


def recover(path: Path) -> str | None:
    """Finish what a killed process left: a half write in place, stale temporary files.

    To be called under the lock that guards ``path``. The sentence to tell the person, if any.
    """
    target = resolved(path)
    _sweep(target.parent)
    journal = _journal(target)
    text = read(journal)
    if text is None:
        return None
    old, new = _parsed(text)
    now = read(target) or b""
    if now in {old, new}:
        journal.unlink()
        return None
    differs = (i for i, (a, b) in enumerate(zip(now, new, strict=False)) if a != b)
    done = next(differs, min(len(now), len(new)))
    if now[done:] != old[done:]:  # somebody wrote since: both texts are worth keeping
        saved = target.with_name(f"{target.name}.before-{os.getpid()}")
        write(saved, old)
        journal.unlink()
        return f"{path} was written by another program since; its former text is in {saved}."
    try:
        _overwrite(target, old, SYSTEM)
        journal.unlink()
    except OSError as exc:
        raise unwritable(target, exc) from exc
    return f"{path} was left half written; it has its former text again."


def _parsed(text: bytes) -> tuple[bytes, bytes]:
    head, _, body = text.partition(b"\n")
    length = int(head.split()[0])
    return body[:length], body[length:]


def _sweep(folder: Path) -> None:
    with contextlib.suppress(OSError):
        for stale in folder.glob(f"{_TEMPORARY}*"):
            pid = stale.name.removeprefix(_TEMPORARY).split("-")[0]
            if not pid.isdigit() or not _alive(int(pid)):
                stale.unlink(missing_ok=True)


def _alive(pid: int) -> bool:
    if sys.platform == "win32":
        return True  # asking would mean a call that ends the process there
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
