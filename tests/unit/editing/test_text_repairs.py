"""A change to a damaged file repairs it first; preview, apply and undo work as usual."""

from collections.abc import Callable
from pathlib import Path

import pytest

from awsprof.configfile.document import FileEdit, FileKind, SectionId, SetValue
from awsprof.configfile.repair_file import FileRepair
from awsprof.configfile.section_repairs import AddSection, DropSection, MergeSection
from awsprof.editing.apply import apply
from awsprof.editing.change import Change, preview_change
from awsprof.editing.undo import plan_undo, undo
from awsprof.errors import EditRefused
from tests.standins.memory_vault import MemoryVault

OpenVault = Callable[[], MemoryVault]
A = SectionId.profile("a")
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
DAMAGED = f"[a]\nregion = x\n\n[a]\naws_secret_access_key = {SECRET}\n"
MERGE = (FileRepair(FileKind.CREDENTIALS, MergeSection(A)),)


def edit(value: str) -> FileEdit:
    return FileEdit(FileKind.CREDENTIALS, SetValue(A, "region", value))


def test_a_damaged_file_is_mended_shown_edited_and_taken_back(
    credentials: Path, kept: MemoryVault, vault: OpenVault
) -> None:
    credentials.write_text(DAMAGED)
    with pytest.raises(EditRefused):
        preview_change(Change("set region", (edit("y"),)))
    change = Change("set region", (edit("y"),), repairs=MERGE)
    (diff,) = preview_change(change).files
    assert [line.text for line in diff.lines if line.mark == "-"].count("[a]") == 1
    assert SECRET not in repr(diff)
    assert credentials.read_text() == DAMAGED
    apply(change, vault)
    assert credentials.read_text() == f"[a]\nregion = y\naws_secret_access_key = {SECRET}\n"
    undo(plan_undo(), vault)
    assert credentials.read_text() == DAMAGED


def test_an_edit_that_is_refused_leaves_the_file_unmended(
    credentials: Path, vault: OpenVault
) -> None:
    credentials.write_text(DAMAGED)
    with pytest.raises(EditRefused):
        apply(Change("set region", (edit("#"),), repairs=MERGE), vault)
    assert credentials.read_text() == DAMAGED


def test_a_section_moves_from_one_file_to_the_other_or_stays(
    config: Path, credentials: Path, vault: OpenVault
) -> None:
    text = "[sso-session s]\nsso_region = x\n"
    session = SectionId.sso_session("s")
    mends = (
        FileRepair(FileKind.CREDENTIALS, DropSection(SectionId.profile("sso-session s"))),
        FileRepair(FileKind.CONFIG, AddSection(session, ("sso_region = x",))),
    )
    change = Change("moved", repairs=mends)
    credentials.write_text(text)
    config.write_text("[sso-session s]\n")  # written since the preview
    with pytest.raises(EditRefused):
        apply(change, vault)
    assert (config.read_text(), credentials.read_text()) == ("[sso-session s]\n", text)
    config.unlink()
    apply(change, vault)
    assert (config.read_text(), credentials.read_text()) == (text, "")
    undo(plan_undo(), vault)
    assert not config.exists()
    assert credentials.read_text() == text
