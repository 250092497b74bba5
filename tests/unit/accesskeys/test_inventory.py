"""Which keys there are: in the vault, in plain text, and at IAM alone."""

import pytest

from awsprof.accesskeys.describe_keys import describe_last_use
from awsprof.accesskeys.inventory import KeyInventory, KeyRow, unlisted_keys
from awsprof.accesskeys.rotation.flows import rotate_key
from awsprof.awsapi.iam import LastUsed
from awsprof.profiles.catalog import Catalog
from awsprof.secret import Secret
from tests.unit.accesskeys.conftest import ARN, KeyRig

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


def rows(key_rig: KeyRig, *only: str) -> dict[str, KeyRow]:
    key_context, catalog = key_rig.key_context(), Catalog.load()
    found = KeyInventory(catalog, key_context.vault, key_context.resolver(catalog)).rows(only)
    assert len({row.id for row in found}) == len(found)
    return {row.id: row for row in found}


def test_every_key_is_told_once_with_those_who_need_it(key_rig: KeyRig) -> None:
    other = key_rig.aws.moto.key_of("alice", "123456789012")
    other.active = False
    bob = key_rig.aws.user("bob")
    (key_rig.home / ".aws" / "credentials").write_text(
        f"[old]\naws_access_key_id={bob.id}\naws_secret_access_key={bob.secret}\n"
    )
    found = rows(key_rig)
    assert set(found) == {key_rig.key.id, other.id, bob.id}
    own = found[key_rig.key.id]
    assert (own.kept, own.status, own.arn) == ("vault", "active", ARN)
    assert (own.profiles, own.relied_on_by) == (("base", "ci"), ("admin",))
    assert own.created is not None
    assert isinstance(own.last_used, LastUsed)
    there = found[other.id]
    assert (there.kept, there.status, there.profiles) == ("elsewhere", "inactive", ())
    assert describe_last_use(there.last_used) == "never"
    assert (found[bob.id].kept, found[bob.id].status) == ("plain text", "active")
    assert found[bob.id].where == "~/.aws/credentials:2"
    assert set(rows(key_rig, "old")) == {bob.id}


@pytest.mark.parametrize("denied", [{"ListAccessKeys"}, {"ListAccessKeys", "GetAccessKeyLastUsed"}])
def test_what_one_may_not_see_is_not_known(key_rig: KeyRig, denied: set[str]) -> None:
    key_rig.aws.temper.denied = denied
    row = rows(key_rig)[key_rig.key.id]
    assert (row.status, row.created, row.note) == ("active", None, "")
    assert bool(describe_last_use(row.last_used)) == (len(denied) == 1)


def test_what_aws_does_not_take_says_why(key_rig: KeyRig) -> None:
    key_rig.key.active = False
    row = rows(key_rig)[key_rig.key.id]
    assert row.status == "refused"
    assert "deleted or is inactive" in row.note
    key_rig.vault.put(key_rig.key.id, Secret("wrong"))
    assert rows(key_rig)[key_rig.key.id].status == "refused"
    del key_rig.vault.secrets[key_rig.key.id]
    assert rows(key_rig)[key_rig.key.id].status == "unknown"


def test_the_key_that_a_rotation_deactivated_is_inactive(key_rig: KeyRig) -> None:
    rotate_key(key_rig.key_context(yes=True), "base", now=False)
    assert key_rig.at_aws()[key_rig.key.id] is False
    key_rig.aws.temper.denied = {"ListAccessKeys"}
    row = rows(key_rig)[key_rig.key.id]
    assert (row.status, row.note) == ("inactive", "")


def test_nobody_is_asked_for_a_code(key_rig: KeyRig) -> None:
    device = key_rig.aws.device("alice")
    key_rig.config(f"mfa_serial = {device.serial}\n")
    key_rig.aws.temper.wants_mfa = True
    key_context = key_rig.key_context()
    with_code = key_context.resolver(Catalog.load())
    with_code.credentials("base")  # from now on there is a session
    assert rows(key_rig)[key_rig.key.id].created is not None
    assert len(key_rig.person.asked) == 0  # by the context that listed


@pytest.mark.parametrize(
    ("key_id", "secret", "why", "fix"),
    [
        (SECRET, "AKIAIOSFODNN7EXAMPLE", "swapped", "awsprof doctor --fix key-id-shape"),
        ("ASIAIOSFODNN7EXAMPLE", SECRET, "temporary", "awsprof show 'my key'"),
        ('"AKIAIOSFODNN7EXAMPLE"', SECRET, "not a complete", "awsprof doctor 'my key'"),
        ("AKIAIOSFODNN7EXAMPLE", "", "not a complete", "awsprof doctor 'my key'"),
    ],
)
def test_a_key_in_plain_text_that_is_no_row_is_told(
    key_id: str, secret: str, why: str, fix: str
) -> None:
    text = f"[my key]\naws_access_key_id = {key_id}\naws_secret_access_key = {secret}\n"
    catalog = Catalog.from_bytes(b"[profile other]\nregion = eu-west-1\n", text.encode())
    (one,) = unlisted_keys(catalog)
    assert (one.profile, one.fix) == ("my key", fix)
    assert why in one.why
    assert SECRET not in repr(one)
    assert unlisted_keys(catalog, ["other"]) == ()
