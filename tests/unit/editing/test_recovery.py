"""The next run finishes or rolls back what a killed run left incomplete."""

import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from awsprof import paths
from awsprof.configfile.document import FileEdit, FileKind, PutSection, SectionId
from awsprof.editing import apply as applying
from awsprof.editing import history, history_files, intents
from awsprof.editing.apply import apply
from awsprof.editing.change import Change, NewSecret
from awsprof.editing.recovery import recover_unfinished
from awsprof.editing.undo import plan_undo, undo
from awsprof.secret import Secret
from tests.standins.memory_vault import MemoryVault

KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET = Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
OpenVault = Callable[[], MemoryVault]


class Killed(BaseException):
    """The process was killed: nothing is rolled back."""


@pytest.fixture
def kill(monkeypatch: pytest.MonkeyPatch) -> None:
    """Disable the rollback, as SIGKILL does."""
    monkeypatch.setattr(applying.RunningChange, "_roll_back", lambda self: [])


def put(name: str, kind: FileKind) -> FileEdit:
    return FileEdit(kind, PutSection(SectionId.profile(name), (("region", "eu-west-1"),)))


BOTH = Change("added a", (put("a", FileKind.CONFIG), put("a", FileKind.CREDENTIALS)))
KEYED = replace(BOTH, secrets=(NewSecret(KEY, SECRET, "123456789012", None),))


def cut_short(change: Change, vault: OpenVault, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    """Apply ``change`` and stop before that step, as if killed."""

    def dead(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        module, _, name = at.rpartition(".")
        patched.setattr({"intents": intents, "": applying.RunningChange}[module], name, dead)
        apply(change, vault)


def unfinished() -> list[Path]:
    return intents.pending_intents()


@pytest.mark.usefixtures("kill")
def test_what_was_only_begun_is_taken_back(
    config: Path, kept: MemoryVault, vault: OpenVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_short(KEYED, vault, monkeypatch, "rewrite")
    assert kept.secrets == {KEY: SECRET}
    (said,) = recover_unfinished(vault)
    assert (
        said == 'An earlier run was interrupted: its incomplete change ("added a") has been undone.'
    )
    assert not config.exists()
    assert kept.secrets == {}
    assert history.entries() == ()
    assert recover_unfinished(vault) == ()


@pytest.mark.usefixtures("kill")
def test_what_was_written_is_finished(
    config: Path, kept: MemoryVault, vault: OpenVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_short(KEYED, vault, monkeypatch, "intents.commit_intent")
    (said,) = recover_unfinished(vault)
    assert '"added a" is now finished. To undo it: awsprof undo' in said
    assert [entry.summary for entry in history.entries()] == ["added a"]
    undone = undo(plan_undo(), vault)
    assert undone.written
    assert not config.exists()
    assert kept.secrets == {}
    assert not unfinished()


@pytest.mark.usefixtures("kill")
def test_one_file_of_two_is_taken_back(
    config: Path, credentials: Path, vault: OpenVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text("[profile old]\nregion = x\n")
    done = applying.RunningChange.rewrite

    def only_config(
        self: applying.RunningChange, kind: FileKind, change: applying.FileStep
    ) -> None:
        if kind is FileKind.CREDENTIALS:
            raise Killed
        done(self, kind, change)

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(applying.RunningChange, "rewrite", only_config)
        apply(BOTH, vault)
    assert "[profile a]" in config.read_text()
    (said,) = recover_unfinished(vault)
    assert "has been undone" in said
    assert config.read_text() == "[profile old]\nregion = x\n"
    assert not credentials.exists()
    assert history.entries() == ()


@pytest.mark.usefixtures("kill")
def test_a_key_that_must_go_goes_in_the_next_run(
    config: Path, kept: MemoryVault, vault: OpenVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.secrets[KEY] = SECRET
    cut_short(replace(BOTH, forget=(KEY,)), vault, monkeypatch, "delete_secrets")
    assert kept.secrets == {KEY: SECRET}
    (said,) = recover_unfinished(vault)
    assert "finished" in said
    assert kept.secrets == {}
    assert config.exists()


@pytest.mark.usefixtures("kill")
def test_a_vault_that_is_shut_is_told_once_and_cleaned_later(
    config: Path, kept: MemoryVault, vault: OpenVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_short(KEYED, vault, monkeypatch, "rewrite")
    kept.broken = True
    (said,) = recover_unfinished(vault)
    assert f"The secret of {KEY} is still in the vault" in said
    assert recover_unfinished(vault) == ()
    kept.broken = False
    assert len(recover_unfinished(vault, again=True)) == 1
    assert kept.secrets == {}
    assert not unfinished()


@pytest.mark.usefixtures("kill")
def test_an_intent_holds_no_secret(
    credentials: Path, vault: OpenVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials.write_text(f"[a]\naws_secret_access_key = {SECRET.reveal()}\n")
    cut_short(replace(KEYED, edits=(put("b", FileKind.CONFIG),)), vault, monkeypatch, "rewrite")
    (path,) = unfinished()
    assert SECRET.reveal() not in path.read_text()
    assert path.stat().st_mode & 0o077 == 0


def test_an_undo_that_finds_nothing_says_so_and_takes_no_other(
    config: Path, vault: OpenVault
) -> None:
    config.write_text("[profile old]\nregion = x\n")
    apply(Change("first", (put("a", FileKind.CONFIG),)), vault)
    apply(Change("second", (put("b", FileKind.CONFIG),)), vault)
    config.write_text("[profile other]\n")  # another program rewrote all of it
    plan = plan_undo()
    undone = undo(plan, vault, force=True)
    assert not undone.written
    assert config.read_text() == "[profile other]\n"
    assert history.find_entry(None).summary == "first"


def test_a_broken_entry_stops_nothing(config: Path, vault: OpenVault) -> None:
    apply(Change("first", (put("a", FileKind.CONFIG),)), vault)
    for number, text in enumerate(("[" * 50_000, "{}", "null", '{"files": 1}', "\xff", ""), 2):
        (paths.history_dir() / f"{number:08}.json").write_bytes(text.encode("latin-1"))
    assert [entry.summary for entry in history.entries()] == ["first"]
    assert len(history.broken()) == 6
    assert all("of the history cannot be read" in each.message for each in history.broken())
    second = apply(Change("second", (put("b", FileKind.CONFIG),)), vault)
    assert second.id == "8"
    undo(plan_undo(), vault)
    undo(plan_undo(), vault)
    assert not config.exists() or config.read_text() == ""


def test_a_broken_intent_stops_nothing(config: Path, vault: OpenVault) -> None:
    apply(Change("first", (put("a", FileKind.CONFIG),)), vault)
    folder = Path(paths.unfinished_text())
    whole = json.loads(history_files.entry_file("1").read_bytes())
    for number, text in enumerate(("[" * 50_000, "null", json.dumps({**whole, "adding": 3})), 7):
        (folder / f"{number:08}.json").write_text(text)
    assert all("delete" in said or "cannot be read" in said for said in recover_unfinished(vault))
    assert apply(Change("second", (put("b", FileKind.CONFIG),)), vault).written


@pytest.mark.usefixtures("kill")
def test_a_change_of_other_files_is_told_with_what_leads_there(
    kept: MemoryVault,
    config: Path,
    vault: OpenVault,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = tmp_path / "my work" / "config"
    other.parent.mkdir()
    monkeypatch.setenv("AWS_CONFIG_FILE", str(other))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(other.with_name("credentials")))
    cut_short(KEYED, vault, monkeypatch, "rewrite")
    monkeypatch.delenv("AWS_CONFIG_FILE")
    monkeypatch.delenv("AWS_SHARED_CREDENTIALS_FILE")
    for _ in range(2):  # reported until it is finished
        (said,) = recover_unfinished(vault)
        both = f"AWS_CONFIG_FILE='{other}' AWS_SHARED_CREDENTIALS_FILE='{other.parent}/credentials'"
        assert said.endswith(f"To finish it: {both} awsprof list")
    assert kept.secrets == {KEY: SECRET}
    other.parent.rmdir()  # as of a volume that is not there
    (said,) = recover_unfinished(vault)
    assert "still pending" in said
    assert said.endswith("If those files are gone for good, delete " + shown(unfinished()) + ".")
    assert recover_unfinished(vault) == ()  # told once
    assert kept.secrets == {KEY: SECRET}
    other.parent.mkdir()
    monkeypatch.setenv("AWS_CONFIG_FILE", str(other))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(other.with_name("credentials")))
    (said,) = recover_unfinished(vault)
    assert "has been undone" in said
    assert kept.secrets == {}
    assert not unfinished()


@pytest.mark.parametrize("edits", [True, False])
def test_a_change_of_other_files_that_still_runs_is_left_alone(
    kept: MemoryVault,
    config: Path,
    vault: OpenVault,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    edits: bool,
) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def proof() -> None:
        asked.set()
        assert go_on.wait(20)

    files = {
        "AWS_CONFIG_FILE": str(tmp_path / "made later" / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "made later" / "credentials"),
    }
    for name, path in files.items():
        monkeypatch.setenv(name, path)
    change = KEYED if edits else replace(KEYED, edits=())
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(apply, change, vault, proof)
        assert asked.wait(20)
        for name in files:
            monkeypatch.delenv(name)
        try:
            assert recover_unfinished(vault) == ()
            assert kept.secrets == {KEY: SECRET}
        finally:
            for name, path in files.items():
                monkeypatch.setenv(name, path)
            go_on.set()
        assert running.result(20).id
    assert kept.secrets == {KEY: SECRET}
    assert not unfinished()


def shown(paths_of_changes: Sequence[Path]) -> str:
    (path,) = paths_of_changes
    return paths.display_path(path)
