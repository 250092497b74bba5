"""Who decides what stands in a file: owners and rights, on the whole way to it."""

from __future__ import annotations

import grp
import os
import pwd
import struct
import sys
from pathlib import Path

import pytest

from awsprof import trust
from tests.requirements import need
from tests.standins.users import SECOND, need_root


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of ours, three folders down."""
    found = tmp_path / "a" / "b" / "file"
    found.parent.mkdir(parents=True)
    found.write_text("")
    for place in (found, found.parent, found.parent.parent):
        place.chmod(0o700)
    assert trust.find_weakness(found) is None
    return found


def told(path: Path) -> tuple[str, str]:
    found = trust.find_weakness(path)
    assert found is not None
    return str(found), found.fix


@pytest.mark.parametrize("place", ["file", ".", ".."])
def test_what_every_user_can_write(file: Path, place: str) -> None:
    weak = file if place == "file" else Path(os.path.normpath(file.parent / place))
    weak.chmod(0o707)
    assert told(file) == (f"{weak} is writable by every user", f"chmod o-w {weak}")


def test_a_sticky_folder_lets_others_add_and_not_replace(file: Path) -> None:
    file.parent.chmod(0o1777)
    assert trust.find_weakness(file) is None


@pytest.mark.parametrize("place", ["file", ".", ".."])
def test_what_belongs_to_somebody_else(file: Path, place: str) -> None:
    need_root()
    weak = file if place == "file" else Path(os.path.normpath(file.parent / place))
    os.chown(weak, SECOND, -1)
    assert told(file) == (f"{weak} belongs to {SECOND}, not to root", f"run this as {SECOND}")


def test_a_file_of_somebody_else_s_in_a_sticky_folder(file: Path) -> None:
    need_root()
    file.parent.chmod(0o1777)
    os.chown(file, SECOND, -1)
    assert str(file) in told(file)[0]


def test_the_place_of_a_file_that_is_not_there(file: Path) -> None:
    file.parent.chmod(0o777)
    assert str(file.parent) in told(file.parent / "none")[0]


def test_a_link_is_as_safe_as_what_it_leads_to(file: Path, tmp_path: Path) -> None:
    link, folder = tmp_path / "link", tmp_path / "folder"
    link.symlink_to(os.path.relpath(file, tmp_path))
    folder.symlink_to(file.parent)
    for path in (link, folder / "file", folder / ".." / "b" / "file"):
        assert trust.find_weakness(path) is None
        file.parent.chmod(0o777)
        assert str(file.parent) in told(path)[0]
        file.parent.chmod(0o700)


def test_a_link_is_as_safe_as_where_it_stands(file: Path, tmp_path: Path) -> None:
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    (open_to_all / "link").symlink_to(file)
    open_to_all.chmod(0o777)
    assert str(open_to_all) in told(open_to_all / "link")[0]


def test_a_link_of_somebody_else_s(file: Path, tmp_path: Path) -> None:
    need_root()
    sticky = tmp_path / "sticky"
    sticky.mkdir()
    sticky.chmod(0o1777)
    link = sticky / "link"
    link.symlink_to(file)
    os.chown(link, SECOND, -1, follow_symlinks=False)
    assert str(link) in told(link)[0]


def test_links_in_a_loop_end(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert trust.find_weakness(tmp_path / "a") is None  # nothing can be read there either


def test_a_relative_path_stands_where_we_are(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)
    assert trust.find_weakness("file") is None
    file.parent.parent.chmod(0o777)
    assert str(file.parent.parent) in told(Path("file"))[0]


def test_a_group_that_others_may_be_in(file: Path) -> None:
    need_root()
    os.chown(file.parent, -1, SECOND)  # a group that nobody knows the members of
    file.parent.chmod(0o770)
    said, fix = told(file)
    assert said == f"{file.parent} is writable by the group {SECOND}"
    assert fix == f"chmod g-w {file.parent}"


def test_a_group_that_holds_this_user_alone(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need_root()
    os.chown(file.parent, -1, SECOND)
    file.parent.chmod(0o770)
    own = pwd.getpwuid(os.geteuid())
    groups = {SECOND: grp.struct_group(("team", "x", SECOND, [own.pw_name]))}
    monkeypatch.setattr(grp, "getgrgid", groups.__getitem__)
    assert trust.find_weakness(file) is None
    groups[SECOND] = grp.struct_group(("team", "x", SECOND, [own.pw_name, "mallory"]))
    assert "the group team" in told(file)[0]
    groups[SECOND] = grp.struct_group(("users", "x", SECOND, []))
    everyone = [own, pwd.struct_passwd(("mallory", "x", 9, SECOND, "", "/", ""))]
    monkeypatch.setattr(pwd, "getpwall", lambda: everyone)
    assert "the group users" in told(file)[0]  # it is somebody's first group


def test_a_first_group_that_all_users_share(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need_root()
    os.chown(file.parent, -1, SECOND)
    file.parent.chmod(0o770)
    me = pwd.struct_passwd(("alice", "x", os.geteuid(), SECOND, "", "/", ""))
    monkeypatch.setattr(pwd, "getpwuid", lambda _: me)
    name = ["users"]
    group = grp.struct_group
    monkeypatch.setattr(grp, "getgrgid", lambda gid: group((name[0], "x", gid, [])))
    assert "the group users" in told(file)[0]
    name[0] = "alice"  # her own, as Debian makes one for each user
    assert trust.find_weakness(file) is None


def test_a_list_of_rights_counts_as_a_group_of_others(file: Path) -> None:
    if sys.platform != "linux":
        need(False, "Linux")
        return
    need_root()
    # Version 2 of Linux's format: the owner, user SECOND, the group, the mask and all others.
    entries = [(1, 7, -1), (2, 7, SECOND), (4, 0, -1), (16, 7, -1), (32, 0, -1)]
    acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries)
    try:
        os.setxattr(file.parent, "system.posix_acl_access", acl)
    except OSError:
        need(False, "a file system with access control lists")
    assert str(file.parent) in told(file)[0]


def test_a_command_is_as_safe_as_the_script_that_it_runs(file: Path, tmp_path: Path) -> None:
    script = tmp_path / "open" / "give.py"
    script.parent.mkdir()
    script.write_text("print()")
    script.parent.chmod(0o777)
    data = script.with_name("data.json")
    data.write_text("{}")
    file.chmod(0o700)
    assert trust.find_command_weakness([str(file)], str(file)) is None
    assert trust.find_command_weakness([str(file), str(data)], str(file)) is None
    found = trust.find_command_weakness(["python3", "-I", str(script)], "/usr/bin/python3")
    assert found is not None
    assert found.place == script.parent
    script.chmod(0o755)
    assert trust.find_command_weakness([str(file), str(script)], str(file)) is not None


def test_a_drive_of_windows_is_told_how_to_mend(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WSL_DISTRO_NAME", "Debian")
    status = os.stat_result((0o40777, 1, 1, 1, os.geteuid(), 0, 0, 0, 0, 0))
    found = trust._weakness_at(Path("/mnt/c"), status)
    assert found is not None
    assert "/etc/wsl.conf" in found.fix


def test_usual_programs_are_trusted() -> None:
    for program in ("/usr/bin/env", "/bin/sh"):
        assert trust.find_weakness(program) is None
