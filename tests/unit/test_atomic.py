"""Replacing a file: at each step that fails, or at which the process dies, old file or new file."""

import errno
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from awsprof import atomic
from awsprof.atomic import inplace
from awsprof.atomic.snapshot import unreadable_error
from awsprof.errors import DurabilityError, FileError
from tests.requirements import need
from tests.syscall_faults import NOBODY, Beside, Steps, child, fail, own_mounts

OLD = b"[default]\nregion = eu-west-1\n" + b"# old\n" * 40
NEW = b"[default]\nregion = us-east-1\n[profile new]\n" + b"# new\n" * 60
SHORT = b"[profile short]\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "aws" / "config"
    path.parent.mkdir()
    path.write_bytes(OLD)
    path.chmod(0o640)
    return path


@pytest.fixture
def linked(file: Path) -> Path:
    (file.parent.parent / "other-name").hardlink_to(file)
    return file


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """A folder that an ordinary user can reach and write, as pytest's own cannot be by root."""
    folder = Path(tempfile.mkdtemp(prefix="awsprof-test-"))
    folder.chmod(0o755)
    if os.getuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def beside(path: Path) -> list[str]:
    return sorted(p.name for p in path.parent.iterdir() if p != path)


def replace(path: Path, data: bytes, steps: Steps | None = None) -> atomic.Replacement:
    return atomic.replace_file(atomic.take_snapshot(path), data, call=steps or Steps())


# What it keeps and what it makes


def test_reading() -> None:
    assert atomic.read_file(Path("/no/such/file")) is None


def test_a_folder_where_a_file_should_be_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be read") as caught:
        atomic.read_file(tmp_path)
    assert "move it away" in caught.value.fix


def test_symlinks_in_a_loop_are_reported(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(FileError, match="cannot be read") as caught:
        atomic.read_file(tmp_path / "a")
    assert "loop" in caught.value.fix


def test_what_only_the_kernel_can_follow_is_read() -> None:
    ours, theirs = os.pipe()
    os.write(theirs, b"[default]\n")
    os.close(theirs)
    assert atomic.read_file(Path(f"/dev/fd/{ours}")) == b"[default]\n"
    os.close(ours)


def test_files_of_ours_are_private(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "index.toml"
    atomic.write_file(path, b"x")
    assert path.read_bytes() == b"x"
    modes = [stat.S_IMODE(p.stat().st_mode) for p in (path, *list(path.parents)[:2])]
    assert modes == [0o600, 0o700, 0o700]
    atomic.write_file(path, b"y")
    assert path.read_bytes() == b"y"
    assert beside(path) == []


def test_mode_and_attributes_stay(file: Path) -> None:
    if sys.platform != "linux":
        need(False, "Linux")
        return
    try:
        os.setxattr(file, "user.note", b"mine")
    except OSError:
        need(False, "a temporary folder on a file system with extended attributes")
    inode = file.stat().st_ino
    assert replace(file, NEW).written
    assert file.read_bytes() == NEW
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert os.getxattr(file, "user.note") == b"mine"
    assert file.stat().st_ino != inode


def test_the_owner_stays(file: Path) -> None:
    need(os.getuid() == 0, "root, to give a file to another user")
    os.chown(file, NOBODY, NOBODY)
    assert replace(file, NEW).written
    assert (file.stat().st_uid, file.stat().st_gid) == (NOBODY, NOBODY)


def test_where_the_owner_cannot_stay_the_file_itself_is_written(open_to_all: Path) -> None:
    need(os.getuid() == 0, "root, to give a file to another user")
    file = open_to_all / "config"
    file.write_bytes(OLD)
    os.chown(file, 0, NOBODY)
    file.chmod(0o660)
    inode = file.stat().st_ino
    assert not child("replace", file, NEW, uid=NOBODY).error
    assert file.read_bytes() == NEW
    assert (file.stat().st_uid, file.stat().st_ino) == (0, inode)
    assert beside(file) == []


@pytest.mark.parametrize("relative", [True, False])
def test_a_symlink_stays(file: Path, tmp_path: Path, relative: bool) -> None:
    link = tmp_path / "link"
    link.symlink_to("aws/config" if relative else file)
    assert replace(link, NEW).written
    assert link.is_symlink()
    assert file.read_bytes() == NEW
    assert file.parent / "config" == file


def test_a_dangling_symlink_gets_its_file(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("target")
    assert replace(link, NEW).written
    assert link.is_symlink()
    assert (tmp_path / "target").read_bytes() == NEW


def test_a_hard_link_stays(linked: Path) -> None:
    for data in (NEW, SHORT, OLD):
        assert replace(linked, data).written
        assert (linked.parent.parent / "other-name").read_bytes() == data
    assert linked.stat().st_nlink == 2
    assert beside(linked) == []


def test_a_device_is_refused() -> None:
    with pytest.raises(FileError, match="not a regular file"):
        replace(Path("/dev/null"), NEW)
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


# Other programs


def test_other_bytes_are_not_replaced(file: Path) -> None:
    before = atomic.take_snapshot(file)
    file.write_bytes(SHORT)
    assert not atomic.replace_file(before, NEW).written
    assert file.read_bytes() == SHORT
    assert beside(file) == []


def test_another_file_of_the_same_bytes_is_not_replaced(file: Path) -> None:
    before = atomic.take_snapshot(file)
    (file.parent / "new").write_bytes(OLD)
    (file.parent / "new").replace(file)
    assert not atomic.replace_file(before, NEW).written


def test_a_file_that_went_away_is_not_made_again(file: Path) -> None:
    before = atomic.take_snapshot(file)
    file.unlink()
    assert not atomic.replace_file(before, NEW).written
    assert not file.exists()


def test_a_file_that_came_at_the_last_moment_stays(tmp_path: Path) -> None:
    path = tmp_path / "config"
    steps = Steps("link", lambda: path.write_bytes(OLD))
    assert not replace(path, NEW, steps).written
    assert path.read_bytes() == OLD
    assert beside(path) == []


def test_without_hard_links_a_new_file_is_renamed(tmp_path: Path) -> None:
    path = tmp_path / "config"
    assert replace(path, NEW, Steps("link", fail(errno.EPERM))).written
    assert path.read_bytes() == NEW
    assert beside(path) == []


@pytest.mark.parametrize("after", [0, 0.1])
def test_a_late_writer_is_noticed(file: Path, after: float) -> None:
    beside_us = Beside(file, SHORT, after=after)
    replaced = replace(file, NEW, Steps("rename", beside_us))
    beside_us.done()
    assert (replaced.written, replaced.late_write) == (True, SHORT)
    assert file.read_bytes() == NEW


def test_a_writer_at_work_is_waited_for(file: Path) -> None:
    beside_us = Beside(file, SHORT, after=0.2)
    assert not replace(file, NEW, Steps("compare", beside_us)).written
    beside_us.done()
    assert file.read_bytes() == SHORT
    assert beside(file) == []


def test_a_writer_that_comes_during_the_compare_goes_first(file: Path) -> None:
    beside_us = Beside(file, SHORT)
    assert not replace(file, NEW, Steps("look", beside_us)).written
    beside_us.done()
    assert file.read_bytes() == SHORT


def test_a_file_that_a_program_keeps_open_is_replaced_all_the_same(file: Path) -> None:
    with file.open("ab"):
        assert replace(file, NEW).written
    assert file.read_bytes() == NEW


def test_in_place_other_bytes_are_not_overwritten(linked: Path) -> None:
    steps = Steps("sync journal", lambda: linked.write_bytes(SHORT))
    assert not replace(linked, NEW, steps).written
    assert linked.read_bytes() == SHORT
    assert beside(linked) == []


def test_in_place_a_writer_at_the_same_time_is_noticed(linked: Path) -> None:
    assert not replace(linked, NEW, Steps("truncate", lambda: linked.write_bytes(SHORT))).written


def test_a_file_of_ours_that_never_rests_is_left(tmp_path: Path) -> None:
    path = tmp_path / "index.toml"
    path.write_bytes(OLD)

    class Restless(Steps):
        def __call__(self, step, function, /, *args, **kwargs):  # type: ignore[no-untyped-def]
            if step == "compare":
                path.write_bytes(os.urandom(8))
            return super().__call__(step, function, *args, **kwargs)

    with pytest.raises(FileError, match="keeps writing"):
        atomic.write_file(path, NEW, call=Restless())


# Faults


def steps_of(path: Path, data: bytes) -> list[str]:
    """The steps of one whole replacement, after which the old bytes stand there again."""
    steps = Steps(short=True)
    assert replace(path, data, steps).written
    path.write_bytes(OLD)
    return steps.names


@pytest.mark.parametrize("data", [NEW, SHORT])
def test_each_call_that_fails_leaves_old_or_new(file: Path, data: bytes) -> None:
    names = steps_of(file, data)
    assert {"create", "write", "sync", "compare", "rename", "sync folder"} <= set(names)
    for at, name in enumerate(names):
        file.write_bytes(OLD)
        steps = Steps(at, fail(errno.EIO), short=True)
        if name == "sync folder":
            replaced = replace(file, data, steps)
            assert replaced.written
            assert isinstance(replaced.durability_error, DurabilityError)
            assert file.read_bytes() == data
        else:
            with pytest.raises(FileError, match=r"could not be written: .*\. It is unchanged\."):
                replace(file, data, steps)
            assert file.read_bytes() == OLD
        assert beside(file) == [], name


@pytest.mark.parametrize("data", [NEW, SHORT])
def test_each_call_that_fails_in_place_leaves_old(linked: Path, data: bytes) -> None:
    names = steps_of(linked, data)
    assert {"journal", "sync journal", "open", "write", "truncate", "sync"} <= set(names)
    for at, name in enumerate(names):
        linked.write_bytes(OLD)
        steps = Steps(at, fail(errno.EIO), short=True)
        if name == "forget":
            assert replace(linked, data, steps).written
            assert linked.read_bytes() == data
            assert atomic.recover_in_place(linked) is None
        else:
            with pytest.raises(FileError, match="It is unchanged"):
                replace(linked, data, steps)
            assert linked.read_bytes() == OLD
        assert beside(linked) == [], name


def test_a_mount_is_written_in_place(file: Path) -> None:
    inode = file.stat().st_ino
    assert replace(file, NEW, Steps("rename", fail(errno.EBUSY))).written
    assert file.read_bytes() == NEW
    assert file.stat().st_ino == inode
    assert beside(file) == []


def test_ctrl_c_in_place_puts_the_old_text_back(linked: Path) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replace(linked, NEW, Steps("truncate", interrupt))
    assert linked.read_bytes() == OLD
    assert beside(linked) == []


def test_what_could_not_be_put_back_is_told_and_mended_later(linked: Path) -> None:
    away = linked.with_name("away")

    def deed() -> None:
        linked.rename(away)  # so that the old text cannot be put back either
        fail(errno.EIO)()

    with pytest.raises(FileError, match="may be half written") as caught:
        replace(linked, NEW, Steps("truncate", deed))
    assert str(inplace.journal_path(linked)) in caught.value.message
    away.write_bytes(NEW[:30] + OLD[30:])
    away.rename(linked)
    assert atomic.recover_in_place(linked)
    assert linked.read_bytes() == OLD
    assert beside(linked) == []


def test_what_the_disk_did_not_confirm_is_said(tmp_path: Path) -> None:
    path = tmp_path / "index.toml"
    with pytest.raises(DurabilityError) as caught:
        atomic.write_file(path, NEW, call=Steps("sync folder", fail(errno.EIO)))
    assert caught.value.exit_code == 6
    assert path.read_bytes() == NEW


@pytest.mark.parametrize("data", [NEW, SHORT])
def test_killed_at_each_step(file: Path, data: bytes) -> None:
    for at in range(len(steps_of(file, data))):
        file.write_bytes(OLD)
        assert child("replace", file, data, at=at).killed
        assert file.read_bytes() in (OLD, data)
        assert atomic.recover_in_place(file) is None
        assert file.read_bytes() in (OLD, data)
        assert beside(file) == []


@pytest.mark.parametrize("data", [NEW, SHORT])
def test_killed_in_place_at_each_step(linked: Path, data: bytes) -> None:
    half = 0
    for at in range(len(steps_of(linked, data))):
        linked.write_bytes(OLD)
        assert child("replace", linked, data, at=at).killed
        whole = linked.read_bytes() in (OLD, data)
        half += not whole
        for left in linked.parent.iterdir():
            assert left == linked or stat.S_IMODE(left.stat().st_mode) == 0o600
        told = atomic.recover_in_place(linked)
        assert told == (
            None if whole else f"{linked} was left half written; its previous text was restored."
        )
        assert linked.read_bytes() in ((OLD, data) if whole else (OLD,))
        assert linked.stat().st_nlink == 2
        assert beside(linked) == []
    assert half  # else this proved nothing


def test_killed_as_a_file_is_made(tmp_path: Path) -> None:
    at = 0
    while True:
        file = tmp_path / str(at) / "index.toml"
        if not child("write", file, NEW, at=at).killed:
            break
        assert atomic.read_file(file) in (None, NEW)
        atomic.write_file(file, SHORT)
        assert file.read_bytes() == SHORT
        assert file.stat().st_nlink == 1
        assert beside(file) == []
        at += 1
    assert at >= 6


def test_killed_while_mending(linked: Path) -> None:
    names = steps_of(linked, NEW)
    half_way = names.index("truncate") - 1
    assert names[half_way] == "write"
    at = 0
    while True:
        linked.write_bytes(OLD)
        assert child("replace", linked, NEW, at=half_way).killed
        if not child("recover", linked, at=at).killed:
            break
        atomic.recover_in_place(linked)
        assert linked.read_bytes() == OLD
        assert beside(linked) == []
        at += 1
    assert at >= 4


def half_written(path: Path) -> None:
    text = b"%b %d %d\n%b%b" % (b"awsprof-journal 1", len(OLD), len(NEW), OLD, NEW)
    inplace.journal_path(path).write_bytes(text)
    path.write_bytes(NEW[:30] + OLD[30:])


def test_what_another_program_wrote_since_is_kept(linked: Path) -> None:
    half_written(linked)
    linked.write_bytes(b"[other]\n")
    told = atomic.recover_in_place(linked)
    assert told is not None
    assert linked.read_bytes() == b"[other]\n"
    [name] = beside(linked)
    saved = linked.parent / name
    assert str(saved) in told
    assert saved.read_bytes() == OLD
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600


def test_a_file_that_went_away_since_is_not_made_again(linked: Path) -> None:
    half_written(linked)
    linked.unlink()
    assert atomic.recover_in_place(linked)
    assert not linked.exists()
    assert len(beside(linked)) == 1


def test_a_journal_of_somebody_else_is_told(linked: Path) -> None:
    inplace.journal_path(linked).write_bytes(b"awsprof-journal 1 3 x\nabc")
    with pytest.raises(FileError, match="not an awsprof journal") as caught:
        atomic.recover_in_place(linked)
    assert caught.value.fix


def test_a_file_of_ours_is_mended_before_it_is_written(linked: Path) -> None:
    half_written(linked)
    atomic.write_file(linked, SHORT)
    assert linked.read_bytes() == SHORT
    assert beside(linked) == []


# Removing


def test_removing(file: Path) -> None:
    assert atomic.remove_file(atomic.take_snapshot(file)).written
    assert not file.exists()


def test_a_file_that_changed_is_not_removed(file: Path) -> None:
    before = atomic.take_snapshot(file)
    file.write_bytes(NEW)
    assert not atomic.remove_file(before).written
    assert file.read_bytes() == NEW


def test_removing_notices_a_late_writer(file: Path) -> None:
    steps = Steps("remove", Beside(file, NEW))
    assert atomic.remove_file(atomic.take_snapshot(file), call=steps).late_write == NEW


def test_removing_that_fails_is_told(file: Path) -> None:
    with pytest.raises(FileError, match="It is unchanged"):
        atomic.remove_file(atomic.take_snapshot(file), call=Steps("remove", fail(errno.EBUSY)))


# The real thing


@pytest.mark.parametrize("hard_link", [False, True])
def test_a_limit_on_files_leaves_the_old_one(file: Path, tmp_path: Path, hard_link: bool) -> None:
    if hard_link:
        (tmp_path / "other-name").hardlink_to(file)
    ended = child("replace", file, NEW * 100, limit=4096)
    assert ended.error == "FileError"
    assert "File too large" in ended.message
    assert "ulimit" in ended.fix
    assert file.read_bytes() == OLD
    assert beside(file) == []


def mounts() -> tuple[str, ...]:
    command = own_mounts()
    if command is None:  # a matter of rights, not of what is installed: in CI too
        pytest.skip("mounts of one's own are not permitted here: run this as root, or allow them")
    return command


@pytest.mark.parametrize("hard_link", ["alone", "link"])
def test_a_full_disk_leaves_the_old_file(tmp_path: Path, hard_link: str) -> None:
    script = (
        'd=$1; mount -t tmpfs -o size=64k none "$d"; printf "[default]\\n" > "$d/config";'
        ' [ "$2" = alone ] || ln "$d/config" "$d/other-name";'
        ' dd if=/dev/zero of="$d/filler" bs=4096 2>/dev/null; shift 2; "$@";'
        ' status=$?; [ "$(cat "$d/config")" = "[default]" ] || exit 9;'
        ' rm "$d/filler"; [ "$(ls -A "$d" | grep -vc other-name)" = 1 ] || exit 8; exit $status'
    )
    before = (*mounts(), "sh", "-c", script, "sh", str(tmp_path), hard_link)
    ended = child("replace", tmp_path / "config", NEW * 100, before=before)
    assert ended.error == "FileError"
    assert "No space left" in ended.message
    assert "free disk space" in ended.fix


def test_a_bind_mount_is_written_in_place(file: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(OLD)
    before = (*mounts(), "sh", "-c", 'mount --bind "$0" "$1"; shift; "$@"', outside, file)
    ended = child("replace", file, NEW, before=tuple(map(str, before)))
    assert not ended.error
    assert {"rename", "journal", "truncate"} <= set(ended.steps)
    assert outside.read_bytes() == NEW
    assert beside(file) == []


def test_a_disk_that_is_read_only_is_told(file: Path) -> None:
    script = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0"; "$@"'
    before = (*mounts(), "sh", "-c", script, str(file.parent))
    ended = child("replace", file, NEW, before=before)
    assert ended.error == "FileError"
    assert "Read-only" in ended.message
    assert "read-only" in ended.fix
    assert file.read_bytes() == OLD


def test_a_folder_that_is_not_ours_to_write_is_told(open_to_all: Path) -> None:
    file = open_to_all / "config"
    file.write_bytes(OLD)
    file.chmod(0o644)
    open_to_all.chmod(0o555)
    ended = child("replace", file, NEW, uid=NOBODY)
    assert ended.error == "FileError"
    assert "Permission denied" in ended.message
    assert "folder" in ended.fix
    assert file.read_bytes() == OLD


def test_a_file_that_is_not_ours_to_read_is_told(open_to_all: Path) -> None:
    file = open_to_all / "config"
    file.write_bytes(OLD)
    file.chmod(0)
    ended = child("read", file, uid=NOBODY)
    assert ended.error == "FileError"
    assert "cannot be read" in ended.message
    assert ended.fix


def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    pipe = tmp_path / "config"
    os.mkfifo(pipe)
    with pytest.raises(FileError, match="is a pipe") as refused:
        atomic.read_file(pipe)
    assert "write its text to a file" in refused.value.fix


def test_a_device_without_an_end_is_refused_and_dev_null_is_empty(tmp_path: Path) -> None:
    link = tmp_path / "config"
    for device in ("/dev/zero", "/dev/urandom", "/dev/tty"):
        link.unlink(missing_ok=True)
        link.symlink_to(device)
        with pytest.raises(FileError, match="is a device, not a file"):
            atomic.read_file(link)
    assert atomic.read_file(Path("/dev/null")) == b""


def test_what_sudo_left_to_root_in_ones_own_home_is_given_back(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = home / ".local/share/awsprof"
    closed.mkdir(parents=True)
    refused = PermissionError(errno.EACCES, "Permission denied")
    assert "make it readable" in unreadable_error(closed / "history", refused).fix
    monkeypatch.setattr(os, "getuid", lambda: closed.stat().st_uid + 1)
    fix = unreadable_error(closed / "history", refused).fix
    outermost = home / ".local"  # all of it belongs to the other user here
    assert fix.endswith(f'sudo chown -R "$(id -un)" {outermost}')
    elsewhere = unreadable_error(Path("/etc/ssl/private/key"), refused)
    assert "chown" not in elsewhere.fix


@pytest.mark.skipif(sys.platform == "win32", reason="Windows syncs no folders")
@pytest.mark.parametrize(
    ("call", "number", "fails"),
    [
        ("fsync", errno.EINVAL, False),
        ("fsync", errno.EBADF, False),
        ("fsync", errno.ENOTSUP, False),
        ("open", errno.EACCES, False),
        ("fsync", errno.EIO, True),
        ("fsync", errno.ENOSPC, True),
        ("open", errno.EIO, True),
    ],
)
def test_a_folder_that_cannot_be_synced_is_no_failure_of_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int, fails: bool
) -> None:
    def fail_with(*arguments: object) -> int:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail_with)
        if fails:
            with pytest.raises(OSError, match=r"."):
                atomic.sync_folder(tmp_path)
        else:
            atomic.sync_folder(tmp_path)
