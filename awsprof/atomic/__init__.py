"""Safe file replacement: every file of ours and of AWS's is written by this package.

snapshot.py reads files and explains why one cannot be read or written; temp_files.py creates the
new file beside the old one; replace.py puts it in place; lease.py detects other writers,
windows_sharing.py waits for readers on Windows; inplace.py writes files that cannot be renamed
over; write_access.py checks beforehand whether a file could be written. Callers hold the locks; the
content of the files is not interpreted here.
"""

from awsprof.atomic.inplace import recover_in_place
from awsprof.atomic.replace import (
    Replacement,
    contended_file_error,
    remove_file,
    replace_file,
    write_file,
)
from awsprof.atomic.snapshot import (
    Snapshot,
    Syscall,
    call_directly,
    is_link_loop,
    read_file,
    refuse_endless,
    require_regular_file,
    resolve_links,
    snapshot_between_writes,
    take_snapshot,
)
from awsprof.atomic.temp_files import sweep_folders, sync_folder
from awsprof.atomic.write_access import is_folder_writable, require_replaceable

__all__ = [
    "Replacement",
    "Snapshot",
    "Syscall",
    "call_directly",
    "contended_file_error",
    "is_folder_writable",
    "is_link_loop",
    "read_file",
    "recover_in_place",
    "refuse_endless",
    "remove_file",
    "replace_file",
    "require_regular_file",
    "require_replaceable",
    "resolve_links",
    "snapshot_between_writes",
    "sweep_folders",
    "sync_folder",
    "take_snapshot",
    "write_file",
]
