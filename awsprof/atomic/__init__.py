"""Replace a file safely: what every file of ours and of AWS's is written by.

files.py reads, and says in plain words why a file cannot be read or written; temporary.py makes the
new file beside the old one; replacement.py puts it in its place; writers.py tells who else is at
it; inplace.py writes the files that cannot be renamed over; trial.py tells beforehand whether a
file could be written. Locks are the caller's business, and what the bytes mean is nobody's here.
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
    read_file,
    require_regular_file,
    resolve_links,
    take_snapshot,
)
from awsprof.atomic.temp_files import sweep_folder, sync_folder
from awsprof.atomic.write_access import require_replaceable

__all__ = [
    "Replacement",
    "Snapshot",
    "Syscall",
    "call_directly",
    "contended_file_error",
    "read_file",
    "recover_in_place",
    "remove_file",
    "replace_file",
    "require_regular_file",
    "require_replaceable",
    "resolve_links",
    "sweep_folder",
    "sync_folder",
    "take_snapshot",
    "write_file",
]
