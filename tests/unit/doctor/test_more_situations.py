"""Situations of public bug reports: what the doctor says, and what boto3 makes of its mends."""

import pytest
from botocore.session import Session

from awsprof.doctor.runner import run_offline
from awsprof.masking.mask import mask_text
from tests.unit.doctor.conftest import Visit

ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
A = "[profile a]\n"
ROLE = "role_arn = arn:aws:iam::123456789012:role/R\n"
CORP = "[sso-session corp]\nsso_start_url = https://x.awsapps.com/start\nsso_region = us-east-1\n"
KEY = f"aws_access_key_id = {ID}\naws_secret_access_key = {SECRET}\n"


def test_keys_without_a_header_get_default_s(visit: Visit) -> None:
    visit.credentials(f"# mine\n{KEY}[work]\nregion = us-east-1\n")
    told = [f.id for f in run_offline(visit.context())]
    assert "stray-secret" not in told
    after = visit.repaired("line-without-equals")[1].decode()
    assert after == f"# mine\n[default]\n{KEY}[work]\nregion = us-east-1\n"
    found = Session(profile="default").get_credentials()
    assert (found.access_key, found.secret_key) == (ID, SECRET)


@pytest.mark.parametrize("text", [f"{KEY}[default]\n", f"hello = x\n{KEY}", f"{KEY}{KEY}", "x\n"])
def test_what_may_be_another_s_gets_no_header(text: str, visit: Visit) -> None:
    visit.credentials(text)
    assert [f.fault.repair for f in visit.found("line-without-equals")] == [None]


def test_an_empty_key_is_one_that_boto3_signs_with(visit: Visit) -> None:
    visit.credentials("[default]\naws_access_key_id =\naws_secret_access_key =\n")
    assert Session().get_credentials() is not None
    (finding,) = visit.found("half-key")
    assert finding.fix == "awsprof unset default aws_access_key_id"
    visit.credentials("[default]\naws_secret_access_key =\n")
    assert visit.found("half-key") == []
    assert Session().get_credentials() is None


def test_an_empty_token_is_no_secret_that_could_be_lost(visit: Visit) -> None:
    visit.credentials(f"[default]\n{KEY}aws_session_token =\n")
    assert mask_text("aws_session_token =") == "aws_session_token ="
    told = next(f for f in run_offline(visit.context()) if f.id == "plaintext-long-term-key")
    assert told.auto_fixable


MISSPELT = [
    "sso_sesion = c\nsso_acount_id = 123456789012\nsso_rolename = R\n",
    f"aws_acess_key_id = {ID}\naws_secret_acess_key = {SECRET}\n",
    "credential_proces = /bin/true\n",
]


@pytest.mark.parametrize("lines", MISSPELT)
def test_a_profile_without_credentials_for_a_slip_is_broken(lines: str, visit: Visit) -> None:
    visit.config(f"[profile p]\n{lines}region = us-east-1\n[sso-session c]\n")
    (finding,) = visit.found("credentials-misspelt")
    assert finding.severity == "error"
    assert SECRET not in finding.message + finding.fix


@pytest.mark.parametrize("lines", ["region = x\n", "sso_acount_id = 1\nsource_profile = x\n", KEY])
def test_a_profile_of_settings_or_with_credentials_is_not(lines: str, visit: Visit) -> None:
    visit.config(f"[profile p]\n{lines}")
    assert visit.found("credentials-misspelt") == []


def test_all_parts_of_a_sign_in_are_written_rightly_at_once(visit: Visit) -> None:
    visit.config(f"[profile p]\n{MISSPELT[0]}[sso-session c]\nsso_region = us-east-1\n")
    after = visit.repaired("unknown-key")[0].decode()
    assert "sso_session = c\nsso_account_id = 123456789012\nsso_role_name = R\n" in after


def test_s3_in_one_line_is_not_unknown(visit: Visit) -> None:
    visit.config("[default]\ns3 = { max_concurrent_requests = 20 }\n")
    assert visit.found("unknown-key") == []


# Mends that do not exist, or do not fit: (check, config, what the mend is, what it is not).
FITTING = [
    (  # nothing there could ask AWS for devices
        "bad-arn",
        f"{A}{ROLE}source_profile = b\nmfa_serial = alice\n[profile b]\n",
        "Security credentials",
        "awsprof mfa list",
    ),
    (  # the source gives nothing
        "two-sources",
        f"{A}{ROLE}source_profile = b\ncredential_source = Environment\n[profile b]\n",
        "awsprof unset a source_profile",
        "credential_source",
    ),
    (  # a name that add takes
        "role-with-process",
        f'[profile "my mac"]\n{ROLE}credential_process = /bin/true\n',
        "awsprof add process my-mac-source",
        "'my mac-source'",
    ),
    (  # neither an account nor a role: those made anew replace it
        "sso-no-role",
        f"{CORP}{A}sso_session = corp\n",
        "awsprof sso discover corp creates a profile for each role, to be used instead",
        "setup",
    ),
    (  # a role on a key needs no session
        "sso-session-undefined",
        f"{A}{ROLE}source_profile = b\nsso_session = gone\n[profile b]\n{KEY}",
        "awsprof unset a sso_session",
        "setup",
    ),
]


@pytest.mark.parametrize(("id", "text", "fits", "not_this"), FITTING)
def test_a_mend_fits_what_is_beside_it(
    visit: Visit, id: str, text: str, fits: str, not_this: str
) -> None:
    visit.config(text)
    (finding,) = visit.found(id)
    assert fits in finding.fix
    assert not_this not in finding.fix


def test_a_repair_that_does_nothing_is_not_offered(visit: Visit) -> None:
    visit.config(f"{A}sso_start_url = https://x.awsapps.com/start\nsso_account_id = 123456789012\n")
    assert visit.found("sso-legacy") == []  # its region is missing, and that is said
    assert len(visit.found("sso-fields-missing")) == 1


@pytest.mark.parametrize("header", ["default]", "profile dev]", "sso-session corp]"])
@pytest.mark.parametrize("above", ["", "[profile b]\nregion = us-east-1\n"])
def test_a_header_without_its_first_bracket_is_known_for_one(
    header: str, above: str, visit: Visit
) -> None:
    visit.config(f"{above}{header}\nregion = us-east-1\n")
    (finding,) = visit.found("line-without-equals")
    assert finding.fix == f"write the header as [{header} in an editor"
    visit.config(f"{above}{header} and more\nregion = us-east-1\n")
    (finding,) = visit.found("line-without-equals")
    assert "header as" not in finding.fix
