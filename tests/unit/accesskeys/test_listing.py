"""Which keys there are: in the vault, in plain text, and at IAM alone."""

import pytest

from awsprof.accesskeys.listing import KeyRow, Listing, unlisted
from awsprof.accesskeys.words import used
from awsprof.profiles.catalog import Catalog
from awsprof.secret import Secret
from awsprof.signin.iam import LastUsed
from tests.unit.accesskeys.conftest import ARN, Office

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


def rows(office: Office, *only: str) -> dict[str, KeyRow]:
    desk, catalog = office.desk(), Catalog.load()
    found = Listing(catalog, desk.vault, desk.resolver(catalog)).rows(only)
    assert len({row.id for row in found}) == len(found)
    return {row.id: row for row in found}


def test_every_key_is_told_once_with_those_who_need_it(office: Office) -> None:
    other = office.aws.moto.key_of("alice", "123456789012")
    other.active = False
    bob = office.aws.user("bob")
    (office.home / ".aws" / "credentials").write_text(
        f"[old]\naws_access_key_id={bob.id}\naws_secret_access_key={bob.secret}\n"
    )
    found = rows(office)
    assert set(found) == {office.key.id, other.id, bob.id}
    own = found[office.key.id]
    assert (own.kept, own.status, own.arn) == ("vault", "active", ARN)
    assert (own.profiles, own.relied_on_by) == (("base", "ci"), ("admin",))
    assert own.created is not None
    assert isinstance(own.last_used, LastUsed)
    there = found[other.id]
    assert (there.kept, there.status, there.profiles) == ("elsewhere", "inactive", ())
    assert used(there.last_used) == "never"
    assert (found[bob.id].kept, found[bob.id].status) == ("plain text", "active")
    assert found[bob.id].where == "~/.aws/credentials:2"
    assert set(rows(office, "old")) == {bob.id}


@pytest.mark.parametrize("denied", [{"ListAccessKeys"}, {"ListAccessKeys", "GetAccessKeyLastUsed"}])
def test_what_one_may_not_see_is_not_known(office: Office, denied: set[str]) -> None:
    office.aws.temper.denied = denied
    row = rows(office)[office.key.id]
    assert (row.status, row.created, row.note) == ("active", None, "")
    assert bool(used(row.last_used)) == (len(denied) == 1)


def test_what_aws_does_not_take_says_why(office: Office) -> None:
    office.key.active = False
    row = rows(office)[office.key.id]
    assert row.status == "refused"
    assert "deleted or is inactive" in row.note
    office.vault.put(office.key.id, Secret("wrong"))
    assert rows(office)[office.key.id].status == "refused"
    del office.vault.secrets[office.key.id]
    assert rows(office)[office.key.id].status == "unknown"


def test_nobody_is_asked_for_a_code(office: Office) -> None:
    device = office.aws.device("alice")
    office.config(f"mfa_serial = {device.serial}\n")
    office.aws.temper.wants_mfa = True
    desk = office.desk()
    with_code = desk.resolver(Catalog.load())
    with_code.credentials("base")  # from now on there is a session
    assert rows(office)[office.key.id].created is not None
    assert len(office.person.asked) == 0  # by the desk that listed


@pytest.mark.parametrize(
    ("key_id", "secret", "why", "fix"),
    [
        (SECRET, "AKIAIOSFODNN7EXAMPLE", "each other's place", "awsprof doctor --fix key-id-shape"),
        ("ASIAIOSFODNN7EXAMPLE", SECRET, "temporary", "awsprof show 'my key'"),
        ('"AKIAIOSFODNN7EXAMPLE"', SECRET, "no whole", "awsprof doctor 'my key'"),
        ("AKIAIOSFODNN7EXAMPLE", "", "no whole", "awsprof doctor 'my key'"),
    ],
)
def test_a_key_in_plain_text_that_is_no_row_is_told(
    key_id: str, secret: str, why: str, fix: str
) -> None:
    text = f"[my key]\naws_access_key_id = {key_id}\naws_secret_access_key = {secret}\n"
    catalog = Catalog.from_bytes(b"[profile other]\nregion = eu-west-1\n", text.encode())
    (one,) = unlisted(catalog)
    assert (one.profile, one.fix) == ("my key", fix)
    assert why in one.why
    assert SECRET not in repr(one)
    assert unlisted(catalog, ["other"]) == ()
