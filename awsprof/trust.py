"""Checks that only this user or root can change a file, before anything in it is run.

A file that names a command, and that command's program, are only as safe as the weakest folder on
their path: with write access to a parent folder, one can replace the file. So this module checks
owner and write bits of the file, of each parent folder, and of each symlink and its target, as sshd
does for authorized_keys (sshd(8), StrictModes).

Root may write everything, and so may root's groups and groups with no member but this user (Debian
and Fedora give every user such a group, with a umask of 002). Windows is not checked: its file
modes do not say who may write.
"""

import os
import stat
import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from awsprof import paths
from awsprof.errors import FileError
from awsprof.shells import shell_word

_LINKS: Final = 40  # as many as Linux follows
_ROOT: Final = 0
_ADMIN_OF_MACOS: Final = 80  # group admin: its members can become root
_OVERFLOW: Final = 65534  # the uid of users that a user namespace does not map
# Programs that run a file argument, executable or not.
_SHELLS: Final = ("sh", "bash", "zsh", "dash", "ksh", "fish", "pwsh")
_LANGUAGES: Final = ("python", "pypy", "node", "ruby", "perl", "php")
_LAUNCHERS: Final = ("env", "sudo", "nice", "timeout", "nohup", "stdbuf", "xargs")
_RUNNING: Final = frozenset({*_SHELLS, *_LANGUAGES, *_LAUNCHERS})


@dataclass(frozen=True)
class Weakness:
    """A path that somebody else can change: why, and the command that fixes it."""

    place: Path
    reason: str
    fix: str

    def __str__(self) -> str:
        return f"{shell_word(str(self.place))} {self.reason}"


def find_weakness(file: str | Path) -> Weakness | None:
    """Returns the first path on the way to ``file`` that others can change; None if there is none.

    For a missing file, its folder counts.
    """
    if sys.platform == "win32":
        return None
    return _walk(os.path.join(_current_folder(), file), 0)  # noqa: PTH118  # keeps links and ".."


def find_foreign_data() -> Weakness | None:
    """Returns the part of awsprof's own data that belongs to another user; None if all is ours.

    Its owner decides what the vault holds, and what undo writes.
    """
    if sys.platform == "win32":
        return None
    places = paths.own_data()
    for place in places:
        with suppress(OSError):  # missing, or not readable by us
            found = _foreign_owner(place, place.stat())
            if found is not None:
                me = os.geteuid()
                take = f"chown -R {shell_word(_user(me))} {shell_word(str(places[0]))}"
                fix = f"{found.fix}; or take it over: {take}"
                return replace(
                    found,
                    fix=fix if me == _ROOT else f"check its content, then run: sudo {take}",
                )
    return None


def require_own_data() -> None:
    """Raises FileError if awsprof's own data belongs to another user."""
    found = find_foreign_data()
    if found is not None:
        raise FileError(f"{found}, so awsprof does not use it.", found.fix)


def find_command_weakness(words: list[str], program: str) -> Weakness | None:
    """Checks a command: its program, and the scripts among its arguments."""
    found = find_weakness(program)
    if found is not None:
        return found
    name = os.path.basename(program).rstrip("0123456789.")  # noqa: PTH119  # text
    runs_any = name in _RUNNING
    for text in words[1:]:
        if _is_file(text) and (runs_any or os.access(text, os.X_OK)):
            found = find_weakness(text)
            if found is not None:
                return found
    return None


def _current_folder() -> str:
    try:
        return os.getcwd()  # noqa: PTH109  # text
    except OSError:  # it was removed: no relative path resolves
        return "/"


def _is_file(text: str) -> bool:
    try:
        return os.path.isfile(text)  # noqa: PTH113  # Path's raises for odd names
    except ValueError:
        return False


def _walk(path: str, links: int) -> Weakness | None:
    place = Path("/")
    parts = Path(path).parts[1:]
    found = _weakness_at(place, os.lstat(place))
    for number, part in enumerate(parts):
        if found is not None:
            return found
        if part == "..":  # in a link's target: the parent of a resolved folder
            place = place.parent
            continue
        place = place / part
        try:
            status = os.lstat(place)
        except OSError:  # missing, or not readable by us
            return None
        if not stat.S_ISLNK(status.st_mode):
            found = _weakness_at(place, status)
            continue
        found = _foreign_owner(place, status)
        if found is None and links < _LINKS:
            target = os.path.join(place.parent, os.readlink(place), *parts[number + 1 :])  # noqa: PTH115, PTH118
            return _walk(target, links + 1)
    return found


def _weakness_at(place: Path, status: os.stat_result) -> Weakness | None:
    weakness = _foreign_owner(place, status)
    if weakness is not None:
        return weakness
    mode = status.st_mode
    if stat.S_ISDIR(mode) and mode & stat.S_ISVTX:
        return None  # others may add files, but remove only their own
    if mode & stat.S_IWOTH:
        return Weakness(place, "is writable by every user", _chmod_command(place, status, "o-w"))
    if mode & stat.S_IWGRP and not _is_ours_alone(status.st_gid, place):
        reason = f"is writable by the group {_group(status.st_gid)}"
        return Weakness(place, reason, _chmod_command(place, status, "g-w"))
    return None


def _foreign_owner(place: Path, status: os.stat_result) -> Weakness | None:
    if sys.platform == "win32":
        return None
    owner, me = status.st_uid, os.geteuid()
    if owner in {me, _ROOT} or _is_unknown(owner):
        return None
    name = _user(owner)
    if me == _ROOT:
        return Weakness(place, f"belongs to {name}, not to root", f"run this as {name}")
    fix = (
        f"check its content, then run: sudo chown {shell_word(_user(me))} {shell_word(str(place))}"
    )
    return Weakness(place, f"belongs to {name}", fix)


def _chmod_command(place: Path, status: os.stat_result, bits: str) -> str:
    if sys.platform == "win32":
        return ""
    if _is_windows_drive(place):
        return (
            "WSL shows every Windows file like this: move it out of /mnt, or set"
            ' options = "metadata,umask=077" under [automount] in /etc/wsl.conf'
        )
    sudo = "" if status.st_uid == os.geteuid() else "sudo "
    return f"{sudo}chmod {bits} {shell_word(str(place))}"


def _is_windows_drive(place: Path) -> bool:
    in_wsl = bool(os.environ.get("WSL_DISTRO_NAME"))
    return in_wsl and place.parts[:2] == ("/", "mnt") and len(place.parts) > 2


def _is_unknown(owner: int) -> bool:
    """True if our user namespace merely has no number for the owner, for example root."""
    if sys.platform != "linux" or owner != _OVERFLOW:
        return False
    try:
        lines = Path("/proc/self/uid_map").read_text().splitlines()
        ranges = [(int(line.split()[0]), int(line.split()[2])) for line in lines]
    except (OSError, ValueError, IndexError):
        return False
    return not any(first <= owner < first + count for first, count in ranges)


def _is_ours_alone(group: int, place: Path) -> bool:
    """True if only this user, and users who are root anyway, are in the group."""
    if sys.platform == "win32":
        return True
    if _has_acl(place):
        return False  # the group bits are then the mask of the access list
    if group == _ROOT or (sys.platform == "darwin" and group == _ADMIN_OF_MACOS):
        return True
    import grp
    import pwd

    try:
        entry, me = grp.getgrgid(group), pwd.getpwuid(os.geteuid())
    except KeyError:
        return False
    if not set(entry.gr_mem) <= {me.pw_name, "root"}:
        return False
    if group == me.pw_gid:  # a shared primary group ("users") does not have our name
        return entry.gr_name == me.pw_name
    return not any(user.pw_gid == group for user in pwd.getpwall())


def _has_acl(place: Path) -> bool:
    if sys.platform != "linux":
        return False
    try:
        return bool(os.getxattr(place, "system.posix_acl_access"))
    except OSError:
        return False


def _user(uid: int) -> str:
    if sys.platform == "win32":
        return str(uid)
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _group(gid: int) -> str:
    if sys.platform == "win32":
        return str(gid)
    import grp

    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
