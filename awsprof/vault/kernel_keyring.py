"""The Linux kernel keyring, by system calls: keeps bytes in memory only, with a timeout.

Keys are in the user keyring, so that all of the user's processes find them. Each has a timeout,
because keys outlive the user's last process. With AWSPROF_KERNEL_KEYRING=session they are in the
session keyring instead and end with the login session. On other systems, and in containers that
block the calls, ``kernel_keyring_works()`` is False and every lookup finds nothing.
Sources: man 2 keyctl, man 7 keyrings.
"""

from __future__ import annotations

import errno
import os
import sys

TYPE_CHECKING = False  # importing it from typing would cost every cache hit 3 ms
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Final, Literal

    PutStatus = Literal["kept", "full", "refused"]

# Numbers of add_key and keyctl by machine and 64-bitness (from each architecture's syscall table).
_GENERIC: Final = (217, 219)
_CALLS: Final = {
    ("x86_64", True): (248, 250),
    ("x86_64", False): (286, 288),
    ("i686", False): (286, 288),
    ("aarch64", True): _GENERIC,
    ("aarch64", False): (309, 311),
    ("armv7l", False): (309, 311),
    ("riscv64", True): _GENERIC,
    ("loongarch64", True): _GENERIC,
    ("ppc64le", True): (269, 271),
    ("s390x", True): (278, 280),
}
_PROCESS_RING: Final = -2
_SESSION_RING: Final = -3
_USER_RING: Final = -4
_GET_RING_ID, _SETPERM, _DESCRIBE, _LINK, _UNLINK, _SEARCH, _READ, _TIMEOUT = (
    0, 5, 6, 8, 9, 10, 11, 15,
)  # fmt: skip
# Everything for the possessor; view, read and search for the same user in another login session,
# which by default can find a key but not read it. Nothing for anyone else, root included.
_PERMISSIONS: Final = 0x3F0B0000
# A big_key takes only 16 bytes of the user's 20,000; not every kernel has the type.
_TYPES: Final = (b"big_key", b"user")


def kernel_keyring_works() -> bool:
    """True if this process can use a kernel keyring."""
    return _keyctl(_GET_RING_ID, _ring(), 1) > 0


def has_big_keys() -> bool:
    """True if the kernel has big_key: then a large payload takes only 16 bytes of the quota."""
    key = _add_key(_TYPES[0], b"awsprof:probe", bytes(2000))
    if key < 0:
        return False
    _keyctl(_UNLINK, key, _PROCESS_RING)
    return True


def is_nearly_full() -> bool:
    """True if the user's quota has no room for another key or another session of 1,500 bytes.

    Source: man 7 keyrings, "/proc/key-users".
    """
    if sys.platform == "win32":
        return False
    try:
        with open("/proc/key-users", encoding="utf-8") as file:  # noqa: PTH123  # pathlib is slow to import
            rows = [line.replace(":", " ").replace("/", " ").split() for line in file]
    except OSError:
        return False
    mine = next((row for row in rows if row[0] == str(os.getuid())), None)
    if mine is None or len(mine) < 8:
        return False
    keys, most_keys, used, most = map(int, mine[4:8])
    return keys >= most_keys or (used + 1500 > most and not has_big_keys())


def _ring() -> int:
    session = os.environ.get("AWSPROF_KERNEL_KEYRING") == "session"
    return _SESSION_RING if session else _USER_RING


def put_key(name: str, payload: bytes, timeout_s: int) -> PutStatus:
    """Stores ``payload`` under ``name`` for ``timeout_s`` seconds, replacing a former one.

    Returns "kept"; "full" if the user's quota is used up; "refused" if the kernel cannot store it
    (no such calls, too large) or no time is left. Unless it is "kept", ``name`` is deleted.
    """
    outcome: PutStatus = "refused"
    if timeout_s > 0:
        for type_ in _TYPES:
            outcome = _put(type_, name, payload, timeout_s)
            if outcome != "refused":
                break
    if outcome != "kept":
        drop_key(name)
    return outcome


def _put(type_: bytes, name: str, payload: bytes, timeout_s: int) -> PutStatus:
    # Create the key in the process keyring, which ends with the process, and link it into the
    # user's only once it has its timeout: a process killed in between leaves nothing behind that
    # never expires. Linking atomically replaces a key of the same name.
    key = _add_key(type_, name.encode(), payload)
    if key < 0:
        return "full" if -key == errno.EDQUOT else "refused"
    steps = (
        (_SETPERM, key, _PERMISSIONS),
        (_TIMEOUT, key, timeout_s),
        (_LINK, key, _ring()),
    )
    failed = next((-result for step in steps if (result := _keyctl(*step)) < 0), 0)
    _keyctl(_UNLINK, key, _PROCESS_RING)
    if failed:
        return "full" if failed == errno.EDQUOT else "refused"
    for other in _TYPES:
        if other != type_:
            _drop(other, name)
    return "kept"


def get_key(name: str) -> bytes | None:
    """Returns the payload under ``name``; None if there is none or it timed out."""
    for type_ in _TYPES:
        key = _search(type_, name)
        if key > 0:
            return _read(key)
    return None


def extend_key(name: str, timeout_s: int) -> None:
    """Restarts the timeout of ``name``; has no effect if we may not change the key."""
    for type_ in _TYPES:
        key = _search(type_, name)
        if key > 0:
            _keyctl(_TIMEOUT, key, timeout_s)


def drop_key(name: str) -> None:
    """Deletes ``name``, if it exists."""
    for type_ in _TYPES:
        _drop(type_, name)


def key_names(prefix: str) -> tuple[str, ...]:
    """Returns the sorted names that start with ``prefix``, without timed-out keys."""
    return tuple(sorted({name for name in _names() if name.startswith(prefix)}))


def _names() -> Iterator[str]:
    ring = _read(_ring()) or b""
    for start in range(0, len(ring), 4):
        key = int.from_bytes(ring[start : start + 4], sys.byteorder, signed=True)
        about = _read_buffer(_DESCRIBE, key)  # type;uid;gid;permissions;name
        parts = (about or b"").rstrip(b"\0").split(b";", 4)
        if len(parts) == 5 and parts[0] in _TYPES:
            yield parts[4].decode(errors="replace")


def _drop(type_: bytes, name: str) -> None:
    key = _search(type_, name)
    if key > 0:
        _keyctl(_UNLINK, key, _ring())


def _search(type_: bytes, name: str) -> int:
    return _keyctl(_SEARCH, _ring(), type_, name.encode(), 0)


def _read(key: int) -> bytes | None:
    return _read_buffer(_READ, key)


def _read_buffer(operation: int, key: int) -> bytes | None:
    """Returns the output of ``operation`` on ``key``, in a buffer that grows; None on errors."""
    from awsprof.vault import libc

    size = 4096  # nearly always enough: one call
    while True:
        output = libc.buffer(size)
        length = _keyctl(operation, key, output, size)
        if length < 0:
            return None
        if length <= size:
            return bytes(output.raw[:length])
        size = length


def _add_key(type_: bytes, name: bytes, payload: bytes) -> int:
    return _call(0, type_, name, payload, len(payload), _PROCESS_RING)


def _keyctl(operation: int, *arguments: Any) -> int:
    return _call(1, operation, *arguments)


def _call(which: int, *arguments: Any) -> int:
    """Returns the system call's result, or the negative errno, as the kernel returns it."""
    if sys.platform != "linux":
        return -errno.ENOSYS
    numbers = _CALLS.get((os.uname().machine, sys.maxsize > 2**32))
    if numbers is None:
        return -errno.ENOSYS
    from awsprof.vault import libc

    return libc.call_libc("syscall", numbers[which], *arguments)
