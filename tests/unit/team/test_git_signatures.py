"""Which signatures of gpg's count where `team-signature` demands one."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from awsprof import settings
from awsprof.errors import FileError
from awsprof.team.opening import open_source
from awsprof.team.source import parse_source
from tests.requirements import need
from tests.standins.gpg_home import KEY_OWNER, gpg, make_key, remove_gpg_home
from tests.standins.team_repository import TeamRepository

TEAM = 'version = 1\n[profile.dev]\nregion = "eu-west-1"\n'
UNTRUSTED = "has no signature that git trusts"


@pytest.fixture
def repository(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TeamRepository]:
    """A repository with one commit without a signature, and a key to sign others with."""
    need(shutil.which("gpg") is not None, "gpg (gnupg)")
    folder = Path(tempfile.mkdtemp(prefix="gpg-", dir="/tmp"))  # short: it holds the agent's socket
    monkeypatch.setenv("GNUPGHOME", str(folder))
    make_key()
    repository = TeamRepository(tmp_path / "team")
    repository.git("config", "user.signingkey", KEY_OWNER)
    repository.commit(team=TEAM)
    settings.put_setting("team-signature", "required")
    yield repository
    remove_gpg_home(folder)


def accepted(repository: TeamRepository, ref: str = "main") -> bool:
    named = parse_source(f"git+{repository.folder.as_uri()}@{ref}")
    try:
        open_source(named, ask=False)
    except FileError as error:
        assert UNTRUSTED in error.message
        return False
    return True


def test_a_key_that_expired_does_not_count(repository: TeamRepository) -> None:
    repository.commit("--gpg-sign")
    assert accepted(repository)
    listed = subprocess.run(
        ["gpg", "--list-keys", "--with-colons", KEY_OWNER],
        check=True,
        capture_output=True,
        text=True,
    )
    key = next(line for line in listed.stdout.splitlines() if line.startswith("fpr")).split(":")[9]
    gpg("--quick-set-expire", key, "seconds=1")
    time.sleep(2)
    assert not accepted(repository)


def test_the_signature_of_a_tag_is_not_that_of_its_commit(repository: TeamRepository) -> None:
    repository.git("tag", "--sign", "--message", "v1", "v1")
    repository.git("verify-tag", "v1")
    assert not accepted(repository, "v1")
    repository.commit("--gpg-sign")
    repository.git("tag", "--annotate", "--message", "v2", "v2")
    assert accepted(repository, "v2")
