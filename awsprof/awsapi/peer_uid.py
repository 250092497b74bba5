"""Whose process is at the other end of a connection over loopback, where the system tells it.

Addresses that a browser is started with stand in the list of processes, where every user of the
machine can read them; so knowing the address must not be enough. Linux lists every TCP socket with
its owner in /proc/net/tcp (Documentation/networking/proc_net_tcp in the kernel's source).
"""

import os
import socket
import sys
from pathlib import Path
from typing import Final

_TABLES: Final = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_MAPPED: Final = b"\0" * 10 + b"\xff\xff"  # an IPv6 socket that speaks IPv4
_LOCAL, _REMOTE, _UID, _INODE = 1, 2, 7, 9  # columns


def can_tell_peer() -> bool:
    """Whether this system says whose a socket is."""
    return sys.platform == "linux" and os.access(_TABLES[0], os.R_OK)


def peer_uid(client: tuple[str, int], server: tuple[str, int]) -> int | None:
    """The user id of whoever connected from ``client`` to ``server``, both of this machine.

    None where no process holds such a socket any more, or none on this side of a virtual machine.
    """
    for table, prefix in zip(_TABLES, (b"", _MAPPED), strict=True):
        wanted = _column(client, prefix), _column(server, prefix)
        try:
            lines = table.read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            columns = line.split()
            # Sockets that nobody holds any more are listed as root's, with no inode.
            if (columns[_LOCAL], columns[_REMOTE]) == wanted and columns[_INODE] != "0":
                return int(columns[_UID])
    return None


def user_name(uid: int) -> str:
    """The user's name with the id, as people know them."""
    if sys.platform == "win32":
        return str(uid)
    import pwd

    try:
        return f"{pwd.getpwuid(uid).pw_name} (user id {uid})"
    except KeyError:
        return f"user id {uid}"


def _column(address: tuple[str, int], prefix: bytes) -> str:
    """An address as the tables have it: words of 32 bits, each in the machine's byte order."""
    packed = prefix + socket.inet_aton(address[0])
    words = (packed[at : at + 4] for at in range(0, len(packed), 4))
    text = "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words)
    return f"{text}:{address[1]:04X}"
