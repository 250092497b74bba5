"""awsprof team export: what of your profiles goes into a team file, and what does not."""

from pathlib import Path

import pytest

from awsprof.errors import UsageError
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.process_command import build_command
from awsprof.team.answer_checks import check_answer
from awsprof.team.expansion import expand
from awsprof.team.export import TeamExport, export_team_file
from awsprof.team.reader import load
from tests.standins.team_machine import Machine
from tests.standins.team_source import MemorySource

KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


def config(home: Path) -> str:
    return f"""\
[default]
region = eu-west-1

[sso-session corp]
sso_start_url = https://example.awsapps.com/start
sso_region = eu-west-1
sso_registration_scopes = sso:account:access

[profile base]
credential_process = {build_command("base", KEY)}
region = eu-west-1
mfa_serial = arn:aws:iam::123456789012:mfa/alice

[profile admin]
role_arn = arn:aws:iam::210987654321:role/Admin
source_profile = base
role_session_name = alice

[profile dev]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = Dev

[profile tool]
credential_process = {home}/bin/creds --format "{{json}}"
ca_bundle = {home}/ca.pem

[profile other]
region = us-east-1
mfa_serial = arn:aws:iam::123456789012:mfa/other
color = blue
s3 =
  addressing_style = path
"""


def exported(text: str, credentials: str = "", only: str = "*") -> TeamExport:
    catalog = Catalog.from_bytes(text.encode(), credentials.encode())
    return export_team_file(catalog, only)


def applied(found: TeamExport) -> Machine:
    """A new machine on which the exported file was applied with the same answers."""
    team = load(MemorySource(found.text))
    sections = {f"{each.kind} {each.name}": each.values for each in expand(team, found.answers)}
    machine = Machine()
    assert machine.apply(sections, accepted=list(sections)).complete
    return machine


def test_the_round_trip_gives_equal_profiles(home: Path) -> None:
    before = Machine(config(home))
    found = exported(before.config)
    after = applied(found)
    names = ("default", "base", "admin", "dev", "tool")
    for title in ("sso-session corp", *(f"profile {name}" for name in names)):
        assert after.values(title) == before.values(title)
    assert after.values("profile other") == {
        "region": "us-east-1",
        "mfa_serial": "arn:aws:iam::123456789012:mfa/other",
        "s3.addressing_style": "path",
    }
    assert found.left_out == ["color of other is left out: no SDK knows it."]


def test_what_is_personal_is_a_question(home: Path) -> None:
    found = exported(config(home))
    for personal in (KEY, "alice", "mfa/other", str(home)):
        assert personal not in found.text
    devices = {"mfa_serial", "mfa_serial_2"}
    assert set(found.answers) == devices | {"key_id", "role_session_name", "user"}


def test_a_question_says_which_form_the_answer_has_if_ones_own_has_it() -> None:
    text = "[profile a]\nmfa_serial = {}\nrole_session_name = alice\nregion = eu-west-1\n"
    device = "arn:aws-us-gov:iam::123456789012:mfa/team/alice"
    for serial, fits in ((device, True), ("GAHT12345678", False)):
        variables = load(MemorySource(exported(text.format(serial)).text)).variables
        assert bool(variables["mfa_serial"].pattern) is fits
        assert check_answer(variables["mfa_serial"], device) == device
        with pytest.raises(UsageError):
            check_answer(variables["role_session_name"], "a b")


def test_no_secret_is_exported() -> None:
    keys = f"[base]\naws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n"
    found = exported(f"[profile x]\nregion = eu-west-1\noutput = {SECRET}\n", keys)
    assert SECRET not in found.text
    assert KEY not in found.text
    assert SECRET not in "".join(found.left_out)
    assert 'vault_key_id = "{key_id}"' in found.text
    assert found.answers == {"key_id": KEY}


def test_only_brings_the_sources_along(home: Path) -> None:
    found = exported(config(home), only="adm*")
    team = load(MemorySource(found.text))
    assert [each.name for each in team.profiles] == ["base", "admin"]
    assert team.sessions == ()


def test_what_builds_on_something_that_is_left_out_is_left_out() -> None:
    text = "[profile a]\nrole_arn = arn:aws:iam::123456789012:role/A\nsource_profile = b\n"
    text += "[profile c]\nsso_session = gone\nsso_account_id = 123456789012\nsso_role_name = X\n"
    found = exported(f"{text}[profile d]\nregion = eu-west-1\n")
    assert [each.name for each in load(MemorySource(found.text)).profiles] == ["d"]
    assert len(found.left_out) == 2


def test_no_match_is_told() -> None:
    with pytest.raises(UsageError):
        exported("[profile a]\nregion = eu-west-1\n", only="b*")
    with pytest.raises(UsageError, match="There is no profile to export"):
        exported("")
