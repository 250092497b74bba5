"""Situations of public bug reports: what the doctor says, and what boto3 makes of its mends."""

import pytest
from botocore.session import Session

from awsprof.doctor.runner import run_offline
from awsprof.masking import mask_text
from tests.unit.doctor.conftest import Visit

ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
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
    assert told.mends_itself


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
