"""What the checks say of boto3, botocore itself does."""

import pytest
from botocore.session import Session

from tests.unit.doctor.conftest import Visit

KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # AWS's documented example
KEYS = f"aws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n"
ROLE = "role_arn = arn:aws:iam::123456789012:role/R\n"
PARTS = "sso_account_id = 123456789012\nsso_role_name = R\n"
CORP = "[sso-session corp]\nsso_start_url = https://x\nsso_region = eu-west-1\n"
A = "[profile a]\n"
BASE = f"[profile base]\n{KEYS}"

# The check, the config file, and the error with which botocore stops at the profile a.
STOPS = [
    ("role-without-source", f"{A}{ROLE}{KEYS}", "PartialCredentialsError"),
    (
        "two-sources",
        f"{BASE}{A}{ROLE}source_profile = base\ncredential_source = Environment\n",
        "InvalidConfigError",
    ),
    ("source-missing", f"{A}{ROLE}source_profile = b\n", "InvalidConfigError"),
    (
        "source-cycle",
        f"{A}{ROLE}source_profile = b\n[profile b]\n{ROLE}source_profile = a\n",
        "InfiniteLoopConfigError",
    ),
    ("self-source-without-keys", f"{A}{ROLE}source_profile = a\n", "InfiniteLoopConfigError"),
    (
        "source-without-credentials",
        f"{A}{ROLE}source_profile = b\n[profile b]\nregion = x\n",
        "InvalidConfigError",
    ),
    ("bad-credential-source", f"{A}{ROLE}credential_source = environment\n", "InvalidConfigError"),
    (
        "role-with-process",
        f"{A}{ROLE}credential_process = /bin/true\n",
        "PartialCredentialsError",
    ),
    (
        "role-with-process",
        f"{A}{ROLE}source_profile = a\ncredential_process = /bin/true\n",
        "InfiniteLoopConfigError",
    ),
    ("half-key", f"{A}aws_access_key_id = {KEY}\n", "PartialCredentialsError"),
    ("process-missing", f"{A}credential_process = ~/x\n", "FileNotFoundError"),
    ("process-missing", f'{A}credential_process = "x\n', "ValueError"),
    ("process-missing", f"{A}credential_process =\n", "IndexError"),
    ("sso-session-undefined", f"{A}sso_session = x\n{PARTS}", "InvalidConfigError"),
    ("sso-fields-missing", f"{CORP}{A}sso_session = corp\nsso_role_name = R\n", "InvalidConfig"),
    ("sso-conflict", f"{CORP}{A}sso_session = corp\n{PARTS}sso_region = x\n", "InvalidConfig"),
]


@pytest.mark.parametrize(("id", "text", "error"), STOPS)
def test_botocore_stops_where_an_error_is_told(
    visit: Visit, id: str, text: str, error: str
) -> None:
    visit.config(text)
    assert visit.found(id, "a")
    with pytest.raises(Exception) as raised:  # its name is looked at
        Session(profile="a").get_credentials()
    assert type(raised.value).__name__.startswith(error)


def test_botocore_makes_no_client_where_services_are_undefined(visit: Visit) -> None:
    visit.config(f"{A}{KEYS}region = eu-west-1\nservices = x\n[services x]\n")
    assert visit.found("services-undefined")
    with pytest.raises(Exception, match='"x" services'):
        Session(profile="a").create_client("sts")


@pytest.mark.parametrize("variable", ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"])
@pytest.mark.parametrize(("id", "value"), [("env-profile-empty", ""), ("env-profile-missing", "x")])
def test_botocore_stops_at_a_profile_that_is_none(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, variable: str, id: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    visit.environment[variable] = value
    assert visit.found(id)
    with pytest.raises(Exception, match=f"profile \\({value}\\) could not be found"):
        Session().get_credentials()


def test_botocore_asks_the_default_profile_s_variable_first(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in (("AWS_PROFILE", "a"), ("AWS_DEFAULT_PROFILE", "b")):
        monkeypatch.setenv(variable, value)
        visit.environment[variable] = value
    (finding,) = visit.found("env-profiles-disagree")
    assert "boto3 uses AWS_DEFAULT_PROFILE=b" in finding.fault.message
    assert Session().get_config_variable("profile") == "b"


def test_botocore_takes_the_environment_s_key_and_not_its_region(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit.config(A + KEYS)
    given = {
        "AWS_PROFILE": "a",
        "AWS_ACCESS_KEY_ID": "AKIAI44QH7DHBEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "eu-west-1",
    }
    for variable, value in given.items():
        monkeypatch.setenv(variable, value)
    visit.environment.update(given)
    assert visit.found("env-keys-win")
    assert visit.found("env-region-ignored")
    session = Session()
    assert session.get_credentials().access_key == "AKIAI44QH7DHBEXAMPLE"
    assert session.get_config_variable("region") is None


def test_botocore_takes_the_legacy_token_first(visit: Visit) -> None:
    brief = KEYS.replace("AKIA", "ASIA")
    visit.config(f"{A}{brief}aws_security_token = old\naws_session_token = new\n")
    before = Session(profile="a").get_credentials().token
    visit.repaired("legacy-security-token")
    assert Session(profile="a").get_credentials().token == before == "old"


def test_botocore_takes_the_keys_before_what_they_hide(visit: Visit) -> None:
    visit.config(f"{A}credential_process = /bin/false\n")
    visit.credentials(f"[a]\n{KEYS}")
    assert visit.found("several-identities")
    assert Session(profile="a").get_credentials().method == "shared-credentials-file"


def test_botocore_takes_the_web_identity_and_not_the_source(visit: Visit) -> None:
    visit.config(f"{BASE}{A}{ROLE}source_profile = base\nweb_identity_token_file = /t\n")
    assert visit.found("web-identity-with-source")
    assert Session(profile="a").get_credentials().method == "assume-role-with-web-identity"
