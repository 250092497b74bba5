"""The Linux kernel's keyring, by system calls: bytes that stand on no disk and time out.

A key hangs in the user's keyring, so all of the user's processes find it, login or not. It always
has a time-out, since keys outlive the user's last process. With AWSPROF_KERNEL_KEYRING=session it
hangs in the session keyring instead, and ends with the login session. Nothing here knows what a
payload means. Elsewhere than on Linux, and where a container refuses the calls, ``available()`` is
False and every call answers as if nothing were kept. (man 2 keyctl, man 7 keyrings)
"""

from __future__ import annotations

import errno
import os
import sys

TYPE_CHECKING = False  # as typing's own, without its three milliseconds on the way of every hit
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Final, Literal

    Outcome = Literal["kept", "full", "refused"]

# add_key and keyctl, by machine and width of the program (from each architecture's syscall table).
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
# All for who possesses the key; view, read and search for the same user in another login session,
# who by default may find a key but not read it. Nobody else, root included, may do anything.
_PERMISSIONS: Final = 0x3F0B0000
# A big_key counts 16 bytes of the user's 20,000; not every kernel has the type.
_TYPES: Final = (b"big_key", b"user")


def kernel_keyring_works() -> bool:
    """Whether this kernel keeps keys for this process."""
    return _keyctl(_GET_RING_ID, _ring(), 1) > 0


def has_big_keys() -> bool:
    """Whether large payloads count 16 bytes of the quota here, and not all of theirs."""
    key = _add_key(_TYPES[0], b"awsprof:probe", bytes(2000))
    if key < 0:
        return False
    _keyctl(_UNLINK, key, _PROCESS_RING)
    return True


def is_nearly_full() -> bool:
    """Whether the user's quota has no room for one more session of 1,500 bytes, or one more key.

    Source: man 7 keyrings, "/proc/key-users".
    """
    try:
        with open("/proc/key-users", encoding="utf-8") as file:  # noqa: PTH123  # as elsewhere here
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


def put_key(name: str, payload: bytes, timeout_s: int) -> Outcome:
    """Keep ``payload`` under ``name`` for ``timeout_s`` seconds, in place of what was there.

    "full": the user's quota is used up. "refused": the kernel does not keep it (no such calls, or
    too large), or no time is left; what was there under that name is then gone too.
    """
    outcome: Outcome = "refused"
    if timeout_s > 0:
        for type_ in _TYPES:
            outcome = _put(type_, name, payload, timeout_s)
            if outcome != "refused":
                break
    if outcome != "kept":
        drop_key(name)
    return outcome


def _put(type_: bytes, name: str, payload: bytes, timeout_s: int) -> Outcome:
    # It is made in the process's own keyring, which dies with the process, and is linked into the
    # user's only when it has its time-out: killed in between, we leave nothing that stays for
    # ever. The link takes the place of a key of the same name in one step.
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
    """What is kept under ``name``; None where there is nothing, or its time is over."""
    for type_ in _TYPES:
        key = _search(type_, name)
        if key > 0:
            return _read(key)
    return None


def extend_key(name: str, timeout_s: int) -> None:
    """Keep ``name`` for so long from now on; as long as before where it is not ours to change."""
    for type_ in _TYPES:
        key = _search(type_, name)
        if key > 0:
            _keyctl(_TIMEOUT, key, timeout_s)


def drop_key(name: str) -> None:
    """Forget ``name``; nothing happens where it is not kept."""
    for type_ in _TYPES:
        _drop(type_, name)


def key_names(prefix: str) -> tuple[str, ...]:
    """The names that begin with ``prefix``, in no order; those whose time is over are left out."""
    return tuple(sorted({name for name in _names() if name.startswith(prefix)}))


def _names() -> Iterator[str]:
    ring = _read(_ring()) or b""
    for start in range(0, len(ring), 4):
        key = int.from_bytes(ring[start : start + 4], sys.byteorder, signed=True)
        about = _filled(_DESCRIBE, key)  # type;uid;gid;permissions;name
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
    return _filled(_READ, key)


def _filled(operation: int, key: int) -> bytes | None:
    """What ``operation`` writes of ``key``; asked again where it grew meanwhile."""
    import ctypes

    size = 4096  # nearly always enough: one call
    while True:
        buffer = ctypes.create_string_buffer(size)
        length = _keyctl(operation, key, buffer, size)
        if length < 0:
            return None
        if length <= size:
            return buffer.raw[:length]
        size = length


def _add_key(type_: bytes, name: bytes, payload: bytes) -> int:
    return _call(0, type_, name, payload, len(payload), _PROCESS_RING)


def _keyctl(operation: int, *arguments: Any) -> int:
    return _call(1, operation, *arguments)


def _call(which: int, *arguments: Any) -> int:
    """The call's result, or the error's number below zero, as the kernel itself returns it."""
    if sys.platform != "linux":
        return -errno.ENOSYS
    numbers = _CALLS.get((os.uname().machine, sys.maxsize > 2**32))
    if numbers is None:
        return -errno.ENOSYS
    import ctypes

    syscall = ctypes.CDLL(None, use_errno=True).syscall
    syscall.restype = ctypes.c_long
    plain = (ctypes.c_long(a) if isinstance(a, int) else a for a in arguments)
    result: int = syscall(ctypes.c_long(numbers[which]), *plain)
    return result if result >= 0 else -ctypes.get_errno()
