"""A home where nothing can be written: what only reads and hands out works as ever."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.requirements import need
from tests.standins.aws import Aws
from tests.standins.cli_runner import AWSPROF, run_in_process
from tests.syscall_faults import NOBODY, own_mounts

READS = (
    ("credential-process", "base"),
    ("credential-process", "plain"),
    ("exec", "base", "--", "env"),
    ("env", "base"),
    ("list",),
    ("show", "base"),
    ("doctor",),
    ("history",),
    ("keys", "list"),
)
FACTORY = """
import awsprof
print(awsprof.session('base', region='eu-west-1').client('sts').get_caller_identity()['Arn'])
"""


@pytest.fixture
def read_only(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, str]]:
    """A home with a key in the vault and one in plain text, that its user cannot write."""
    need(os.getuid() == 0 and shutil.which("setpriv") is not None, "root and setpriv")
    home = Path(tempfile.mkdtemp(prefix="awsprof-test-"))
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    key = aws.user("alice")
    run_in_process("settings", "vault", "file")
    secret = f"{key.id}\n{key.secret}\n"
    run_in_process("keys", "import", "base", "--stdin", "--yes", stdin=secret)
    config = home / ".aws" / "config"
    plain = f"aws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n"
    config.write_text(f"{config.read_text()}\n[profile plain]\nregion = eu-west-1\n{plain}")
    yield home, key.id
    shutil.rmtree(home)


def as_user(words: tuple[str, ...], home: Path, *before: str) -> "subprocess.CompletedProcess[str]":
    user = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *before)
    return subprocess.run(
        [*user, *words],
        cwd=home,
        env={**os.environ, "HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def close(home: Path, owner: int) -> None:
    """Nobody may write there; the user may read."""
    for path in (home, *home.rglob("*")):
        os.chown(path, owner, NOBODY)
        path.chmod(0o550 if path.is_dir() else 0o440)


def programs_can_be_run() -> bool:
    words = ("setpriv", f"--reuid={NOBODY}", "--clear-groups", AWSPROF, "--version")
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("owner", [0, NOBODY], ids=["root's", "their own"])
@pytest.mark.parametrize("locks", [True, False], ids=["locks are there", "no locks"])
def test_as_an_ordinary_user(read_only: tuple[Path, str], owner: int, locks: bool) -> None:
    need(programs_can_be_run(), "a checkout that other users can read")
    home, key = read_only
    if not locks:
        shutil.rmtree(home / ".local/share/awsprof/locks")
    close(home, owner)
    for words in READS:
        done = as_user((AWSPROF, *words), home)
        assert done.returncode in {0, 1}, (words, done.stderr)
        assert "cannot be taken" not in done.stderr
        assert len(set(done.stderr.splitlines())) == len(done.stderr.splitlines())
        assert "Internal error" not in done.stderr
        if words[0] == "credential-process":
            assert json.loads(done.stdout)["AccessKeyId"] == key
    python = str(Path(AWSPROF).with_name("python"))
    made = as_user((python, "-c", FACTORY), home)
    assert made.stdout.strip().endswith("user/alice"), made.stderr
    refused = as_user((AWSPROF, "set", "base", "output", "json", "--yes"), home)
    assert refused.returncode == 3
    assert "Internal error" not in refused.stderr


def test_on_a_read_only_disk(read_only: tuple[Path, str]) -> None:
    mounts = own_mounts()
    need(mounts is not None, "mounts of one's own (unshare)")
    assert mounts is not None
    home, key = read_only
    shutil.rmtree(home / ".local/share/awsprof/locks")
    mounting = f"mount --bind {home} {home} && mount -o remount,ro,bind {home}"
    for words in READS:
        script = f"{mounting} && exec {AWSPROF} {' '.join(words)}"
        done = subprocess.run(
            [*mounts, "sh", "-c", script],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode in {0, 1}, (words, done.stderr)
        assert "Internal error" not in done.stderr
        if words[0] == "credential-process":
            assert json.loads(done.stdout)["AccessKeyId"] == key
