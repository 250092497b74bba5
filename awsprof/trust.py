"""Whether only this user (or root) decides what stands in a file: asked before anything is run.

A file that names a command, and the command's program, are as safe as the weakest place on the way
to them: whoever can write a folder above can put another file in its place. So the owner and the
write bits of the file, of each folder above it, and of each link and what that leads to are looked
at, as sshd does with authorized_keys (sshd(8), StrictModes).

Root may write everything, and so may the groups that are root's or hold nobody but this user
(Debian and Fedora give every user such a group, and a umask of 002 with it). Windows is not looked
at: its file modes say nothing of who may write.
"""

import os
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from awsprof.shells import shell_word

_LINKS: Final = 40  # as many as Linux follows
_ROOT: Final = 0
_ADMIN_OF_MACOS: Final = 80  # its members are administrators, who may become root
_OVERFLOW: Final = 65534  # whom a user namespace knows no number for
# Programs that run the file that they are given, be it executable or not.
_SHELLS: Final = ("sh", "bash", "zsh", "dash", "ksh", "fish", "pwsh")
_LANGUAGES: Final = ("python", "pypy", "node", "ruby", "perl", "php")
_LAUNCHERS: Final = ("env", "sudo", "nice", "timeout", "nohup", "stdbuf", "xargs")
_RUNNING: Final = frozenset({*_SHELLS, *_LANGUAGES, *_LAUNCHERS})


@dataclass(frozen=True)
class Weakness:
    """A place that somebody else decides about: why, and the command that mends it."""

    place: Path
    reason: str
    fix: str

    def __str__(self) -> str:
        return f"{shell_word(str(self.place))} {self.reason}"


def find_weakness(file: str | Path) -> Weakness | None:
    """The first place on the way to ``file`` that others can change; None where there is none.

    A file that is not there is as weak as the folder that it would be in.
    """
    if sys.platform == "win32":
        return None
    return _walk(os.path.join(_here(), file), 0)  # noqa: PTH118  # links and ".." as they stand


def find_command_weakness(words: list[str], program: str) -> Weakness | None:
    """The same for a command: its program, and the scripts that it is given to run."""
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


def _here() -> str:
    try:
        return os.getcwd()  # noqa: PTH109  # text
    except OSError:  # it was removed: nothing can be named from there
        return "/"


def _is_file(text: str) -> bool:
    try:
        return os.path.isfile(text)  # noqa: PTH113  # Path's raises for odd names
    except ValueError:
        return False


def _walk(path: str, links: int) -> Weakness | None:
    place = Path("/")
    parts = Path(path).parts[1:]
    found = _judged(place, os.lstat(place))
    for number, part in enumerate(parts):
        if found is not None:
            return found
        if part == "..":  # of a link's target: the parent of where we are, which is no link
            place = place.parent
            continue
        place = place / part
        try:
            status = os.lstat(place)
        except OSError:  # it is not there, or not ours to look at
            return None
        if not stat.S_ISLNK(status.st_mode):
            found = _judged(place, status)
            continue
        found = _foreign(place, status)
        if found is None and links < _LINKS:
            target = os.path.join(place.parent, os.readlink(place), *parts[number + 1 :])  # noqa: PTH115, PTH118
            return _walk(target, links + 1)
    return found


def _judged(place: Path, status: os.stat_result) -> Weakness | None:
    foreign = _foreign(place, status)
    if foreign is not None:
        return foreign
    mode = status.st_mode
    if stat.S_ISDIR(mode) and mode & stat.S_ISVTX:
        return None  # others may add to it, and take away only what is their own
    if mode & stat.S_IWOTH:
        return Weakness(place, "can be written by every user", _closing(place, status, "o-w"))
    if mode & stat.S_IWGRP and not _is_ours_alone(status.st_gid, place):
        reason = f"can be written by the group {_group(status.st_gid)}"
        return Weakness(place, reason, _closing(place, status, "g-w"))
    return None


def _foreign(place: Path, status: os.stat_result) -> Weakness | None:
    if sys.platform == "win32":
        return None
    owner, me = status.st_uid, os.geteuid()
    if owner in {me, _ROOT} or _is_unknown(owner):
        return None
    name = _user(owner)
    if me == _ROOT:
        return Weakness(place, f"belongs to {name}, not to root", f"run this as {name}")
    fix = (
        f"look at what it holds, then: sudo chown {shell_word(_user(me))} {shell_word(str(place))}"
    )
    return Weakness(place, f"belongs to {name}", fix)


def _closing(place: Path, status: os.stat_result, bits: str) -> str:
    if sys.platform == "win32":
        return ""
    if _is_windows_drive(place):
        return (
            "WSL shows every file of Windows so: keep it outside of /mnt, or set"
            ' options = "metadata,umask=077" under [automount] in /etc/wsl.conf'
        )
    sudo = "" if status.st_uid == os.geteuid() else "sudo "
    return f"{sudo}chmod {bits} {shell_word(str(place))}"


def _is_windows_drive(place: Path) -> bool:
    in_wsl = bool(os.environ.get("WSL_DISTRO_NAME"))
    return in_wsl and place.parts[:2] == ("/", "mnt") and len(place.parts) > 2


def _is_unknown(owner: int) -> bool:
    """Whether it is only that our user namespace has no number for the owner, root for one."""
    if sys.platform != "linux" or owner != _OVERFLOW:
        return False
    try:
        lines = Path("/proc/self/uid_map").read_text().splitlines()
        ranges = [(int(line.split()[0]), int(line.split()[2])) for line in lines]
    except (OSError, ValueError, IndexError):
        return False
    return not any(first <= owner < first + count for first, count in ranges)


def _is_ours_alone(group: int, place: Path) -> bool:
    """Whether nobody but this user, and those who are root, gains by the group's rights."""
    if sys.platform == "win32":
        return True
    if _has_acl(place):
        return False  # the group's bits are then the most that any user of the list has
    if group == _ROOT or (sys.platform == "darwin" and group == _ADMIN_OF_MACOS):
        return True
    import grp
    import pwd

    try:
        found, me = grp.getgrgid(group), pwd.getpwuid(os.geteuid())
    except KeyError:
        return False
    if not set(found.gr_mem) <= {me.pw_name, "root"}:
        return False
    if group == me.pw_gid:  # everybody's first group may be the same ("users"): ours has our name
        return found.gr_name == me.pw_name
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
