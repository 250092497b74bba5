"""Secrets that old versions left in the history are removed, and undo still works."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from awsprof.configfile.document import FileEdit, FileKind, RemoveSection, SectionId
from awsprof.editing import history, history_old_secrets
from awsprof.editing.apply import apply
from awsprof.editing.change import Change
from awsprof.editing.undo import plan_undo, undo
from awsprof.errors import SecretNotFound, VaultError
from tests.standins.memory_vault import MemoryVault

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # AWS's documented example
TEXT = f"[a]\nsecret_key = {SECRET}\n[b]\nregion = x\n"
OpenVault = Callable[[], MemoryVault]


@pytest.fixture
def entry(credentials: Path, home: Path, vault: OpenVault) -> Path:
    """An old history file of a change that removed a secret: it has the secret in plain text."""
    credentials.write_text(TEXT)
    gone = FileEdit(FileKind.CREDENTIALS, RemoveSection(SectionId.profile("a")))
    apply(Change("removed a", (gone,)), vault)
    (path,) = (home / ".local/share/awsprof/history").glob("*.json")
    data = json.loads(path.read_text())
    del data["format"]
    (hunk,) = data["files"][0]["hunks"]
    hunk["old"] = ["[a]\n", f"secret_key = {SECRET}\n"]
    hunk["below"] = ["[b]\n", "region = x\n", "# password = hunter2\n"]
    path.write_text(json.dumps(data, indent=1))
    return path


def test_it_is_taken_out_told_once_and_undo_brings_it_back(
    entry: Path, credentials: Path, kept: MemoryVault, vault: OpenVault
) -> None:
    kept.secrets.clear()
    assert "(1)" in history_old_secrets.clean_old_entries(vault)
    assert SECRET not in entry.read_text()
    assert "hunter2" not in entry.read_text()
    assert history_old_secrets.clean_old_entries(vault) == ""
    undo(plan_undo(), vault)
    assert credentials.read_text() == TEXT


def test_reading_needs_no_cleaning(entry: Path) -> None:
    (found,) = history.entries()
    assert SECRET not in repr(found)
    assert "hunter2" not in repr(found)
    assert SECRET in entry.read_text()


def test_without_a_vault_it_goes_all_the_same_and_that_is_said(
    entry: Path, kept: MemoryVault, vault: OpenVault
) -> None:
    def broken() -> MemoryVault:
        raise VaultError("The keyring is locked.", "unlock it")

    kept.secrets.clear()
    assert "undo of 1 lacks a secret" in history_old_secrets.clean_old_entries(broken)
    assert SECRET not in entry.read_text()
    with pytest.raises(SecretNotFound):
        undo(plan_undo(), vault)


def test_one_that_stands_in_a_file_still_needs_no_vault(
    entry: Path, credentials: Path, kept: MemoryVault
) -> None:
    def closed() -> MemoryVault:
        raise AssertionError("the vault is opened")

    kept.secrets.clear()
    credentials.write_text(credentials.read_text() + f"secret_key = {SECRET}\n")
    assert "lacks" not in history_old_secrets.clean_old_entries(closed)
    assert SECRET not in entry.read_text()


def test_a_file_that_cannot_be_read_keeps_nothing_from_being_cleaned(
    entry: Path, vault: OpenVault
) -> None:
    entry.with_name("00000002.json").write_text("[" * 10)
    assert "(1)" in history_old_secrets.clean_old_entries(vault)
    assert SECRET not in entry.read_text()


def test_what_is_clean_is_left(credentials: Path, vault: OpenVault) -> None:
    assert history_old_secrets.clean_old_entries(vault) == ""


@pytest.mark.timeout(20)
def test_a_pipe_in_the_place_of_an_entry_is_not_waited_for(entry: Path, vault: OpenVault) -> None:
    os.mkfifo(entry.with_name("00000009.json"))
    assert "(1)" in history_old_secrets.clean_old_entries(vault)
