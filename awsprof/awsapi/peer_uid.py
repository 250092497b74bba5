"""The user at the other end of a loopback connection, if the system tells it.

The browser's arguments are in the process list, which every user can read, so knowing the URL must
not be enough. Linux answers for one TCP socket over netlink (man 7 sock_diag), in 0.1 ms, and lists
all of them in /proc/net/tcp (Documentation/networking/proc_net_tcp in its source), which takes 10
ms and more: where netlink does not answer, that list does.
"""

import os
import socket
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

_TABLES: Final = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_MAPPED: Final = b"\0" * 10 + b"\xff\xff"  # the prefix of an IPv4-mapped IPv6 address
_LOCAL, _REMOTE, _UID, _INODE = 1, 2, 7, 9  # columns
_SOCK_DIAG, _BY_FAMILY, _REQUEST = 4, 20, 1  # linux/netlink.h, linux/sock_diag.h
_HEADER: Final = struct.Struct("=IHHII")  # nlmsghdr: length, type, flags, sequence, port
_ASKED: Final = struct.Struct("=4BI2s2s16s16sI8s")  # inet_diag_req_v2, with inet_diag_sockid
_ANSWER: Final = struct.Struct("=4B48x3III")  # inet_diag_msg: uid and inode are its last fields
_ALL_STATES, _ANY_COOKIE = 0xFFFFFFFF, b"\xff" * 8


def can_tell_peer() -> bool:
    """Returns True if the system tells which user owns a socket."""
    return sys.platform == "linux" and os.access(_TABLES[0], os.R_OK)


def peer_uid(client: tuple[str, int], server: tuple[str, int]) -> int | None:
    """Returns the user ID that owns the connection from ``client`` to ``server``, both loopback.

    None if no process holds the socket any more, or if it is outside this virtual machine.
    """
    uid = _uid_by_netlink(client, server)
    return _uid_in_tables(client, server) if uid is None else uid


def _uid_by_netlink(client: tuple[str, int], server: tuple[str, int]) -> int | None:
    """Asks the kernel for that one socket; None if it does not answer or nobody holds it."""
    if sys.platform != "linux":
        return None
    ports = (port.to_bytes(2, "big") for _, port in (client, server))
    hosts = (socket.inet_aton(host).ljust(16, b"\0") for host, _ in (client, server))
    tcp = (socket.AF_INET, socket.IPPROTO_TCP, 0, 0, _ALL_STATES)
    asked = _ASKED.pack(*tcp, *ports, *hosts, 0, _ANY_COOKIE)
    header = _HEADER.pack(_HEADER.size + len(asked), _BY_FAMILY, _REQUEST, 1, 0)
    with suppress(OSError, struct.error):  # an old kernel, a sandbox
        with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _SOCK_DIAG) as kernel:
            kernel.settimeout(1)
            kernel.send(header + asked)
            answer = kernel.recv(4096)
        if _HEADER.unpack_from(answer)[1] == _BY_FAMILY:
            *_, uid, inode = _ANSWER.unpack_from(answer, _HEADER.size)
            return int(uid) if inode else None
    return None


def _uid_in_tables(client: tuple[str, int], server: tuple[str, int]) -> int | None:
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
    """Returns "NAME (user ID UID)", or "user ID UID" if the user has no name."""
    if sys.platform == "win32":
        return str(uid)
    import pwd

    try:
        return f"{pwd.getpwuid(uid).pw_name} (user ID {uid})"
    except KeyError:
        return f"user ID {uid}"


def _column(address: tuple[str, int], prefix: bytes) -> str:
    """Formats an address as /proc/net/tcp does: 32-bit words in the machine's byte order."""
    packed = prefix + socket.inet_aton(address[0])
    words = (packed[at : at + 4] for at in range(0, len(packed), 4))
    text = "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words)
    return f"{text}:{address[1]:04X}"
