"""The two files: changed on what they hold at that moment, whoever else writes them."""

import errno
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from awsprof import locks, paths
from awsprof.configfile import storage
from awsprof.configfile.document import FileKind, SectionId
from awsprof.errors import DurabilityError, EditRefused, FileError, LockTimeout
from tests.requirements import need
from tests.syscall_faults import NOBODY, Beside, Steps, child, fail

CONFIG, CREDENTIALS = FileKind.CONFIG, FileKind.CREDENTIALS
OLD = b"[default]\nregion = eu-west-1\n"
OURS = b"[profile ours]\nregion = eu-west-2\n"
THEIRS = b"[profile theirs]\nregion = us-east-1\n"


@pytest.fixture(autouse=True)
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A HOME of its own; its .aws folder, which does not exist yet."""
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWSPROF_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    return tmp_path / ".aws"


@pytest.fixture
def config(aws: Path) -> Path:
    aws.mkdir(0o700)
    (aws / "config").write_bytes(OLD)
    return aws / "config"


def add(text: bytes = OURS) -> "Adding":
    return Adding(text)


class Adding:
    """A change that adds a text once; each content it was called on is noted."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.seen: list[bytes | None] = []

    def __call__(self, data: bytes | None) -> bytes:
        self.seen.append(data)
        return data if data and self.text in data else (data or b"") + self.text


def rewrite(kind: FileKind = CONFIG, call: Steps | None = None) -> storage.WriteResult:
    with storage.transaction(call=call or Steps()) as editing:
        return editing.rewrite(kind, add())


def left_over(folder: Path) -> list[str]:
    files = {"config", "credentials"}
    return sorted(path.name for path in folder.iterdir() if path.name not in files)


def test_missing_files_are_empty_documents() -> None:
    for kind in FileKind:
        stored = storage.read_config_file(kind)
        assert stored.data is None
        assert stored.document.sections == ()
        assert stored.path == storage.config_path(kind)


def test_reading_makes_nothing(aws: Path) -> None:
    storage.read_config_file(CONFIG)
    assert not aws.exists()


def test_what_is_made_is_private(aws: Path) -> None:
    done = rewrite(CREDENTIALS)
    assert (done.before, done.after) == (None, OURS)
    assert stat.S_IMODE((aws / "credentials").stat().st_mode) == 0o600
    assert stat.S_IMODE(aws.stat().st_mode) == 0o700
    assert not (aws / "config").exists()


def test_the_document_is_that_of_its_bytes(config: Path) -> None:
    assert rewrite().path == config
    assert storage.read_config_file(CONFIG).document.find(SectionId("profile", "ours"))


def test_the_same_bytes_write_nothing(config: Path) -> None:
    status = config.stat()
    with storage.transaction() as editing:
        done = editing.rewrite(CONFIG, lambda data: data)
    assert done.after == done.before == OLD
    assert (config.stat().st_ino, config.stat().st_mtime_ns) == (status.st_ino, status.st_mtime_ns)


def test_none_takes_the_file_away(config: Path) -> None:
    with storage.transaction() as editing:
        done = editing.rewrite(CONFIG, lambda _: None)
        assert editing.read(CONFIG).data is None
    assert (done.before, done.after) == (OLD, None)
    assert not config.exists()


def test_a_change_that_refuses_leaves_the_file(config: Path) -> None:
    def refuse(_: bytes | None) -> bytes:
        raise EditRefused("line 3 is odd.", "mend it")

    with pytest.raises(EditRefused), storage.transaction() as editing:
        editing.rewrite(CONFIG, refuse)
    assert config.read_bytes() == OLD
    assert left_over(config.parent) == []


# Other programs


def test_the_change_is_made_again_on_what_another_program_wrote(config: Path) -> None:
    change = add()

    def changed_meanwhile(data: bytes | None) -> bytes:
        if not change.seen:
            config.write_bytes(OLD + THEIRS)
        return change(data)

    with storage.transaction() as editing:
        done = editing.rewrite(CONFIG, changed_meanwhile)
    assert change.seen == [OLD, OLD + THEIRS]
    assert config.read_bytes() == done.after == OLD + THEIRS + OURS
    assert done.before == OLD + THEIRS


def test_a_truncated_file_is_not_taken_for_an_empty_one(config: Path) -> None:
    config.write_bytes(b"")

    def whole_again(data: bytes | None) -> bytes:
        if not data:
            config.write_bytes(OLD)
        return (data or b"") + OURS

    with storage.transaction() as editing:
        editing.rewrite(CONFIG, whole_again)
    assert config.read_bytes() == OLD + OURS


@pytest.mark.parametrize("moment", [b"", b"[default]\nregi"])
def test_a_file_that_is_being_written_is_read_again(
    config: Path, monkeypatch: pytest.MonkeyPatch, moment: bytes
) -> None:
    config.write_bytes(moment)
    monkeypatch.setattr("time.sleep", lambda _: config.write_bytes(OLD))
    assert storage.read_config_file(CONFIG).data == OLD


def test_a_file_without_a_last_line_end_is_read_as_it_is(config: Path) -> None:
    config.write_bytes(OLD.rstrip())
    assert storage.read_config_file(CONFIG).data == OLD.rstrip()


def test_what_a_late_writer_wrote_is_kept(config: Path) -> None:
    late = OLD + THEIRS
    done = rewrite(call=Steps("rename", Beside(config, late)))
    assert config.read_bytes() == done.after == late + OURS
    assert done.before == late
    assert "its change is kept" in " ".join(done.notes)


def test_what_came_as_the_first_file_was_made_is_kept(config: Path) -> None:
    config.unlink()
    done = rewrite(call=Steps("link", lambda: config.write_bytes(THEIRS)))
    assert config.read_bytes() == done.after == THEIRS + OURS
    assert done.notes == ()


def test_a_late_text_that_cannot_be_changed_is_told(config: Path) -> None:
    def change(data: bytes | None) -> bytes:
        if data == THEIRS:
            raise EditRefused("line 1 is odd.", "mend it")
        return (data or b"") + OURS

    steps = Steps("rename", Beside(config, THEIRS))
    with storage.transaction(call=steps) as editing:
        done = editing.rewrite(CONFIG, change)
    assert config.read_bytes() == done.after == OLD + OURS
    assert "its change is lost" in " ".join(done.notes)


def test_a_late_writer_that_only_truncated_is_no_loss(config: Path) -> None:
    done = rewrite(call=Steps("rename", Beside(config, b"")))
    assert config.read_bytes() == done.after == OLD + OURS


def test_a_file_that_never_rests_is_left_and_told(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)

    def restless(data: bytes | None) -> bytes:
        config.write_bytes(os.urandom(8).hex().encode() + b"\n")
        return (data or b"") + OURS

    with (
        pytest.raises(FileError, match="keeps writing") as caught,
        storage.transaction() as editing,
    ):
        editing.rewrite(CONFIG, restless)
    assert caught.value.fix
    assert OURS not in config.read_bytes()


# Locks


COUNT = """
from awsprof.configfile import storage
from awsprof.configfile.document import FileKind
for _ in range(10):
    with storage.transaction() as editing:
        editing.rewrite(FileKind.CONFIG, lambda data: b"%d\\n" % (int(data or b"0") + 1))
"""


def test_four_processes_lose_no_change(aws: Path) -> None:
    running = [subprocess.Popen([sys.executable, "-c", COUNT]) for _ in range(4)]
    assert [process.wait(60) for process in running] == [0] * 4
    assert (aws / "config").read_bytes() == b"40\n"
    assert left_over(aws) == []


def test_both_locks_are_held(config: Path) -> None:
    with storage.transaction():
        for kind in FileKind:
            lock = locks.lock_path(config.with_name(kind.value))
            with pytest.raises(LockTimeout), locks.hold_lock(lock, purpose="trying", timeout=0):
                pass


def test_two_paths_to_one_file_share_its_lock(config: Path, tmp_path: Path) -> None:
    dotfiles = tmp_path / "dotfiles"
    dotfiles.mkdir()
    config.rename(dotfiles / "aws-config")
    config.symlink_to("../dotfiles/aws-config")
    rewrite()
    assert config.is_symlink()
    assert (dotfiles / "aws-config").read_bytes() == OLD + OURS
    assert locks.lock_path(dotfiles / "aws-config").exists()
    assert not locks.lock_path(config).exists()


def test_nothing_of_ours_stays_beside_the_files(aws: Path, config: Path) -> None:
    former = aws / ".config.awsprof.lock"  # as versions before the first release left it
    former.touch()
    rewrite()
    rewrite(CREDENTIALS)
    assert {path.name for path in aws.iterdir()} == {"config", "credentials"}


def test_one_file_for_both_is_locked_once(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(config))
    rewrite(CREDENTIALS)
    assert config.read_bytes() == OLD + OURS


# What must not be written


def test_a_device_is_read_and_never_replaced(monkeypatch: pytest.MonkeyPatch, config: Path) -> None:
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    rewrite(CONFIG)
    assert config.read_bytes() == OLD + OURS
    with pytest.raises(FileError, match="not a regular file"):
        rewrite(CREDENTIALS)
    assert not Path("/dev/.null.awsprof.lock").exists()


def test_under_sudo_the_home_of_another_is_left_alone(config: Path, tmp_path: Path) -> None:
    need(os.getuid() == 0, "root, to give a folder to another user")
    os.chown(tmp_path, NOBODY, NOBODY)
    with pytest.raises(FileError, match="belongs to another user") as caught:
        rewrite()
    assert "sudo" in caught.value.fix
    assert config.read_bytes() == OLD
    assert os.listdir(config.parent) == ["config"]  # noqa: PTH208  # no lock either


@pytest.mark.parametrize("which", ["folder", "file"])
def test_the_files_of_another_are_left_alone(config: Path, which: str) -> None:
    need(os.getuid() == 0, "root, to give a file to another user")
    os.chown(config if which == "file" else config.parent, NOBODY, NOBODY)
    with pytest.raises(FileError, match="belongs to another user"):
        rewrite()
    assert config.read_bytes() == OLD
    assert ".config.awsprof.lock" not in os.listdir(config.parent)  # noqa: PTH208


def test_one_file_of_another_does_not_close_the_other(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need(os.getuid() == 0, "root, to give a folder to another user")
    shared = tmp_path / "shared"
    shared.mkdir()
    os.chown(shared, NOBODY, NOBODY)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(shared / "config"))
    rewrite(CREDENTIALS)
    assert (config.parent / "credentials").read_bytes() == OURS
    with pytest.raises(FileError, match="belongs to another user"):
        rewrite(CONFIG)
    assert list(shared.iterdir()) == []


@pytest.fixture
def ordinary_home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The HOME of an ordinary user, whom no folder of pytest's own would let in."""
    home = Path(tempfile.mkdtemp(prefix="awsprof-test-"))
    (home / ".aws").mkdir()
    (home / ".aws" / "config").write_bytes(OLD)
    if os.getuid() == 0:
        for path in (home, *home.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
    monkeypatch.setenv("HOME", str(home))
    yield home
    (home / ".aws").chmod(0o700)
    shutil.rmtree(home)


def test_an_ordinary_user_writes(ordinary_home: Path) -> None:
    config = ordinary_home / ".aws" / "config"
    assert not child("rewrite", config, OURS, uid=NOBODY).error
    assert config.read_bytes() == OURS


def test_a_folder_that_cannot_be_written_is_told(ordinary_home: Path) -> None:
    config = ordinary_home / ".aws" / "config"
    config.parent.chmod(0o500)
    assert not child("rewrite", config, OLD, uid=NOBODY).error  # nothing to write
    ended = child("rewrite", config, OURS, uid=NOBODY)
    assert ended.error == "FileError"
    assert "could not be written: Permission denied" in ended.message
    assert "folder" in ended.fix
    assert config.read_bytes() == OLD
    assert list((ordinary_home / ".local/share/awsprof/locks").iterdir())


def test_what_sudo_left_is_given_back_from_its_topmost_folder(ordinary_home: Path) -> None:
    need(os.getuid() == 0, "root, to give a folder to another user")
    config = ordinary_home / ".aws" / "config"
    for path in (config, config.parent):
        os.chown(path, 0, 0)
        path.chmod(0o700)
    ended = child("read", config, uid=NOBODY)
    assert ended.error == "FileError"
    assert ended.fix.endswith(f' sudo chown -R "$(id -un)" {config.parent}')


# Faults


def test_what_the_disk_did_not_confirm_is_said_when_all_is_written(config: Path) -> None:
    with pytest.raises(DurabilityError) as caught:
        steps = Steps("sync folder", fail(errno.EIO))
        with storage.transaction(call=steps) as editing:
            editing.rewrite(CONFIG, add())
            assert editing.durability_error
            editing.rewrite(CREDENTIALS, add())
    assert caught.value.exit_code == 6
    assert config.read_bytes() == OLD + OURS
    assert (config.parent / "credentials").read_bytes() == OURS


@pytest.mark.parametrize("hard_link", [False, True])
def test_killed_at_each_step_the_next_change_mends_it(config: Path, hard_link: bool) -> None:
    if hard_link:
        (config.parent.parent / "other-name").hardlink_to(config)
    at = 0
    while True:
        config.write_bytes(OLD)
        if not child("rewrite", config, OURS, at=at).killed:
            break
        whole = config.read_bytes() in (OLD, OURS)
        assert whole or hard_link
        with storage.transaction() as editing:
            assert editing.read(CONFIG).data in (OLD, OURS)
            notes = editing.rewrite(CONFIG, lambda data: data).notes
        assert bool(notes) is not whole
        assert left_over(config.parent) == []
        at += 1
    assert at > 8
    assert paths.config_file() == config


def test_a_read_only_file_is_changed_and_that_is_told(config: Path) -> None:
    config.chmod(0o444)
    with storage.transaction() as files:
        done = files.rewrite(FileKind.CONFIG, lambda data: (data or b"") + b"# more\n")
    assert done.notes == (
        f"{config} was changed although it is read-only (mode 0444); its mode is kept.",
    )
    assert stat.S_IMODE(config.stat().st_mode) == 0o444
    config.chmod(0o600)
    with storage.transaction() as files:
        assert files.rewrite(FileKind.CONFIG, lambda _: b"[default]\n").notes == ()


@pytest.mark.skipif(sys.platform != "linux", reason="file leases are Linux's")
def test_a_file_that_is_being_written_is_read_once_it_is_closed(aws: Path) -> None:
    """The AWS CLI truncates the file, and a busy machine may leave it so for a while."""
    aws.mkdir(mode=0o700, exist_ok=True)
    path = aws / "config"
    path.write_text("[default]\n")
    with path.open("w") as file, ThreadPoolExecutor(1) as pool:
        reading = pool.submit(storage.read_config_file, FileKind.CONFIG)
        time.sleep(0.1)
        file.write("[default]\nregion = x")
        file.close()
        assert reading.result().data == b"[default]\nregion = x"
