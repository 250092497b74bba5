"""Check whether a file could be written now, without changing it.

Something that cannot be obtained twice (a new access key's secret) is only requested if it can be
stored. The check writes a temporary file beside the target and deletes it.
"""

import errno
import os
from pathlib import Path

from awsprof.atomic import temp_files
from awsprof.atomic.snapshot import (
    BINARY,
    Syscall,
    call_directly,
    read_file,
    require_regular_file,
    resolve_links,
    unwritable_error,
)

_MARGIN = 1024  # bytes that the new text may be longer than the old


def require_replaceable(path: Path, *, call: Syscall = call_directly) -> None:
    """Raises the FileError that replacing ``path`` would raise, if it would fail.

    The caller holds the lock of ``path``, and its folder exists.
    """
    target = resolve_links(path)
    status = require_regular_file(target)
    in_place = status is not None and (
        status.st_nlink > 1 or status.st_dev != target.parent.stat().st_dev
    )
    if not in_place:
        text = (read_file(target) or b"") + b"#" * _MARGIN
        try:
            temp_files.discard_temp_file(
                temp_files.make_temp_file(target, text, status, mode=0o600, call=call)
            )
        except temp_files.OwnerLost:
            in_place = True
    if status is not None:
        _try_to_open(target, in_place=in_place)


def is_folder_writable(folder: Path) -> bool:
    """True if a file can be created in ``folder``, or in the nearest parent that exists."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return os.access(folder, os.W_OK | os.X_OK)


def _try_to_open(target: Path, *, in_place: bool) -> None:
    """Opens the file itself for writing; its mode does not matter if it is renamed over."""
    try:
        os.close(os.open(target, os.O_RDWR | BINARY))
    except OSError as exc:
        if in_place or exc.errno != errno.EACCES:
            raise unwritable_error(target, exc) from exc
