"""Rotating a key: room for it, steps that can be gone on with, the way back, and the end."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from awsprof import locks, paths
from awsprof.accesskeys.rotate import go_on, rotate, turn_back
from awsprof.editing.history import plan_undo
from awsprof.errors import AwsprofError, Busy, SignInFailed, UsageError, VaultError
from awsprof.secret import Secret
from awsprof.vault.index import Index
from tests.standins.memory_vault import MemoryVault
from tests.unit.accesskeys.conftest import ARN, Office


def new_of(office: Office) -> str:
    (new,) = office.names()
    return new


def test_the_new_key_serves_all_and_the_old_one_waits(office: Office) -> None:
    rotate(office.desk(), "ci", now=False)
    new = new_of(office)
    assert office.at_aws() == {office.key.id: False, new: True}
    assert set(office.vault.secrets) == {office.key.id, new}
    (rotation,) = Index.load().rotations()
    assert (rotation.old, rotation.new) == (office.key.id, new)
    assert {entry.arn for entry in Index.load().entries()} == {ARN}  # they belong together
    assert len(Index.load().entries()) == 2
    rotate(office.desk(), "base", now=False)  # nothing more happens before somebody comes back
    assert new_of(office) == new
    go_on(office.desk(), None, now=False)
    assert office.at_aws() == {new: True}
    assert set(office.vault.secrets) == {new}
    assert not Index.load().rotations()


def test_no_leaves_all_as_it_was(office: Office) -> None:
    office.no = ("Rotate it",)
    rotate(office.desk(), "base", now=True)
    assert office.at_aws() == {office.key.id: True}
    assert not Index.load().rotations()


def test_the_other_key_makes_room_only_where_the_person_says_so(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    other = office.aws.moto.key_of("alice", "123456789012")
    other.active = False
    office.no = (other.id,)
    with pytest.raises(AwsprofError) as refused:
        rotate(office.desk(), "base", now=True)
    assert refused.value.fix.endswith(f"awsprof keys delete {other.id}")
    assert f"{other.id}  inactive" in capsys.readouterr().err
    office.no = ()
    with pytest.raises(AwsprofError):  # a yes beforehand named no key
        rotate(office.desk(yes=True), "base", now=True)
    assert other.id in office.at_aws()
    rotate(office.desk(), "base", now=True)
    assert office.at_aws() == {new_of(office): True}


@pytest.mark.parametrize("action", ["CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey"])
def test_what_aws_denies_names_the_policy_and_is_gone_on_with(office: Office, action: str) -> None:
    office.aws.temper.denied = {action}
    with pytest.raises(SignInFailed) as denied:
        rotate(office.desk(), "base", now=True)
    assert "awsprof policy manage-own-keys" in denied.value.fix
    assert action in denied.value.message
    office.aws.temper.denied = set()
    rotate(office.desk(), "base", now=True)
    assert office.at_aws() == {new_of(office): True} != {office.key.id: True}


class Refusing(MemoryVault):
    """Takes nothing."""

    def put(self, key_id: str, secret: Secret) -> None:
        """Never."""
        raise VaultError("The keyring is full.", "make room")


def test_a_key_that_cannot_be_kept_is_deleted_again(office: Office) -> None:
    refusing = Refusing()
    refusing.secrets = office.vault.secrets
    kept, office.vault = office.vault, refusing
    with pytest.raises(VaultError):
        rotate(office.desk(), "base", now=True)
    assert office.at_aws() == {office.key.id: True}
    assert office.names() == {office.key.id}
    office.vault = kept
    rotate(office.desk(), "base", now=True)
    assert office.at_aws() == {new_of(office): True}


def begun(office: Office) -> None:
    """A rotation that came as far as having begun."""
    office.aws.temper.denied = {"CreateAccessKey"}
    with pytest.raises(SignInFailed):
        rotate(office.desk(), "base", now=True)
    office.aws.temper.denied = set()


def test_a_key_that_somebody_uses_is_none_of_ours(office: Office) -> None:
    begun(office)
    theirs = office.aws.moto.key_of("alice", "123456789012")
    office.aws.moto.used(theirs.id)
    with pytest.raises(AwsprofError, match="in use"):
        rotate(office.desk(yes=True), "base", now=True)
    assert office.at_aws() == {office.key.id: True, theirs.id: True}


def test_a_key_that_a_profile_has_takes_its_place(office: Office) -> None:
    begun(office)
    theirs = office.aws.moto.key_of("alice", "123456789012")
    config = office.config()
    line = f"credential_process = /usr/bin/awsprof credential-process two --key {theirs.id}\n"
    config.write_text(config.read_text() + f"\n[profile two]\n{line}")
    with pytest.raises(SignInFailed, match="has two keys") as refused:
        rotate(office.desk(yes=True), "base", now=True)
    assert "awsprof keys list base" in refused.value.fix
    assert theirs.id in office.at_aws()


def test_one_rotation_at_a_time(office: Office) -> None:
    lock = paths.locks_dir() / "rotation.lock"
    with locks.hold(lock, purpose="rotating a key"), pytest.raises(Busy):
        rotate(office.desk(), "base", now=True)
    assert office.at_aws() == {office.key.id: True}


def test_an_orphan_is_named_before_it_goes(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    begun(office)
    orphan = office.aws.moto.key_of("alice", "123456789012")
    office.no = (f"Delete {orphan.id}",)
    with pytest.raises(AwsprofError, match=orphan.id):
        rotate(office.desk(), "base", now=True)
    office.no = ()
    turn_back(office.desk(), "base", now=False)
    assert orphan.id in capsys.readouterr().err
    assert office.at_aws() == {office.key.id: True}
    assert not Index.load().rotations()


def test_a_use_after_the_switch_is_told_and_the_way_back_is_open(office: Office) -> None:
    rotate(office.desk(), "base", now=False)
    new = new_of(office)
    office.aws.moto.used(office.key.id)
    with pytest.raises(SignInFailed, match="after the switch") as told:
        go_on(office.desk(yes=True), None, now=False)
    assert "--back" in told.value.fix
    office.no = ("all the same",)
    go_on(office.desk(), "base", now=False)
    assert office.at_aws() == {office.key.id: False, new: True}
    turn_back(office.desk(), "base", now=False)
    assert office.names() == {office.key.id}
    assert office.at_aws() == {office.key.id: True, new: False}
    go_on(office.desk(), None, now=False)
    assert office.at_aws() == {office.key.id: True}
    assert set(office.vault.secrets) == {office.key.id}


def test_where_iam_wants_mfa_one_code_is_enough(office: Office) -> None:
    device = office.aws.device("alice")
    office.config(f"mfa_serial = {device.serial}\n")
    office.aws.temper.wants_mfa = True
    desk = office.desk()
    rotate(desk, "base", now=True)
    assert office.at_aws() == {new_of(office): True} != {office.key.id: True}
    assert len(office.person.asked) == 1
    assert not office.cache.sessions  # what the old key began is forgotten


def test_what_is_kept_of_the_roles_on_top_goes_too(office: Office) -> None:
    desk = office.desk()
    desk.keeping(desk.catalog()).credentials("admin")
    assert len(office.cache.sessions) == 1
    rotate(desk, "base", now=False)
    assert not office.cache.sessions


def test_where_the_old_key_is_gone_there_is_no_way_back(office: Office) -> None:
    rotate(office.desk(), "base", now=False)
    new = new_of(office)
    office.aws.moto.delete(office.key.id)
    with pytest.raises(SignInFailed, match="no way back"):
        turn_back(office.desk(), "base", now=False)
    go_on(office.desk(), None, now=False)
    assert office.at_aws() == {new: True}
    assert set(office.vault.secrets) == {new}


def test_the_cli_s_sessions_of_the_roles_on_top_go_where_agreed(office: Office, home: Path) -> None:
    cache = home / ".aws" / "cli" / "cache"
    cache.mkdir(parents=True)
    of_admin = "arn:aws:sts::210987654321:assumed-role/Admin/x"
    for name, arn in {"a": of_admin, "b": of_admin.replace("Admin", "Other")}.items():
        (cache / f"{name}.json").write_text(json.dumps({"AssumedRoleUser": {"Arn": arn}}))
    (cache / "c.json").write_text("no json")
    office.no = ("Delete them?",)
    rotate(office.desk(), "base", now=False)
    assert len(list(cache.iterdir())) == 3
    office.no = ()
    turn_back(office.desk(), "base", now=False)
    assert sorted(file.name for file in cache.iterdir()) == ["b.json", "c.json"]


def plain(office: Office) -> None:
    text = f"aws_access_key_id = {office.key.id}\naws_secret_access_key = {office.key.secret}\n"
    (office.home / ".aws" / "credentials").write_text(f"[old]\n{text}")


def root(office: Office) -> None:
    office.key = office.aws.user("root")
    office.vault.put(office.key.id, Secret(office.key.secret))
    office.config()


@pytest.mark.parametrize(
    ("make", "name", "kind", "fix"),
    [
        (lambda office: None, "admin", UsageError, "awsprof keys rotate base"),
        (plain, "base", UsageError, "awsprof keys move old"),
        (plain, "old", UsageError, "awsprof keys move old"),
        (root, "base", SignInFailed, "Security credentials"),
    ],
)
def test_what_cannot_be_rotated_says_what_to_do(
    office: Office, make: Callable[[Office], None], name: str, kind: type[AwsprofError], fix: str
) -> None:
    make(office)
    with pytest.raises(kind) as refused:
        rotate(office.desk(), name, now=True)
    assert fix in refused.value.fix
    assert list(office.at_aws().values()) == [True]


def test_with_nothing_under_way_there_is_nothing_to_go_on_with(office: Office) -> None:
    for name in (None, "base"):
        with pytest.raises(UsageError, match="under way"):
            go_on(office.desk(), name, now=False)


def test_undo_does_not_lead_back_to_a_key_that_serves_no_more(office: Office) -> None:
    rotate(office.desk(), "base", now=False)
    waits = plan_undo()
    assert any("rotate base --back" in said for said in waits.conflicts)
    go_on(office.desk(), None, now=False)
    assert any("holds no more" in said for said in plan_undo().conflicts)
