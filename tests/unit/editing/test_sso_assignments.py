"""Names of discovered profiles: only plain templates, and unnameable assignments are skipped."""

from pathlib import Path

import pytest

from awsprof.auth.identity_center.portal import Account, Assignment
from awsprof.editing import sso_assignments
from awsprof.errors import UsageError
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.model import SsoSession

PROD = Account("345678901234", "Prod")


@pytest.mark.parametrize(
    "template",
    [
        "{role:>99999999}",
        "{role.__class__}",
        "{role[0]}",
        "{role!r}",
        "{0}",
        "{}",
        "{role:{account_id}}",
        "{nobody}",
        "{role",
        "plain",
    ],
)
def test_a_template_is_fields_alone(template: str) -> None:
    with pytest.raises(UsageError, match="not a valid name template"):
        sso_assignments.check_template(template)


@pytest.mark.parametrize("template", ["{role}", "{session}-{account_id}-{role}", "x{{}}{role}"])
def test_a_plain_template_is_taken(template: str) -> None:
    assert sso_assignments.check_template(template) == template


def session(home: Path) -> SsoSession:
    (home / ".aws").mkdir()
    (home / ".aws" / "config").write_text(
        "[sso-session corp]\nsso_start_url = https://x.awsapps.com/start\nsso_region = eu-west-1\n"
    )
    return Catalog.load().session("corp")


@pytest.mark.parametrize("role", ["", " ", "a b", "Admin\n", "#x", "Ünï", "$(touch x)", "x" * 65])
def test_a_role_that_no_profile_can_name_is_left_out_and_the_rest_is_there(
    role: str, home: Path
) -> None:
    corp = session(home)
    found = [Assignment(PROD, "ReadOnly"), Assignment(PROD, role)]
    compared = sso_assignments.compare_assignments(corp, found, Catalog.load())
    assert [each.name for each in compared.named] == ["prod-readonly"]
    assert compared.unfit == (Assignment(PROD, role),)


def test_a_very_long_account_name_makes_a_name_that_can_be_read(home: Path) -> None:
    corp = session(home)
    found = [Assignment(Account("345678901234", "x" * 5000), "ReadOnly")]
    (named,) = sso_assignments.compare_assignments(corp, found, Catalog.load()).named
    assert len(named.name) <= 128
