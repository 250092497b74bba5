"""What awsprof cannot keep is said once, by whichever process notices it first."""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from awsprof.errors import InteractionRequired
from awsprof.notices import tell_once
from tests.standins import subprocess_helpers


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def say(said: list[str]) -> Callable[[str], None]:
    def say(topic: str) -> None:
        tell_once(topic, f"told of {topic}", said.append)

    return say


def runtime() -> Path:
    return Path(os.environ["XDG_RUNTIME_DIR"])


def test_each_topic_is_told_once_and_holds_no_text(
    say: Callable[[str], None], said: list[str]
) -> None:
    for topic in ("one", "two", "one", "two"):
        say(topic)
    assert said == ["told of one", "told of two"]
    notes = list(runtime().iterdir())
    assert len(notes) == 2
    for note in notes:
        assert note.stat().st_size == 0
        assert note.stat().st_mode & 0o777 == 0o600
        assert "one" not in note.name


def test_another_process_says_it_no_more(say: Callable[[str], None], said: list[str]) -> None:
    code = "from awsprof.notices import tell_once; tell_once('one', 'told by a process', print)"
    assert "told by a process" in subprocess_helpers.run(code)
    assert "told by a process" not in subprocess_helpers.run(code)
    say("one")
    assert said == []


def test_of_those_who_notice_it_at_once_one_says_it(said: list[str]) -> None:
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: tell_once("one", "told", said.append), range(64)))
    assert said == ["told"]


def test_it_is_told_again_the_next_day(say: Callable[[str], None], said: list[str]) -> None:
    say("one")
    (note,) = runtime().iterdir()
    for moment in (time.time() - 9 * 3600, time.time() + 9 * 3600):  # and if the clock was wrong
        os.utime(note, (moment, moment))
        say("one")
    say("one")
    assert len(said) == 3


def test_what_nobody_could_read_is_told_to_the_next(
    say: Callable[[str], None], said: list[str]
) -> None:
    def nobody(message: str) -> None:
        raise InteractionRequired(message, "run it in a terminal")

    tell_once("one", "told", nobody)
    say("one")
    assert len(said) == 1


def test_another_home_is_told_for_itself(
    say: Callable[[str], None], said: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    say("one")
    monkeypatch.setenv("AWSPROF_HOME", str(tmp_path))
    say("one")
    assert len(said) == 2


def test_a_link_or_folder_in_its_place_neither_hides_it_nor_is_followed(
    say: Callable[[str], None], said: list[str], tmp_path: Path
) -> None:
    say("one")
    (note,) = runtime().iterdir()
    target = tmp_path / "theirs"
    puts: tuple[Callable[[], None], ...] = (lambda: note.symlink_to(target), note.mkdir)
    for put in puts:
        note.unlink()
        put()
        said.clear()
        say("one")
        assert said == ["told of one"]
        assert not target.exists()
        if note.is_dir():
            note.rmdir()


def test_without_a_folder_for_it_it_goes_to_the_temporary_files(
    say: Callable[[str], None],
    said: list[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    tmp_path.chmod(0o700)
    for runtime_dir in ("", "relative", "/proc/none"):
        monkeypatch.setenv("XDG_RUNTIME_DIR", runtime_dir)
        say("one")
    assert len(said) == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_nothing_is_put_where_others_can_make_files(
    say: Callable[[str], None], said: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    for mode in (0o1777, 0o770):
        tmp_path.chmod(mode)
        said.clear()
        say("one")
        say("one")
        assert len(said) == 2
        assert list(tmp_path.iterdir()) == []


def test_where_nothing_can_be_written_everybody_says_it(
    say: Callable[[str], None], said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    monkeypatch.setattr("tempfile.tempdir", "/proc/none")
    say("one")
    say("one")
    assert len(said) == 2
