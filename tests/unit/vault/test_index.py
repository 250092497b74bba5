"""The index of the vault: no secrets, in a file that people may read and edit."""

import stat
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from awsprof import paths
from awsprof.errors import FileError
from awsprof.vault.index import Index, IndexEntry
from awsprof.vault.rotation_records import RotationRecord

ARN = "arn:aws:iam::123456789012:user/ada"


def test_what_is_recorded_is_there_for_the_next_one(home: Path) -> None:
    assert Index.load().entries() == ()
    index = Index.load()
    index.record("AKIAI44QH8DHBEXAMPLE", backend="file")
    index.record("AKIAIOSFODNN7EXAMPLE", "123456789012", ARN, backend="file")
    assert [entry.key_id for entry in Index.load().entries()] == [
        "AKIAI44QH8DHBEXAMPLE",
        "AKIAIOSFODNN7EXAMPLE",
    ]
    found = Index.load().find("AKIAIOSFODNN7EXAMPLE")
    assert found == index.find("AKIAIOSFODNN7EXAMPLE")
    assert found is not None
    assert (found.account, found.arn, found.backend) == ("123456789012", ARN, "file")
    assert abs((datetime.now(UTC) - found.since).total_seconds()) < 60
    assert stat.S_IMODE((home / "index.toml").stat().st_mode) == 0o600
    index.forget("AKIAIOSFODNN7EXAMPLE")
    index.forget("AKIAIOSFODNN7EXAMPLE")
    assert Index.load().find("AKIAIOSFODNN7EXAMPLE") is None


def test_what_is_not_said_again_stays_known(home: Path) -> None:
    written(home, 'since = 2020-01-02T03:04:05Z\nbackend = "file"\narn = "a"\naccount = "1"\n')
    Index.load().record("AKIA", backend="other")
    assert Index.load().entries() == (
        IndexEntry("AKIA", "1", "a", "other", datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)),
    )


def test_recording_what_is_so_already_writes_nothing(home: Path) -> None:
    Index.load().record("AKIA", "1", backend="file")
    before = (home / "index.toml").stat().st_ino
    Index.load().record("AKIA", backend="file")
    Index.load().forget("AKIB")
    assert (home / "index.toml").stat().st_ino == before


def test_comments_and_what_others_wrote_stay(home: Path) -> None:
    path = written(home, 'since = 2020-01-02\nbackend = "file"  # mine\nmood = "good"\n')
    path.write_text(path.read_text().replace("2020-01-02", "2020-01-02T03:04:05"))
    Index.load().record("AKIB", backend="file")
    text = path.read_text()
    assert "# mine" in text
    assert 'mood = "good"' in text
    assert len(Index.load().entries()) == 2


@pytest.mark.parametrize(
    "text",
    ["[keys", "\xff", "keys = 3", "[keys]\nAKIA = 3", "[keys.AKIA]\nbackend = 'file'",
     "[keys.AKIA]\nbackend = 'file'\nsince = 'today'"],
)  # fmt: skip
def test_a_broken_index_is_told_and_left_alone(home: Path, text: str) -> None:
    home.mkdir()
    (home / "index.toml").write_bytes(text.encode("latin-1"))
    for call in (lambda: Index.load(), lambda: Index({}).record("AKIA", backend="file")):
        with pytest.raises(FileError, match="cannot be read") as caught:
            call()
        assert "move it away" in caught.value.fix
    assert (home / "index.toml").read_bytes() == text.encode("latin-1")


def test_writers_at_the_same_time_lose_nothing() -> None:
    code = (
        "import sys; from awsprof.vault.index import Index\n"
        "for n in range(5): Index.load().record(f'AKIA{sys.argv[1]}{n}', backend='file')"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, str(n)]) for n in range(4)]
    assert [writer.wait(60) for writer in writers] == [0] * 4
    assert len(Index.load().entries()) == 20


def written(home: Path, table: str) -> Path:
    home.mkdir()
    path = home / "index.toml"
    path.write_text(f"[keys.AKIA]\n{table}")
    return path


def test_a_rotation_is_found_by_either_key_until_it_is_over(home: Path) -> None:
    began = datetime(2026, 11, 26, 9, 30, 1, 500, tzinfo=UTC)
    rotation = RotationRecord(
        "AKIAOLD", "base", "arn:aws:iam::1:user/team/alice", began, ("AKIAOLD",)
    )
    assert rotation.user == "alice"
    Index.load().note_rotation(rotation)
    Index.load().record("AKIAOLD", backend="file")
    assert Index.load().rotations() == (rotation,)
    further = replace(rotation, new="AKIANEW", switched=began, waiting=began)
    Index.load().note_rotation(further)
    for key_id in ("AKIAOLD", "AKIANEW"):
        assert Index.load().rotation_of(key_id) == further
    back = replace(further, old="AKIANEW", new="AKIAOLD", switched=None, waiting=None)
    Index.load().note_rotation(back, instead_of="AKIAOLD")
    assert Index.load().rotations() == (back,)
    Index.load().end_rotation("AKIANEW")
    assert Index.load().rotations() == ()
    assert Index.load().find("AKIAOLD") is not None


@pytest.mark.parametrize("wrong", ["began = 1", "began = 2026-01-01", 'profile = "x"'])
def test_a_rotation_that_cannot_be_read_says_so(home: Path, wrong: str) -> None:
    path = paths.index_file()
    path.parent.mkdir(parents=True)
    path.write_text(f"[rotations.AKIAOLD]\n{wrong}\n")
    with pytest.raises(FileError, match="cannot be read"):
        Index.load()
