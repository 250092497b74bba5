"""Changes are applied completely or not at all."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from awsprof.configfile.document import FileEdit, FileKind, PutSection, SectionId, SetValue
from awsprof.editing import history
from awsprof.editing.apply import apply
from awsprof.editing.change import Change, NewSecret
from awsprof.errors import EditRefused, VaultError
from awsprof.secret import Secret
from tests.standins.memory_vault import MemoryVault

KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET = Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
OpenVault = Callable[[], MemoryVault]


def add(name: str, *pairs: tuple[str, str], kind: FileKind = FileKind.CONFIG) -> FileEdit:
    return FileEdit(kind, PutSection(SectionId.profile(name), pairs))


def everything(home: Path) -> dict[str, bytes]:
    """All files below HOME except locks and the history's digest key."""
    files = (f for f in home.rglob("*") if f.is_file())
    files = (f for f in files if f.suffix != ".lock" and f.name != "digest-key")
    return {str(f): f.read_bytes() for f in files}


def test_files_and_vault_change_together(config: Path, kept: MemoryVault, vault: OpenVault) -> None:
    change = Change("added a", (add("a", ("region", "x")),), (NewSecret(KEY, SECRET),))
    applied = apply(change, vault)
    assert config.read_text() == "[profile a]\nregion = x\n"
    assert kept.secrets == {KEY: SECRET}
    assert (applied.written, applied.kept_in) == (True, kept.title)
    assert [entry.summary for entry in history.entries()] == ["added a"]


@pytest.mark.usefixtures("config")
def test_each_file_is_computed_once(vault: OpenVault, monkeypatch: pytest.MonkeyPatch) -> None:
    computed: list[FileKind] = []
    apply_to = Change.apply_to

    def counting(self: Change, kind: FileKind, data: bytes | None) -> bytes | None:
        computed.append(kind)
        return apply_to(self, kind, data)

    monkeypatch.setattr(Change, "apply_to", counting)
    apply(Change("added a", (add("a"),), (NewSecret(KEY, SECRET),)), vault)
    assert computed == [FileKind.CONFIG]  # the only one with an edit
    computed.clear()
    apply(Change("added b", (add("b"), add("b", kind=FileKind.CREDENTIALS))), vault)
    assert computed == list(FileKind)


def test_what_is_so_already_writes_nothing(
    config: Path, kept: MemoryVault, vault: OpenVault, home: Path
) -> None:
    change = Change("added a", (add("a", ("region", "x")),), (NewSecret(KEY, SECRET),))
    apply(change, vault)
    before, stamp = everything(home), config.stat().st_mtime_ns
    again = apply(change, vault)
    assert (again.written, again.id, again.kept_in) == (False, "", "")
    assert everything(home) == before
    assert config.stat().st_mtime_ns == stamp


def test_another_secret_for_a_known_key_is_refused(
    config: Path, kept: MemoryVault, vault: OpenVault
) -> None:
    kept.secrets[KEY] = SECRET
    change = Change("x", (add("a"),), (NewSecret(KEY, Secret("other")),))
    with pytest.raises(EditRefused, match="a different secret"):
        apply(change, vault)
    assert kept.secrets == {KEY: SECRET}
    assert not config.exists()


class Failing(MemoryVault):
    """Fails to store ``at``; with ``late`` only after storing it."""

    def __init__(self, at: str, failure: BaseException, *, late: bool) -> None:
        super().__init__()
        self._at, self._failure, self._late = at, failure, late

    def put(self, key_id: str, secret: Secret) -> None:
        if key_id == self._at and not self._late:
            raise self._failure
        super().put(key_id, secret)
        if key_id == self._at:
            raise self._failure


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("failure", [VaultError("no", "mend"), KeyboardInterrupt()], ids=repr)
def test_a_vault_that_fails_leaves_nothing(
    home: Path, config: Path, failure: BaseException, late: bool
) -> None:
    config.write_text("[profile old]\n")
    before = everything(home)
    vault = Failing("AKIATWO", failure, late=late)
    secrets = (NewSecret(KEY, SECRET), NewSecret("AKIATWO", Secret("two")))
    with pytest.raises(type(failure)):
        apply(Change("x", (add("a"),), secrets), lambda: vault)
    assert everything(home) == before
    assert vault.secrets == {}


def test_a_file_that_cannot_be_edited_leaves_the_vault_and_the_other_file(
    home: Path, config: Path, credentials: Path, kept: MemoryVault, vault: OpenVault
) -> None:
    config.write_text("[profile old]\n")
    credentials.write_text("[broken\n")
    before = everything(home)
    edits = (add("a"), add("b", ("x", "y"), kind=FileKind.CREDENTIALS))
    with pytest.raises(EditRefused, match="credentials"):
        apply(Change("x", edits, (NewSecret(KEY, SECRET),)), vault)
    assert everything(home) == before
    assert kept.secrets == {}


def test_history_that_cannot_be_written_undoes_the_edit(
    home: Path, config: Path, kept: MemoryVault, vault: OpenVault
) -> None:
    config.write_text("[profile old]\n")
    folder = home / ".local" / "share" / "awsprof" / "history"
    folder.parent.mkdir(parents=True)
    folder.write_text("a file where a folder should be")
    with pytest.raises(Exception, match="history"):
        apply(Change("x", (add("a"),), (NewSecret(KEY, SECRET),)), vault)
    assert config.read_text() == "[profile old]\n"
    assert kept.secrets == {}


def test_a_secret_that_leaves_a_file_is_in_the_vault_before(
    credentials: Path, kept: MemoryVault, vault: OpenVault
) -> None:
    credentials.write_text(f"[a]\naws_secret_access_key = {SECRET.reveal()}\n")
    kept.broken = True
    edit = SetValue(SectionId.profile("a"), "aws_secret_access_key", "other")
    with pytest.raises(VaultError):
        apply(Change("x", (FileEdit(FileKind.CREDENTIALS, edit),)), vault)
    assert SECRET.reveal() in credentials.read_text()


def test_a_key_is_forgotten_last(config: Path, kept: MemoryVault, vault: OpenVault) -> None:
    kept.secrets[KEY] = SECRET
    config.write_text("[broken\n")
    with pytest.raises(EditRefused):
        apply(Change("x", (add("a", ("x", "y")),), forget=(KEY,)), vault)
    assert kept.secrets == {KEY: SECRET}
    os.unlink(config)  # noqa: PTH108  # a person mends it
    apply(Change("x", (add("a"),), forget=(KEY,)), vault)
    assert kept.secrets == {}


class Stuck(MemoryVault):
    """Deletes nothing."""

    def delete(self, key_id: str) -> None:
        raise VaultError("It is stuck.", "mend it")


def test_a_key_that_cannot_be_forgotten_is_told_when_all_else_is_done(config: Path) -> None:
    vault = Stuck()
    vault.secrets[KEY] = SECRET
    applied = apply(Change("x", (add("a", ("x", "y")),), forget=(KEY,)), lambda: vault)
    assert config.read_text() == "[profile a]\nx = y\n"
    assert f"The secret of {KEY} is still in the vault: It is stuck." in applied.notes
