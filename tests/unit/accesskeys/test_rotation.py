"""Rotating a key: room for it, steps that can be gone on with, the way back, and the end."""

import json
import shlex
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from awsprof import locks, paths
from awsprof.accesskeys.rotation.flows import continue_rotations, revert_rotation, rotate_key
from awsprof.accesskeys.rotation.resumable_steps import Rotation
from awsprof.awsapi.iam import Iam, NewKey
from awsprof.editing.apply import apply
from awsprof.editing.profile_operations import move_key, set_profile_value
from awsprof.editing.undo import plan_undo, undo
from awsprof.errors import AwsprofError, CredentialsError, LockTimeout, UsageError, VaultError
from awsprof.profiles.catalog import Catalog
from awsprof.secret import Secret
from awsprof.vault.index import Index
from tests.standins.aws import Key
from tests.standins.cli_runner import run
from tests.standins.file_reads import count_file_reads
from tests.standins.memory_vault import MemoryVault
from tests.standins.moto_iam import UserKey
from tests.unit.accesskeys.conftest import ARN, KeyRig


def new_of(key_rig: KeyRig) -> str:
    (new,) = key_rig.names()
    return new


def test_the_new_key_serves_all_and_the_old_one_waits(key_rig: KeyRig) -> None:
    rotate_key(key_rig.key_context(), "ci", now=False)
    new = new_of(key_rig)
    assert key_rig.at_aws() == {key_rig.key.id: False, new: True}
    assert set(key_rig.vault.secrets) == {key_rig.key.id, new}
    (rotation,) = Index.load().rotations()
    assert (rotation.old, rotation.new) == (key_rig.key.id, new)
    assert {entry.arn for entry in Index.load().entries()} == {ARN}  # they belong together
    assert len(Index.load().entries()) == 2
    rotate_key(
        key_rig.key_context(), "base", now=False
    )  # nothing more happens before somebody comes back
    assert new_of(key_rig) == new
    continue_rotations(key_rig.key_context(), None, now=False)
    assert key_rig.at_aws() == {new: True}
    assert set(key_rig.vault.secrets) == {new}
    assert not Index.load().rotations()


def test_no_leaves_all_as_it_was(key_rig: KeyRig) -> None:
    key_rig.no = ("Rotate it",)
    rotate_key(key_rig.key_context(), "base", now=True)
    assert key_rig.at_aws() == {key_rig.key.id: True}
    assert not Index.load().rotations()


def test_the_other_key_makes_room_only_where_the_person_says_so(
    key_rig: KeyRig, capsys: pytest.CaptureFixture[str]
) -> None:
    other = key_rig.aws.moto.key_of("alice", "123456789012")
    other.active = False
    key_rig.no = (other.id,)
    with pytest.raises(AwsprofError) as refused:
        rotate_key(key_rig.key_context(), "base", now=True)
    assert refused.value.fix.endswith(f"awsprof keys delete {other.id}")
    assert f"{other.id}  inactive" in capsys.readouterr().err
    key_rig.no = ()
    with pytest.raises(AwsprofError):  # a yes beforehand named no key
        rotate_key(key_rig.key_context(yes=True), "base", now=True)
    assert other.id in key_rig.at_aws()
    rotate_key(key_rig.key_context(), "base", now=True)
    assert key_rig.at_aws() == {new_of(key_rig): True}


@pytest.mark.parametrize("action", ["CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey"])
def test_what_aws_denies_names_the_policy_and_is_gone_on_with(key_rig: KeyRig, action: str) -> None:
    key_rig.aws.temper.denied = {action}
    with pytest.raises(CredentialsError) as denied:
        rotate_key(key_rig.key_context(), "base", now=True)
    assert "awsprof policy manage-own-keys" in denied.value.fix
    assert action in denied.value.message
    key_rig.aws.temper.denied = set()
    rotate_key(key_rig.key_context(), "base", now=True)
    assert key_rig.at_aws() == {new_of(key_rig): True} != {key_rig.key.id: True}


class Refusing(MemoryVault):
    """Takes nothing."""

    def put(self, key_id: str, secret: Secret) -> None:
        """Never."""
        raise VaultError("The keyring is full.", "make room")


def test_a_key_that_cannot_be_kept_is_deleted_again(key_rig: KeyRig) -> None:
    refusing = Refusing()
    refusing.secrets = key_rig.vault.secrets
    kept, key_rig.vault = key_rig.vault, refusing
    with pytest.raises(VaultError):
        rotate_key(key_rig.key_context(), "base", now=True)
    assert key_rig.at_aws() == {key_rig.key.id: True}
    assert key_rig.names() == {key_rig.key.id}
    key_rig.vault = kept
    rotate_key(key_rig.key_context(), "base", now=True)
    assert key_rig.at_aws() == {new_of(key_rig): True}


def begun(key_rig: KeyRig) -> None:
    """A rotation that came as far as having begun."""
    key_rig.aws.temper.denied = {"CreateAccessKey"}
    with pytest.raises(CredentialsError):
        rotate_key(key_rig.key_context(), "base", now=True)
    key_rig.aws.temper.denied = set()


def test_a_key_that_somebody_uses_is_none_of_ours(key_rig: KeyRig) -> None:
    begun(key_rig)
    theirs = key_rig.aws.moto.key_of("alice", "123456789012")
    key_rig.aws.moto.used(theirs.id)
    with pytest.raises(AwsprofError, match="in use"):
        rotate_key(key_rig.key_context(yes=True), "base", now=True)
    assert key_rig.at_aws() == {key_rig.key.id: True, theirs.id: True}


@pytest.mark.parametrize("how", ["unused", "last use denied", "in plain text"])
def test_yes_deletes_no_key_that_may_be_somebody_else_s(key_rig: KeyRig, how: str) -> None:
    begun(key_rig)
    theirs = key_rig.aws.moto.key_of("alice", "123456789012")
    if how == "last use denied":
        key_rig.aws.temper.denied = {"GetAccessKeyLastUsed"}
    if how == "in plain text":
        plain(key_rig, theirs)
        config = key_rig.config()
        sso = "sso_start_url=https://x.awsapps.com/start\nsso_region=us-east-1\n"
        sso += "sso_account_id=123456789012\nsso_role_name=r\n"  # it takes precedence
        config.write_text(f"{config.read_text()}\n[profile old]\n{sso}")
    with pytest.raises(AwsprofError) as refused:
        rotate_key(key_rig.key_context(yes=True), "base", now=False)
    if how == "in plain text":
        assert "has two keys" in refused.value.message
    else:
        assert f"awsprof keys delete {theirs.id}; then awsprof keys rotate" in refused.value.fix
    assert key_rig.at_aws() == {key_rig.key.id: True, theirs.id: True}
    if how == "last use denied":  # nor does anybody else agree to what is not known
        with pytest.raises(AwsprofError, match="GetAccessKeyLastUsed"):
            rotate_key(key_rig.key_context(), "base", now=False)
    revert_rotation(key_rig.key_context(yes=True), "base", now=False)
    assert key_rig.at_aws() == {key_rig.key.id: True, theirs.id: True}
    assert not Index.load().rotations()


@pytest.mark.parametrize(("minutes", "own"), [(0, True), (5, False)])
def test_yes_deletes_the_key_of_a_call_whose_answer_never_came(
    key_rig: KeyRig, minutes: int, own: bool
) -> None:
    begun(key_rig)
    (rotation,) = Index.load().rotations()
    assert rotation.creating is None  # AWS denied that call
    called = datetime.now(UTC) - timedelta(minutes=minutes)
    Index.load().note_rotation(replace(rotation, creating=called))
    orphan = key_rig.aws.moto.key_of("alice", "123456789012")
    if own:
        rotate_key(key_rig.key_context(yes=True), "base", now=True)
        assert key_rig.at_aws() == {new_of(key_rig): True}
        assert orphan.id not in key_rig.at_aws()
        return
    with pytest.raises(AwsprofError, match="no room"):
        rotate_key(key_rig.key_context(yes=True), "base", now=True)
    assert orphan.id in key_rig.at_aws()


def test_the_time_of_a_call_is_noted_until_its_answer(
    key_rig: KeyRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(iam: Iam, user: str) -> NewKey:
        raise CredentialsError("The connection was closed.")

    with monkeypatch.context() as patch:
        patch.setattr(Iam, "create_access_key", lost)
        with pytest.raises(CredentialsError, match="closed"):
            rotate_key(key_rig.key_context(), "base", now=False)
    assert Index.load().rotations()[0].creating is not None
    rotate_key(key_rig.key_context(), "base", now=False)
    assert Index.load().rotations()[0].creating is None


def test_a_key_that_a_profile_has_takes_its_place(key_rig: KeyRig) -> None:
    begun(key_rig)
    theirs = key_rig.aws.moto.key_of("alice", "123456789012")
    config = key_rig.config()
    line = f"credential_process = /usr/bin/awsprof credential-process two --key {theirs.id}\n"
    config.write_text(config.read_text() + f"\n[profile two]\n{line}")
    with pytest.raises(CredentialsError, match="has two keys") as refused:
        rotate_key(key_rig.key_context(yes=True), "base", now=True)
    assert "awsprof keys list base" in refused.value.fix
    assert theirs.id in key_rig.at_aws()


def test_one_rotation_at_a_time(key_rig: KeyRig) -> None:
    lock = paths.locks_dir() / "rotation.lock"
    with locks.hold_lock(lock, purpose="rotating a key"), pytest.raises(LockTimeout):
        rotate_key(key_rig.key_context(), "base", now=True)
    assert key_rig.at_aws() == {key_rig.key.id: True}


def test_an_orphan_is_named_before_it_goes(
    key_rig: KeyRig, capsys: pytest.CaptureFixture[str]
) -> None:
    begun(key_rig)
    orphan = key_rig.aws.moto.key_of("alice", "123456789012")
    key_rig.no = (f"Delete {orphan.id}",)
    with pytest.raises(AwsprofError, match=orphan.id):
        rotate_key(key_rig.key_context(), "base", now=True)
    key_rig.no = ()
    revert_rotation(key_rig.key_context(), "base", now=False)
    assert orphan.id in capsys.readouterr().err
    assert key_rig.at_aws() == {key_rig.key.id: True}
    assert not Index.load().rotations()


def test_a_use_after_the_switch_is_told_and_the_way_back_is_open(key_rig: KeyRig) -> None:
    rotate_key(key_rig.key_context(), "base", now=False)
    new = new_of(key_rig)
    key_rig.aws.moto.used(key_rig.key.id)
    with pytest.raises(CredentialsError, match="after the switch") as told:
        continue_rotations(key_rig.key_context(yes=True), None, now=False)
    assert "--back" in told.value.fix
    key_rig.no = ("anyway",)
    continue_rotations(key_rig.key_context(), "base", now=False)
    assert key_rig.at_aws() == {key_rig.key.id: False, new: True}
    revert_rotation(key_rig.key_context(), "base", now=False)
    assert key_rig.names() == {key_rig.key.id}
    assert key_rig.at_aws() == {key_rig.key.id: True, new: False}
    continue_rotations(key_rig.key_context(), None, now=False)
    assert key_rig.at_aws() == {key_rig.key.id: True}
    assert set(key_rig.vault.secrets) == {key_rig.key.id}


def test_where_iam_wants_mfa_one_code_is_enough(key_rig: KeyRig) -> None:
    device = key_rig.aws.device("alice")
    key_rig.config(f"mfa_serial = {device.serial}\n")
    key_rig.aws.temper.wants_mfa = True
    key_context = key_rig.key_context()
    rotate_key(key_context, "base", now=True)
    assert key_rig.at_aws() == {new_of(key_rig): True} != {key_rig.key.id: True}
    assert len(key_rig.person.asked) == 1
    assert not key_rig.cache.sessions  # what the old key began is forgotten


def test_what_is_kept_of_the_roles_on_top_goes_too(key_rig: KeyRig) -> None:
    key_context = key_rig.key_context()
    key_context.caching_resolver(key_context.catalog()).credentials("admin")
    assert len(key_rig.cache.sessions) == 1
    rotate_key(key_context, "base", now=False)
    assert not key_rig.cache.sessions


def test_where_the_old_key_is_gone_there_is_no_way_back(key_rig: KeyRig) -> None:
    rotate_key(key_rig.key_context(), "base", now=False)
    new = new_of(key_rig)
    key_rig.aws.moto.delete(key_rig.key.id)
    with pytest.raises(CredentialsError, match="no way back"):
        revert_rotation(key_rig.key_context(), "base", now=False)
    continue_rotations(key_rig.key_context(), None, now=False)
    assert key_rig.at_aws() == {new: True}
    assert set(key_rig.vault.secrets) == {new}


def test_the_cli_s_sessions_of_the_roles_on_top_go_where_agreed(
    key_rig: KeyRig, home: Path
) -> None:
    cache = home / ".aws" / "cli" / "cache"
    cache.mkdir(parents=True)
    of_admin = "arn:aws:sts::210987654321:assumed-role/Admin/x"
    for name, arn in {"a": of_admin, "b": of_admin.replace("Admin", "Other")}.items():
        (cache / f"{name}.json").write_text(json.dumps({"AssumedRoleUser": {"Arn": arn}}))
    (cache / "c.json").write_text("no json")
    key_rig.no = ("Delete them?",)
    rotate_key(key_rig.key_context(), "base", now=False)
    assert len(list(cache.iterdir())) == 3
    key_rig.no = ()
    revert_rotation(key_rig.key_context(), "base", now=False)
    assert sorted(file.name for file in cache.iterdir()) == ["b.json", "c.json"]


def plain(
    key_rig: KeyRig, key: Key | UserKey | None = None, *, where: str = "[old]", more: str = ""
) -> None:
    key = key or key_rig.key
    text = f"aws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n"
    (key_rig.home / ".aws" / "credentials").write_text(f"{where}\n{text}{more}")


def inherited(key_rig: KeyRig) -> None:
    plain(key_rig, where="[DEFAULT]", more="[old]\n")


def root(key_rig: KeyRig) -> None:
    key_rig.key = key_rig.aws.user("root")
    key_rig.vault.put(key_rig.key.id, Secret(key_rig.key.secret))
    key_rig.config()


@pytest.mark.parametrize(
    ("make", "name", "kind", "fix"),
    [
        (lambda key_rig: None, "admin", UsageError, "awsprof keys rotate base"),
        (plain, "base", UsageError, "awsprof keys move old"),
        (plain, "old", UsageError, "awsprof keys move old"),
        (inherited, "old", UsageError, "move aws_access_key_id and aws_secret_access_key from"),
        (root, "base", CredentialsError, "Security credentials"),
    ],
)
def test_what_cannot_be_rotated_says_what_to_do(
    key_rig: KeyRig, make: Callable[[KeyRig], None], name: str, kind: type[AwsprofError], fix: str
) -> None:
    make(key_rig)
    with pytest.raises(kind) as refused:
        rotate_key(key_rig.key_context(), name, now=True)
    assert fix in refused.value.fix
    assert list(key_rig.at_aws().values()) == [True]


def test_a_rotation_that_fails_does_not_keep_the_others_from_going_on(
    key_rig: KeyRig, capsys: pytest.CaptureFixture[str]
) -> None:
    boss = key_rig.aws.user("boss")
    key_rig.vault.put(boss.id, Secret(boss.secret))
    config = key_rig.config()
    line = f"credential_process = /usr/bin/awsprof credential-process boss --key {boss.id}\n"
    config.write_text(f"{config.read_text()}\n[profile boss]\n{line}")
    rotate_key(key_rig.key_context(), "base", now=False)
    rotate_key(key_rig.key_context(), "boss", now=False)
    key_rig.aws.moto.used(key_rig.key.id)  # so the first cannot end
    assert continue_rotations(key_rig.key_context(yes=True), None, now=False) == 1
    assert [rotation.old for rotation in Index.load().rotations()] == [key_rig.key.id]
    told = " ".join(capsys.readouterr().err.split())
    assert "used it after the switch" in told
    rotate_key(key_rig.key_context(), "boss", now=False)
    key_rig.aws.moto.delete(key_rig.key.id)
    assert revert_rotation(key_rig.key_context(yes=True), None, now=False) == 1
    assert "no way back" in " ".join(capsys.readouterr().err.split())
    assert [rotation.waiting is not None for rotation in Index.load().rotations()] == [True] * 2


def test_with_nothing_under_way_there_is_nothing_to_go_on_with(key_rig: KeyRig) -> None:
    for name in (None, "base"):
        with pytest.raises(UsageError, match="in progress"):
            continue_rotations(key_rig.key_context(), name, now=False)


@pytest.mark.parametrize(
    ("written", "becomes"),
    [("--key  ", "--key  "), ("--key\t", "--key "), ('--key "', '--key "')],
)
def test_a_line_that_is_spaced_or_quoted_in_another_way_switches_too(
    key_rig: KeyRig, written: str, becomes: str
) -> None:
    config = key_rig.home / ".aws" / "config"
    end = '"' if written.endswith('"') else ""
    config.write_text(
        config.read_text().replace(f"--key {key_rig.key.id}", f"{written}{key_rig.key.id}{end}")
    )
    rotate_key(key_rig.key_context(), "base", now=True)
    (new,) = key_rig.at_aws()
    assert new != key_rig.key.id
    assert config.read_text().count(f"{becomes}{new}{end}") == 2


def test_the_old_key_is_not_deleted_while_a_profile_names_it(key_rig: KeyRig) -> None:
    rotate_key(key_rig.key_context(), "base", now=False)
    new = new_of(key_rig)
    key_rig.config()  # somebody put the old text back
    with pytest.raises(CredentialsError, match="names the old key") as refused:
        continue_rotations(key_rig.key_context(yes=True), "base", now=True)
    assert "awsprof keys rotate base --back" in refused.value.fix
    assert key_rig.at_aws() == {key_rig.key.id: False, new: True}
    revert_rotation(key_rig.key_context(), "base", now=False)  # signed with the new key
    assert key_rig.at_aws() == {key_rig.key.id: True, new: False}
    assert key_rig.names() == {key_rig.key.id}


@pytest.mark.parametrize("now", [False, True])
def test_the_way_back_ends_a_stored_key_that_was_not_recorded(
    key_rig: KeyRig, monkeypatch: pytest.MonkeyPatch, now: bool
) -> None:
    def interrupt(self: Rotation, new: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Rotation, "_record_new", interrupt)
        with pytest.raises(KeyboardInterrupt):
            rotate_key(key_rig.key_context(), "base", now=False)
    (new,) = set(key_rig.at_aws()) - {key_rig.key.id}
    revert_rotation(key_rig.key_context(), "base", now=now)
    assert key_rig.at_aws() == {key_rig.key.id: True} | ({} if now else {new: False})
    assert key_rig.names() == {key_rig.key.id}
    if not now:
        continue_rotations(key_rig.key_context(yes=True), None, now=False)
    assert key_rig.at_aws() == {key_rig.key.id: True}
    assert set(key_rig.vault.secrets) == {key_rig.key.id}
    assert not Index.load().rotations()


def test_undo_leads_back_to_no_key_that_is_dead_unless_it_is_forced(key_rig: KeyRig) -> None:
    rotate_key(key_rig.key_context(), "base", now=False)
    refused = run("undo", "--yes", code=3).stderr
    assert f"would use {key_rig.key.id} again, which was rotated out." in refused
    assert "awsprof keys rotate base --back; to undo it anyway: awsprof undo " in refused
    continue_rotations(key_rig.key_context(), None, now=False)
    new = new_of(key_rig)
    refused = run("undo", "--yes", code=3).stderr
    assert f"would use {key_rig.key.id} again, which was deleted at AWS." in refused
    assert key_rig.names() == {new}
    forced = run(*shlex.split(refused.rpartition("awsprof ")[2]), "--yes").stderr
    assert key_rig.names() == {key_rig.key.id}
    assert "deleted at AWS" in forced  # a warning now


def test_undo_puts_no_dead_key_back_into_plain_text(key_rig: KeyRig) -> None:
    plain(key_rig)
    catalog = Catalog.load()
    change = move_key(catalog.get("old"), None, None, catalog)
    moved = apply(change, lambda: key_rig.vault).id
    rotate_key(key_rig.key_context(), "old", now=True)
    refused = run("undo", moved, "--yes", code=3).stderr
    assert f"old would use {key_rig.key.id} again, which was deleted at AWS." in refused


def test_taking_back_an_edit_of_a_moment_ago_ignores_dead_keys(key_rig: KeyRig) -> None:
    Index.load().forget(key_rig.key.id)  # as on a machine where the index was lost
    change = set_profile_value("base", "credential_process", "/bin/false", Catalog.load())
    applied = apply(change, lambda: key_rig.vault)
    assert plan_undo(applied.id).dead_keys == ()  # ci has that key still
    change = set_profile_value("ci", "credential_process", "/bin/false", Catalog.load())
    applied = apply(change, lambda: key_rig.vault)
    assert plan_undo(applied.id).dead_keys
    undo(plan_undo(applied.id), lambda: key_rig.vault)
    assert key_rig.names() == {key_rig.key.id}


def test_a_rotation_reads_the_files_few_times(
    key_rig: KeyRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = count_file_reads(monkeypatch)
    rotate_key(key_rig.key_context(), "base", now=True)
    assert set(key_rig.at_aws()) == {new_of(key_rig)}
    assert counts["catalogs"] <= 6
    assert counts["reads"] <= 12
