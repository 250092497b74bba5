"""Undo restores the former bytes, keeps later edits, and leaves no secret in awsprof's files."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from awsprof import atomic, locks, paths
from awsprof.configfile import storage
from awsprof.configfile.document import (
    FileEdit,
    FileKind,
    PutSection,
    RemoveSection,
    SectionId,
    SetValue,
    UnsetValue,
)
from awsprof.editing import history, history_files, redaction
from awsprof.editing.apply import apply
from awsprof.editing.change import Change, NewSecret
from awsprof.editing.hunks import RedactedText
from awsprof.editing.profile_operations import rename_profile
from awsprof.editing.undo import plan_undo, undo
from awsprof.errors import EditRefused, FileError, SecretNotFound, UsageError, VaultError
from awsprof.profiles.catalog import Catalog
from awsprof.secret import Secret
from tests.standins.memory_vault import MemoryVault

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # AWS's documented example
OpenVault = Callable[[], MemoryVault]


def put(name: str, **pairs: str) -> Change:
    section = PutSection(SectionId.profile(name), tuple(pairs.items()))
    return Change(f"added {name}", (FileEdit(FileKind.CONFIG, section),))


def set_region(name: str, region: str) -> Change:
    edit = SetValue(SectionId.profile(name), "region", region)
    return Change(f"set region of {name}", (FileEdit(FileKind.CONFIG, edit),))


def in_files(home: Path) -> list[str]:
    """The files below HOME that contain the secret."""
    files = (f for f in home.rglob("*") if f.is_file())
    return [str(f) for f in files if SECRET.encode() in f.read_bytes()]


@pytest.mark.parametrize(
    "text",
    [
        b"[profile a]\nregion = x\n",
        b"# c\r\n[profile a]\r\nregion = x ; y\r\n\r\n[profile b]",
        b"[profile a]\r\nregion=x\n\n\n  # end \xc3\xa9",
        b"[profile a]\nregion = x",
    ],
)
def test_the_former_bytes_come_back(config: Path, vault: OpenVault, text: bytes) -> None:
    config.write_bytes(text)
    apply(set_region("a", "y"), vault)
    apply(put("c", output="json"), vault)
    assert config.read_bytes() != text
    undo(plan_undo(), vault)
    undo(plan_undo(), vault)
    assert config.read_bytes() == text
    with pytest.raises(UsageError, match="nothing to undo") as refused:
        plan_undo()
    assert refused.value.fix == "awsprof history lists the changes"


@pytest.mark.parametrize(
    ("id", "says"), [(None, "There is nothing to undo."), ("12", "There is no change 12.")]
)
def test_nobody_is_sent_to_an_empty_history(config: Path, id: str | None, says: str) -> None:
    with pytest.raises(UsageError) as refused:
        plan_undo(id)
    assert refused.value.message == f"{says} awsprof has changed nothing yet."
    assert refused.value.fix == ""


def test_what_is_in_a_renamed_section_is_undone(config: Path, vault: OpenVault) -> None:
    """And not in a section with equal lines, whether awsprof renamed it or it is gone."""
    same = "output = json\nregion = x\ncli_pager =\n"
    config.write_text(f"[profile a]\n{same}[profile b]\n{same.replace('x', 'y')}")
    apply(set_region("a", "y"), vault)
    for old, new in ("ac", "ce"):
        apply(rename_profile(old, new, Catalog.load()), vault)
    plan = plan_undo("1")
    assert plan.conflicts == ()
    now = config.read_text()
    undo(plan, vault)
    assert config.read_text() == now.replace("region = y", "region = x", 1)
    undo(plan_undo("4"), vault)
    without = "[profile b]" + now.partition("[profile b]")[2]
    config.write_text(without)
    plan = plan_undo("5")
    assert "removed or renamed" in plan.conflicts[0]
    assert not undo(plan, vault, force=True).written
    assert config.read_text() == without


def test_a_file_that_we_made_goes_again(config: Path, vault: OpenVault) -> None:
    apply(put("a", region="x"), vault)
    undo(plan_undo(), vault)
    assert not config.exists()


def test_what_others_wrote_elsewhere_stays(config: Path, vault: OpenVault) -> None:
    config.write_text("[profile a]\nregion = x\n\n[profile b]\noutput = json\n")
    apply(set_region("a", "y"), vault)
    now = config.read_text().replace("output = json", "output = text") + "[profile c]\n"
    config.write_text("# theirs\n" + now)
    plan = plan_undo()
    assert plan.conflicts == ()
    undo(plan, vault)
    assert config.read_text() == "# theirs\n" + now.replace("region = y", "region = x")


def test_what_others_wrote_after_the_plan_stays(config: Path, vault: OpenVault) -> None:
    config.write_text(f"[profile a]\nregion = x\naws_secret_access_key = {SECRET}\n")
    apply(set_region("a", "y"), vault)
    plan = plan_undo()
    assert SECRET not in repr((plan, plan.former))
    config.write_text("# theirs\n" + config.read_text())
    undo(plan, vault)
    text = f"# theirs\n[profile a]\nregion = x\naws_secret_access_key = {SECRET}\n"
    assert config.read_text() == text


def test_what_others_wrote_in_that_place_is_told_and_kept(config: Path, vault: OpenVault) -> None:
    config.write_text("[profile a]\nregion = x\noutput = json\n")
    apply(set_region("a", "y"), vault)
    config.write_text("[profile a]\nregion = theirs\noutput = json\n")
    plan = plan_undo()
    assert "region = theirs" in plan.conflicts[0]
    with pytest.raises(EditRefused):
        undo(plan, vault)
    assert "theirs" in config.read_text()
    undo(plan, vault, force=True)
    assert config.read_text() == "[profile a]\nregion = x\noutput = json\n"


def moved(credentials: Path, vault: OpenVault) -> str:
    """Move a plain-text key into the vault; returns the former text."""
    text = f"[a]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = {SECRET}\n"
    credentials.write_text(text)
    section = SectionId.profile("a")
    edits = tuple(
        FileEdit(FileKind.CREDENTIALS, UnsetValue(section, key))
        for key in ("aws_access_key_id", "aws_secret_access_key")
    )
    new = NewSecret("AKIAIOSFODNN7EXAMPLE", Secret(SECRET))
    apply(Change("moved", edits, (new,)), vault)
    return text


def test_no_secret_lies_in_history_and_undo_brings_it_back(
    home: Path, credentials: Path, kept: MemoryVault, vault: OpenVault
) -> None:
    text = moved(credentials, vault)
    assert in_files(home) == []
    plan = plan_undo()
    assert plan.restores_plain_secret
    assert SECRET not in repr(plan)
    undo(plan, vault)
    assert credentials.read_text() == text
    assert in_files(home) == [str(credentials)]


def test_a_key_of_one_file_under_both_names_comes_back(
    config: Path, vault: OpenVault, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = f"aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = {SECRET}\n"
    text = f"[profile base]\n{keys}[base]\n{keys}"
    config.write_text(text)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(config))
    unset = UnsetValue(SectionId.profile("base"), "aws_secret_access_key")
    apply(Change("moved", tuple(FileEdit(kind, unset) for kind in FileKind)), vault)
    assert in_files(home) == []
    undo(plan_undo(), vault)
    assert config.read_text() == text


def test_a_secret_that_the_vault_lost_is_told(
    credentials: Path, kept: MemoryVault, vault: OpenVault
) -> None:
    moved(credentials, vault)
    after = credentials.read_text()
    kept.secrets.clear()
    with pytest.raises(SecretNotFound, match="no longer holds a secret"):
        undo(plan_undo(), vault)
    assert credentials.read_text() == after


def test_removing_a_plain_key_keeps_it_for_undo(
    home: Path, credentials: Path, vault: OpenVault
) -> None:
    text = f"[a]\naws_secret_access_key={SECRET}\n[b]\n"
    credentials.write_text(text)
    gone = FileEdit(FileKind.CREDENTIALS, RemoveSection(SectionId.profile("a")))
    apply(Change("removed a", (gone,)), vault)
    assert in_files(home) == []
    undo(plan_undo(), vault)
    assert credentials.read_text() == text


def test_the_newest_fifty_are_kept_and_what_only_the_others_needed_goes(
    credentials: Path, config: Path, kept: MemoryVault, vault: OpenVault
) -> None:
    moved(credentials, vault)
    assert [name for name in kept.secrets if name.startswith("history/")] != []
    for number in range(history.MAX_ENTRIES):
        apply(set_region("b", f"r{number}") if number else put("b", region="r0"), vault)
    ids = [int(entry.id) for entry in history.entries()]
    assert ids == list(range(history.MAX_ENTRIES + 1, 1, -1))
    assert [name for name in kept.secrets if name.startswith("history/")] == []
    assert "AKIAIOSFODNN7EXAMPLE" in kept.secrets


def test_an_edit_that_another_program_overwrote_is_told_once(
    config: Path, vault: OpenVault
) -> None:
    config.write_text("[profile a]\nregion = x\n")
    apply(set_region("a", "y"), vault)
    assert history.overwritten_edits() == ()
    config.write_text("[profile a]\nregion = x\n[profile theirs]\n")
    assert "set region of a" in history.overwritten_edits()[0]
    assert history.overwritten_edits() == ()


@pytest.mark.parametrize("gone", ["the file", "its folder", "a file in its place"])
def test_a_file_of_the_last_change_that_is_gone_is_no_lost_edit(
    home: Path, vault: OpenVault, monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    project = home / "project"
    monkeypatch.setenv("AWS_CONFIG_FILE", str(project / "config"))
    apply(put("a", region="x"), vault)
    monkeypatch.delenv("AWS_CONFIG_FILE")
    (project / "config").unlink()
    if gone != "the file":
        project.rmdir()
    if gone == "a file in its place":
        project.write_text("notes\n")
    assert history.overwritten_edits() == ()


def test_a_file_of_the_last_change_that_cannot_be_read_is_no_lost_edit(
    config: Path, vault: OpenVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(put("a", region="x"), vault)
    read = atomic.read_file

    def fail(path: Path) -> bytes | None:
        if path == config:
            raise FileError(f"{path} cannot be read: Input/output error.")
        return read(path)

    monkeypatch.setattr(atomic, "read_file", fail)
    assert history.overwritten_edits() == ()


def test_two_processes_that_start_at_once_share_the_key_of_the_history(home: Path) -> None:
    file, key = paths.history_dir() / "digest-key", b"k" * 32
    with ThreadPoolExecutor() as threads:
        with locks.hold_lock(paths.locks_dir() / "history.lock", purpose="creating it"):
            other = threads.submit(redaction.ensure_secret_naming)
            time.sleep(0.05)
            atomic.write_file(file, key)
        assert other.result().key == key


def test_a_wait_for_the_files_is_told(
    config: Path, vault: OpenVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "_TELL_AFTER_S", 0.0)
    told: list[str] = []
    (lock, *_) = storage.lock_names()

    def held() -> ExitStack:
        holding = ExitStack()
        path = paths.locks_dir() / lock
        holding.enter_context(locks.hold_lock(path, purpose="changing them"))
        return holding

    def tell(text: str) -> None:
        told.append(text)
        holding.close()

    holding = held()
    done = apply(put("a", region="x"), vault, tell=tell)
    holding = held()
    undo(plan_undo(done.id), vault, tell=tell)
    assert [text[:27] for text in told] == ["Waiting for another awsprof"] * 2


def test_somebody_s_own_edit_is_no_lost_one(config: Path, vault: OpenVault) -> None:
    config.write_text("[profile a]\nregion = x\n")
    apply(set_region("a", "y"), vault)
    config.write_text("[profile a]\nregion = z\n")
    assert history.overwritten_edits() == ()


@pytest.mark.parametrize("before", [None, "[profile a]\nregion = x\n"])
def test_an_edit_of_what_was_added_is_no_lost_one(
    config: Path, vault: OpenVault, before: str | None
) -> None:
    if before is not None:
        config.write_text(before)
    apply(put("b", region="x", output="json"), vault)
    added = config.read_text()
    config.write_text(added.replace("output = json", "output = text"))
    assert history.overwritten_edits() == ()
    config.write_text((before or "") + "[profile theirs]\nregion = x\n")
    assert len(history.overwritten_edits()) == 1


def test_an_edit_of_added_keys_is_no_lost_one(config: Path, vault: OpenVault) -> None:
    config.write_text("[profile a]\nregion = x\n")
    apply(put("a", output="json", retry_mode="standard"), vault)
    config.write_text(config.read_text().replace("= standard", "= adaptive"))
    assert history.overwritten_edits() == ()
    config.write_text("[profile a]\nregion = x\n")
    assert len(history.overwritten_edits()) == 1


def test_a_large_change_that_was_overwritten_is_told_without_comparing_every_place(
    config: Path, vault: OpenVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = 0

    def count(self: RedactedText, *place: Any) -> bool:
        nonlocal compared
        compared += 1
        return has(self, *place)

    has = RedactedText.has
    before = "".join(f"[profile a{number}]\nregion = x\n" for number in range(300))
    config.write_text(before)
    edits = (edit for number in range(300) for edit in put(f"b{number}", region="x").edits)
    apply(Change("added 300", tuple(edits)), vault)
    config.write_text(before)
    monkeypatch.setattr(RedactedText, "has", count)
    assert len(history.overwritten_edits()) == 1
    assert compared < 600


def test_a_large_change_that_holds_costs_later_commands_no_parsing(
    config: Path, vault: OpenVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(put("a", region="x"), vault)

    def parse(path: Path, keep: object) -> None:
        raise AssertionError(path)

    with monkeypatch.context() as patched:
        patched.setattr(history_files, "read_entry", parse)
        assert history.overwritten_edits() == ()
    config.write_text("")
    assert len(history.overwritten_edits()) == 1


@pytest.mark.parametrize("summary", ["a", 'say "b\\', 'x", "undone": true, "y', "é \u2028", ""])
@pytest.mark.parametrize("undone", [True, False])
def test_whether_an_entry_was_undone_is_read_at_its_head(
    config: Path, vault: OpenVault, summary: str, undone: bool
) -> None:
    apply(replace(put("a", region="x"), summary=summary), vault)
    (entry,) = history.entries()
    history_files.save_entry(replace(entry, undone=undone))
    file = history_files.entry_file(entry.id)
    assert history_files.undone_mark(file.read_bytes()) == (entry.when.isoformat(), undone)
    reordered = json.dumps(json.loads(file.read_bytes()), sort_keys=True)
    assert history_files.undone_mark(reordered.encode()) is None


@pytest.mark.parametrize("path", [r"\u0000", r"\x", r"\ud800"])
def test_a_broken_path_of_the_history_stops_no_command(
    config: Path, vault: OpenVault, path: str
) -> None:
    apply(put("a", region="x"), vault)
    (entry,) = history_files.entry_files()
    entry.write_text(entry.read_text().replace(str(config), path))
    assert history.overwritten_edits() == ()


def test_a_change_is_taken_back_once(config: Path, vault: OpenVault) -> None:
    apply(put("a", region="x"), vault)
    apply(put("b", region="x"), vault)
    undo(plan_undo("1"), vault)
    assert "[profile a]" not in config.read_text()
    assert "[profile b]" in config.read_text()
    with pytest.raises(UsageError, match="already been undone"):
        plan_undo("1")
    with pytest.raises(UsageError, match="no change 9"):
        plan_undo("9")


def test_a_file_that_is_not_in_use_now_is_left(
    config: Path, vault: OpenVault, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    apply(put("a", region="x"), vault)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "other"))
    with pytest.raises(EditRefused, match="not the file in use now"):
        undo(plan_undo(), vault)
    assert "[profile a]" in config.read_text()


def test_history_is_for_its_owner_alone(config: Path, vault: OpenVault, home: Path) -> None:
    apply(put("a", region="x"), vault)
    (entry,) = (home / ".local" / "share" / "awsprof" / "history").glob("*.json")
    assert entry.stat().st_mode & 0o777 == 0o600
    assert entry.parent.stat().st_mode & 0o777 == 0o700


def test_a_plan_that_another_process_carried_out_is_not_carried_out_again(
    config: Path, vault: OpenVault
) -> None:
    apply(put("a", region="x"), vault)
    apply(put("b", region="x"), vault)
    plan, same = plan_undo(), plan_undo()
    undo(plan, vault)
    with pytest.raises(UsageError, match="already been undone"):
        undo(same, vault)
    assert config.read_text() == "[profile a]\nregion = x\n"


def test_what_came_in_the_way_after_the_plan_was_made_is_kept(
    config: Path, vault: OpenVault
) -> None:
    config.write_text("[profile a]\nregion = x\n")
    apply(set_region("a", "y"), vault)
    plan = plan_undo()
    config.write_text("[profile a]\nregion = theirs\n")
    with pytest.raises(EditRefused, match="theirs"):
        undo(plan, vault)
    assert config.read_text() == "[profile a]\nregion = theirs\n"


def test_a_secret_that_was_commented_out_is_one_still(
    home: Path, credentials: Path, vault: OpenVault
) -> None:
    text = f"[a]\n# aws_secret_access_key = {SECRET}\nregion = x\n[b]\n"
    credentials.write_text(text)
    gone = FileEdit(FileKind.CREDENTIALS, RemoveSection(SectionId.profile("a")))
    apply(Change("removed a", (gone,)), vault)
    assert in_files(home) == []
    undo(plan_undo(), vault)
    assert credentials.read_text() == text


def line_of(key_id: str) -> str:
    return f"/usr/bin/awsprof credential-process a --key {key_id}"


def test_a_key_that_a_copy_hands_out_stays_in_the_vault(
    config: Path, kept: MemoryVault, vault: OpenVault
) -> None:
    key_id = "AKIAIOSFODNN7EXAMPLE"
    added = put("a", credential_process=line_of(key_id))
    apply(Change(added.summary, added.edits, (NewSecret(key_id, Secret(SECRET)),)), vault)
    apply(put("copy", credential_process=line_of(key_id)), vault)
    plan = plan_undo("1")
    assert plan.preview.vault == ()
    undo(plan, vault)
    assert key_id in kept.secrets


def test_what_needs_a_secret_that_left_is_not_made_again(
    config: Path, kept: MemoryVault, vault: OpenVault
) -> None:
    key_id = "AKIAIOSFODNN7EXAMPLE"
    added = put("a", credential_process=line_of(key_id))
    apply(Change(added.summary, added.edits, (NewSecret(key_id, Secret(SECRET)),)), vault)
    undo(plan_undo(), vault)
    assert kept.secrets == {}
    with pytest.raises(UsageError, match="was removed from the vault"):
        plan_undo("2")


def closed() -> MemoryVault:
    raise AssertionError("the vault is opened")


@pytest.mark.parametrize(
    "text",
    [
        f"[a]\naws_secret_access_key = {SECRET}\nregion = x\naws_session_token = short\n",
        f"[a]\nsecret_key = {SECRET}\nregion = x\n# aws_secret_access_key = {SECRET}\n",
        f"[a]\nregion = x\nexport AWS_SECRET_ACCESS_KEY='{SECRET}'\npassword = hunter2\n",
    ],
)
def test_an_edit_beside_a_secret_needs_no_vault(
    home: Path, credentials: Path, config: Path, text: str
) -> None:
    credentials.write_text(text)
    edit = SetValue(SectionId.profile("a"), "region", "y")
    done = apply(Change("set", (FileEdit(FileKind.CREDENTIALS, edit),)), closed)
    assert done.written
    assert done.kept_in == ""
    assert in_files(home) == [str(credentials)]
    plan = plan_undo()
    assert not plan.restores_plain_secret
    undo(plan, closed)
    assert credentials.read_text() == text


def test_a_secret_that_stays_in_another_form_needs_no_vault(home: Path, credentials: Path) -> None:
    text = f"[a]\naws_secret_access_key = '{SECRET}'\n"
    credentials.write_text(text)
    edit = SetValue(SectionId.profile("a"), "aws_secret_access_key", SECRET)
    apply(Change("unquoted", (FileEdit(FileKind.CREDENTIALS, edit),)), closed)
    assert in_files(home) == [str(credentials)]
    undo(plan_undo(), closed)
    assert credentials.read_text() == text


def test_without_a_vault_a_secret_is_not_taken_out(credentials: Path) -> None:
    def broken() -> MemoryVault:
        raise VaultError("The keyring is locked.", "unlock it")

    text = f"[a]\naws_secret_access_key = {SECRET}\n"
    credentials.write_text(text)
    gone = FileEdit(FileKind.CREDENTIALS, RemoveSection(SectionId.profile("a")))
    with pytest.raises(VaultError):
        apply(Change("removed a", (gone,)), broken)
    assert credentials.read_text() == text
    assert history.entries() == ()


def test_what_was_taken_out_later_is_found_for_an_earlier_undo(
    credentials: Path, vault: OpenVault
) -> None:
    text = f"[a]\naws_secret_access_key = '{SECRET}'\n[b]\n"
    credentials.write_text(text)
    edit = SetValue(SectionId.profile("a"), "aws_secret_access_key", SECRET)
    apply(Change("unquoted", (FileEdit(FileKind.CREDENTIALS, edit),)), vault)
    gone = FileEdit(FileKind.CREDENTIALS, RemoveSection(SectionId.profile("a")))
    apply(Change("removed a", (gone,)), vault)
    undo(plan_undo("2"), vault)
    undo(plan_undo("1"), vault)
    assert credentials.read_text() == text


def test_what_was_redone_is_the_next_to_be_undone(config: Path, vault: OpenVault) -> None:
    config.write_text("[profile a]\nregion = x\n")
    apply(set_region("a", "y"), vault)
    apply(set_region("a", "z"), vault)
    texts = {"undone": "y", "redone": "z"}
    for id in (None, "3", None, "5", None):  # undo, redo, undo, ...
        plan = plan_undo(id)
        assert id or plan.entry.id == "2"
        undo(plan, vault)
        assert f"region = {texts['redone' if id else 'undone']}" in config.read_text()
        marks = {entry.id: entry.undone for entry in history.entries()}
        assert (marks["1"], marks["2"]) == (False, id is None)
    undo(plan_undo(), vault)
    assert config.read_text() == "[profile a]\nregion = x\n"


def test_a_change_that_was_undone_in_part_is_not_undone(config: Path, vault: OpenVault) -> None:
    text = "[profile a]\nregion = x\n\n[profile b]\nregion = x\n\n[profile c]\nregion = x\n"
    config.write_text(text)
    both = (*set_region("a", "y").edits, *set_region("c", "y").edits)
    apply(Change("set two", both), vault)
    config.write_text(config.read_text().partition("[profile c]")[0])
    plan = plan_undo()
    assert plan.in_part
    assert undo(plan, vault, force=True).written
    assert config.read_text() == text.partition("[profile c]")[0]
    part, whole = history.entries()
    assert (part.summary, part.undone, part.undoes) == ("undid in part: set two", False, "")
    assert not whole.undone


def test_an_undo_that_would_change_another_section_is_refused(
    config: Path, vault: OpenVault
) -> None:
    config.write_text("[profile a]\nregion = x\n")
    unset = UnsetValue(SectionId.profile("a"), "region")
    apply(Change("unset", (FileEdit(FileKind.CONFIG, unset),)), vault)
    apply(set_region("a", "y"), vault)
    plan, now = plan_undo("1"), config.read_bytes()
    assert plan.refusal is not None
    assert "later changes first" in plan.refusal.fix
    with pytest.raises(EditRefused, match="cannot be read"):
        undo(plan, vault, force=True)
    assert config.read_bytes() == now
    assert not any(entry.undone for entry in history.entries())
    undo(plan_undo(), vault)
    undo(plan_undo("1"), vault)
    assert config.read_text() == "[profile a]\nregion = x\n"
