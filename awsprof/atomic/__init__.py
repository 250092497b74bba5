"""Replace a file safely: what every file of ours and of AWS's is written by.

files.py reads, and says in plain words why a file cannot be read or written; temporary.py makes the
new file beside the old one; replacement.py puts it in its place; writers.py tells who else is at
it; inplace.py writes the files that cannot be renamed over; trial.py tells beforehand whether a
file could be written. Locks are the caller's business, and what the bytes mean is nobody's here.
"""

from awsprof.atomic.files import Call, Snapshot, direct, looks, read, resolved, snapshot
from awsprof.atomic.inplace import recover
from awsprof.atomic.replacement import Replaced, remove, replace, restless, write
from awsprof.atomic.temporary import sweep_folder, sync_folder
from awsprof.atomic.trial import require_writable

__all__ = [
    "Call",
    "Replaced",
    "Snapshot",
    "direct",
    "looks",
    "read",
    "recover",
    "remove",
    "replace",
    "require_writable",
    "resolved",
    "restless",
    "snapshot",
    "sweep_folder",
    "sync_folder",
    "write",
]
