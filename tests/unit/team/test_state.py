"""What is remembered of a team file: written, read, undone, lost and broken."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from awsprof.configfile.document import FileEdit, FileKind, PutSection, SectionId
from awsprof.editing import history
from awsprof.editing.apply import apply
from awsprof.editing.change import Change
from awsprof.editing.history_files import HistoryEntry
from awsprof.editing.undo import plan_undo, undo
from awsprof.errors import FileError
from awsprof.profiles.catalog import Catalog
from awsprof.team.drift import Drift, find_drift
from awsprof.team.source_state import AppliedChange, FormerState, SourceState, Version
from awsprof.team.state import (
    digests_of,
    load_state,
    managed_profiles,
    state_file,
    update_state,
)
from awsprof.vault.vault import Vault

SOURCE = "/srv/team.toml"
DEV, CORP = SectionId.profile("dev"), SectionId.sso_session("corp")
VALUES = {"region": "eu-west-1", "sso_session": "corp"}


def no_vault() -> Vault:
    raise AssertionError("a team file has no secrets")


def write_config(text: str) -> None:
    path = Path.home() / ".aws" / "config"
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.write_text(text)


def remember(**more: object) -> SourceState:
    def change(state: SourceState) -> SourceState:
        return replace(state, **more)  # type: ignore[arg-type]  # any field

    update_state(SOURCE, change)
    return load_state().of(SOURCE)


def test_what_is_remembered_is_read_back() -> None:
    version = Version("d" * 64, "c" * 40, "main")
    sections = {DEV: digests_of(VALUES), CORP: digests_of({"sso_region": "eu-west-1"})}
    kept = {DEV: digests_of({"region": "us-east-1"})}
    changes = (AppliedChange("7", "2026-01-02T03:04:05+00:00", "d", {DEV: None, CORP: {}}),)
    answers = {"user": "alice"}
    found = remember(version=version, sections=sections, kept=kept, variables=answers)
    assert (found.version, found.sections, found.kept) == (version, sections, kept)
    assert found.variables == answers
    assert remember(changes=changes).changes == ()  # the history has no such change
    assert managed_profiles() == {"dev": SOURCE}


def test_no_value_of_a_profile_is_in_the_file() -> None:
    remember(sections={DEV: digests_of({"role_arn": "arn:aws:iam::123456789012:role/Payroll"})})
    assert "Payroll" not in state_file().read_text()
    assert state_file().stat().st_mode & 0o77 == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"format": 1}',
        '{"format": 0, "sources": []}',
        '{"format": 1, "sources": [{"source": 1}]}',
        "[" * 100_000,
    ],
)
def test_a_broken_file_is_told_kept_and_made_anew(text: str) -> None:
    state_file().parent.mkdir(parents=True)
    state_file().write_text(text)
    found = load_state()
    assert found.broken
    assert found.sources == ()
    assert managed_profiles() == {}
    remember(sections={DEV: digests_of(VALUES)})
    assert managed_profiles() == {"dev": SOURCE}
    assert state_file().with_name("team.json.broken").read_text() == text


def test_a_section_of_another_type_makes_the_file_broken() -> None:
    remember(sections={DEV: digests_of(VALUES)})
    state_file().write_text(state_file().read_text().replace("profile dev", "plugins dev"))
    assert "a section should be a profile" in load_state().broken


def test_each_config_file_has_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    remember(sections={DEV: digests_of(VALUES)})
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "other"))
    assert managed_profiles() == {}
    remember(sections={CORP: digests_of(VALUES)})
    monkeypatch.delenv("AWS_CONFIG_FILE")
    assert managed_profiles() == {"dev": SOURCE}


def test_an_undone_change_is_not_remembered() -> None:
    before = digests_of({"region": "eu-west-1"})
    write_config("[profile dev]\nregion = eu-west-1\n")
    edit = FileEdit(FileKind.CONFIG, PutSection(DEV, (("region", "eu-west-2"),)))
    applied = apply(Change("applied the team file", (edit,)), no_vault)
    when = history.find_entry(applied.id).when.isoformat()
    change = AppliedChange(applied.id, when, "d", {DEV: before, CORP: None})
    after = {DEV: digests_of({"region": "eu-west-2"}), CORP: digests_of({})}
    assert remember(sections=after, changes=(change,)).sections == after
    undo(plan_undo(applied.id), no_vault)
    found = load_state().of(SOURCE)
    assert found.sections == {DEV: before}
    assert found.changes == ()
    assert found.undone == {"d"}


@pytest.mark.parametrize("killed", ["before the change", "after it"])
def test_what_is_prepared_holds_once_the_history_has_the_change(killed: str) -> None:
    write_config("[profile dev]\nregion = eu-west-1\n")
    old, new = ({DEV: digests_of({"region": region})} for region in ("eu-west-1", "eu-west-2"))
    remember(sections=old)
    edit = FileEdit(FileKind.CONFIG, PutSection(DEV, (("region", "eu-west-2"),)))

    def before_write(entry: HistoryEntry) -> None:
        change = AppliedChange(entry.id, entry.when.isoformat(), "d", old)
        update_state(
            SOURCE,
            lambda state: replace(state, sections=new, changes=(change,)),
            pending=True,
        )
        assert load_state().of(SOURCE).sections == old
        if killed == "before the change":
            raise FileError("The disk is full.")

    if killed == "before the change":
        with pytest.raises(FileError):
            apply(Change("applied", (edit,)), no_vault, before_write=before_write)
        assert load_state().of(SOURCE).sections == old
        return
    applied = apply(Change("applied", (edit,)), no_vault, before_write=before_write)
    assert load_state().of(SOURCE).sections == new
    undo(plan_undo(applied.id), no_vault)
    assert load_state().of(SOURCE).sections == old


def test_a_change_of_the_same_id_in_a_new_history_is_another_one() -> None:
    write_config("[profile dev]\nregion = eu-west-1\n")
    edit = FileEdit(FileKind.CONFIG, PutSection(DEV, (("region", "eu-west-2"),)))
    applied = apply(Change("something else", (edit,)), no_vault)
    undo(plan_undo(applied.id), no_vault)
    change = AppliedChange(applied.id, "2020-01-01T00:00:00+00:00", "d", {DEV: None})
    sections = {DEV: digests_of(VALUES)}
    assert remember(sections=sections, changes=(change,)).sections == sections


def test_drift_is_what_you_changed_or_removed_and_did_not_choose_to_keep() -> None:
    write_config("[profile dev]\nregion = us-east-1\nsso_session = corp\noutput = json\n")
    state = {DEV: digests_of(VALUES), CORP: digests_of({"sso_region": "eu-west-1"})}
    remember(sections=state)
    gone = Drift(CORP, SOURCE, gone=True)
    assert find_drift(Catalog.load()) == (Drift(DEV, SOURCE, ("region",)), gone)
    remember(kept={DEV: digests_of({"region": "eu-west-1"})})
    assert find_drift(Catalog.load()) == (gone,)
    remember(kept={CORP: state[CORP]})
    assert [found.section for found in find_drift(Catalog.load())] == [DEV]


def test_what_the_team_removed_is_drift_until_it_is_gone_or_yours() -> None:
    sections = {DEV: digests_of({"region": "eu-west-1"}), CORP: digests_of({"sso_region": "x"})}
    remember(sections=sections, dropped=frozenset({DEV}))
    write_config("[profile dev]\nregion = eu-west-1\n[sso-session corp]\nsso_region = x\n")
    (found,) = find_drift(Catalog.load())
    assert (found, found.what) == (Drift(DEV, SOURCE, dropped=True), "dropped")
    write_config("[profile dev]\nregion = us-east-1\n[sso-session corp]\nsso_region = x\n")
    assert find_drift(Catalog.load()) == ()
    write_config("[sso-session corp]\nsso_region = x\n")
    assert find_drift(Catalog.load()) == ()


def test_what_is_before_a_change_is_read_back_and_an_older_awsprof_reads_it_too() -> None:
    write_config("[profile dev]\nregion = eu-west-1\n")
    edit = FileEdit(FileKind.CONFIG, PutSection(DEV, (("region", "eu-west-2"),)))
    applied = apply(Change("applied the team file", (edit,)), no_vault)
    when = history.find_entry(applied.id).when.isoformat()
    former = FormerState(Version("c", "1" * 40, "main"), frozenset({CORP}))
    change = AppliedChange(applied.id, when, "d", {DEV: None}, former)
    assert remember(changes=(change,)).changes == (change,)
    (stored,) = json.loads(state_file().read_text())["sources"][0]["changes"]
    assert stored["former"] == {"digest": "c", "commit": "1" * 40, "ref": "main"}


def test_former_versions_are_remembered_once_each() -> None:
    state = SourceState(SOURCE, "config")
    for digest in ("a", "b", "b", "c", "a"):
        state = state.with_version(Version(digest))
    assert state.earlier == ("b", "c")
    assert state.version == Version("a")


def test_anothers_data_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    remember(sections={DEV: digests_of(VALUES)})

    def refuse() -> None:
        raise FileError("It belongs to another user.")

    monkeypatch.setattr("awsprof.trust.require_own_data", refuse)
    with pytest.raises(FileError):
        load_state()
    assert managed_profiles() == {}
    assert json.loads(state_file().read_text())["format"] == 1
