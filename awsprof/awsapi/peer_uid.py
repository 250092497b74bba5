"""The user at the other end of a loopback connection, if the system tells it.

The browser's arguments are in the process list, which every user can read, so knowing the URL must
not be enough. Linux lists each TCP socket with its owner in /proc/net/tcp
(Documentation/networking/proc_net_tcp in the kernel's source).
"""

import os
import socket
import sys
from pathlib import Path
from typing import Final

_TABLES: Final = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_MAPPED: Final = b"\0" * 10 + b"\xff\xff"  # the prefix of an IPv4-mapped IPv6 address
_LOCAL, _REMOTE, _UID, _INODE = 1, 2, 7, 9  # columns


def can_tell_peer() -> bool:
    """Return True if the system tells which user owns a socket."""
    return sys.platform == "linux" and os.access(_TABLES[0], os.R_OK)


def peer_uid(client: tuple[str, int], server: tuple[str, int]) -> int | None:
    """Return the user id that owns the connection from ``client`` to ``server``, both loopback.

    None if no process holds the socket any more, or if it is outside this virtual machine.
    """
    for table, prefix in zip(_TABLES, (b"", _MAPPED), strict=True):
        wanted = _column(client, prefix), _column(server, prefix)
        try:
            lines = table.read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            columns = line.split()
            # A socket that no process holds any more is listed as root's, with inode 0.
            if (columns[_LOCAL], columns[_REMOTE]) == wanted and columns[_INODE] != "0":
                return int(columns[_UID])
    return None


def user_name(uid: int) -> str:
    """Return "NAME (user id UID)", or "user id UID" if the user has no name."""
    if sys.platform == "win32":
        return str(uid)
    import pwd

    try:
        return f"{pwd.getpwuid(uid).pw_name} (user id {uid})"
    except KeyError:
        return f"user id {uid}"


def _column(address: tuple[str, int], prefix: bytes) -> str:
    """Format an address as /proc/net/tcp does: 32-bit words in the machine's byte order."""
    packed = prefix + socket.inet_aton(address[0])
    words = (packed[at : at + 4] for at in range(0, len(packed), 4))
    text = "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words)
    return f"{text}:{address[1]:04X}"
