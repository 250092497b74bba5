"""AWS's errors in plain words, each with its mend."""

from pathlib import Path

import pytest
from botocore import exceptions as be
from botocore.exceptions import ClientError

from awsprof.awsapi.clients import Clients
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.errors.refused_value import note_assume_role
from awsprof.awsapi.errors.translate import translate_error, translate_target_error
from awsprof.awsapi.login_target import LoginTarget
from awsprof.errors import CredentialsError, InteractionRequired
from awsprof.profiles.catalog import Catalog
from awsprof.secret import Secret


def aws(code: str, message: str = "", operation: str = "GetCallerIdentity") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


DENIED = "MultiFactorAuthentication failed with invalid MFA one time pass code."


@pytest.mark.parametrize(
    ("error", "told", "mend"),
    [
        (aws("InvalidClientTokenId"), "deleted or is inactive", "awsprof add keys p"),
        (aws("SignatureDoesNotMatch"), "not this key's", "clock"),
        (aws("RequestTimeTooSkewed"), "clock is wrong", "set the clock"),
        (aws("ExpiredToken"), "expired", "awsprof login p"),
        (aws("RegionDisabledException"), "not enabled", "awsprof set p region"),
        (aws("UnauthorizedException"), "has ended", "awsprof login p"),
        (aws("ForbiddenException"), "does not give you that role", "awsprof remove p"),
        (aws("AccessDenied", "", "AssumeRole"), "trust policy", "awsprof show p"),
        (aws("AccessDenied", DENIED, "AssumeRole"), "code was not accepted", "next code"),
        (aws("AccessDenied", "no", "ListUsers"), "does not allow ListUsers", "permission"),
        (
            aws("ValidationError", "DurationSeconds exceeds", "AssumeRole"),
            "last that long",
            "duration_seconds",
        ),
        (
            aws("ValidationError", "Request ARN is invalid", "AssumeRole"),
            "role_arn of p",
            "awsprof show p",
        ),
        (
            aws("ValidationError", "1 error: 'serialNumber' is wrong", "EnableMFADevice"),
            "(ValidationError): 1 error",
            "awsprof show p",
        ),
        (aws("Strange", "words"), "(Strange): words", "awsprof show p"),
        (be.EndpointConnectionError(endpoint_url="x"), "cannot be reached", "network"),
        (be.ConnectTimeoutError(endpoint_url="x"), "does not answer", "network"),
        (be.ProxyConnectionError(proxy_url="x"), "proxy x cannot", "HTTPS_PROXY"),
        (be.SSLError(endpoint_url="x", error="verify failed"), "certificate", "AWS_CA_BUNDLE"),
        (be.SSLError(endpoint_url="x", error="has expired"), "has expired", "the clock"),
        (be.SSLError(endpoint_url="https://[x", error="verify"), "certificate", "AWS_CA_BUNDLE"),
        (be.SSLError(endpoint_url="x", error="odd record"), "secure connection", "network"),
        (aws("AccessDenied", "", "AssumeRoleWithWebIdentity"), "provider, audience", "show p"),
        (be.UnauthorizedSSOTokenError(), "has ended", "awsprof login p"),
        (be.SSOTokenLoadError(error_msg="x"), "You have not signed in", "awsprof login p"),
        (be.ConfigParseError(path="x", error="y"), "cannot be read", "awsprof list"),
        (be.PartialCredentialsError(provider="x", cred_var="y"), "key is incomplete", "show p"),
        (be.InvalidRegionError(region_name="x_"), "can't make a client", "--offline"),
        (ValueError("Invalid endpoint: 127.0.0.1:9"), "can't make a client", "--offline"),
        (RuntimeError("strange"), "(RuntimeError): strange", "awsprof show p"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_each_error_has_one_clear_sentence_and_a_mend(
    error: Exception, told: str, mend: str
) -> None:
    said = translate_error(error, profile="p")
    assert told in said.message
    assert mend in said.fix
    assert "\n" not in said.message


CHAIN = """\
[profile top]
role_arn = arn:aws:iam::210987654321:role/Top
source_profile = middle
[profile middle]
role_arn = arn:aws:iam::210987654321:role/Middle
source_profile = base
duration_seconds = 7200
external_id = x
[profile base]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
"""
LONG = aws(
    "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration.", "AssumeRole"
)
SHORT = be.ParamValidationError(report="Invalid length for parameter ExternalId, value: 1")
SMALL = aws(
    "ValidationError", "Value '60' at 'durationSeconds' failed to satisfy constraint", "AssumeRole"
)


@pytest.mark.parametrize(
    ("error", "role", "seconds", "told", "mend"),
    [
        (LONG, "Middle", 7200, "session of middle cannot", "awsprof unset middle duration_seconds"),
        (LONG, None, 7200, "session of middle cannot", "awsprof unset middle duration_seconds"),
        (LONG, "Top", 43200, "session of top cannot", "leave out --duration"),
        (LONG, "Middle", 43200, "session of middle cannot", "leave out --duration"),
        (SMALL, "Middle", 7200, "duration_seconds of middle", "unset middle duration_seconds"),
        (SHORT, "Middle", 7200, "external_id of middle", "awsprof show middle"),
    ],
)
def test_a_refused_value_is_that_of_the_profile_whose_role_was_assumed(
    error: Exception, role: str | None, seconds: int, told: str, mend: str
) -> None:
    sent = {"RoleArn": f"arn:aws:iam::210987654321:role/{role}", "ExternalId": "x"}
    note_assume_role(error, {**sent, "DurationSeconds": seconds} if role else {})
    links = Catalog.from_bytes(CHAIN.encode(), None).chain("top").links
    said = translate_error(error, profile="top", links=links)
    assert told in said.message
    assert mend in said.fix


@pytest.mark.parametrize(
    ("account", "told", "mend"),
    [
        ("123456789012", "not give you that role", "awsprof sso discover corp --dry-run lists"),
        ("1234-5678-9012", "sso_account_id of p does not have 12 digits", "awsprof show p"),
        ("12345678901", "sso_account_id of p does not have 12 digits", "awsprof show p"),
    ],
)
def test_a_role_that_is_not_given(account: str, told: str, mend: str) -> None:
    text = f"[profile p]\nsso_session = corp\nsso_account_id = {account}\nsso_role_name = R\n"
    links = Catalog.from_bytes(text.encode(), None).chain("p").links
    said = translate_error(aws("ForbiddenException", "No access"), profile="p", links=links)
    assert told in said.message
    assert mend in said.fix


@pytest.mark.parametrize(
    ("error", "told", "mend"),
    [
        (aws("Strange"), "for the sso-session corp (", "awsprof doctor --offline shows"),
        (aws("ResourceNotFoundException"), "does not know", ": awsprof doctor --offline"),
        (aws("ExpiredToken"), "expired", "awsprof login --session corp"),
        (RuntimeError("x"), "The sso-session corp could", "awsprof doctor --offline shows"),
        (be.SSLError(endpoint_url="x", error="mismatch"), "another", ": awsprof doctor --offline"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_sso_session_is_no_profile(error: Exception, told: str, mend: str) -> None:
    said = translate_target_error(error, LoginTarget("corp", is_session=True))
    assert told in said.message
    assert said.fix.endswith(mend) or f"{mend} " in said.fix


def test_where_a_person_must_act_the_exit_code_says_so() -> None:
    assert isinstance(translate_error(aws("ExpiredToken"), profile="p"), InteractionRequired)
    assert isinstance(translate_error(aws("InvalidClientTokenId"), profile="p"), CredentialsError)


def test_ours_pass_as_they_are() -> None:
    ours = CredentialsError("x", "y")
    assert translate_error(ours, profile="p") is ours


def test_what_comes_from_outside_loses_its_control_characters() -> None:
    said = translate_error(aws("Strange", "a\x1b[31mb\u202ec"), profile="p")
    assert "\x1b" not in said.message
    assert "\u202e" not in said.message


@pytest.mark.parametrize(
    ("operation", "policy"),
    [
        ("AssumeRole", "awsprof policy assume-with-mfa"),
        ("AssumeRole", "awsprof policy role-trust-mfa"),
        ("GetAccessKeyInfo", "awsprof policy audit-keys"),
    ],
)
def test_what_aws_denies_names_the_policy_to_ask_for(operation: str, policy: str) -> None:
    assert policy in translate_error(aws("AccessDenied", "no", operation), profile="p").fix


def test_a_setting_with_which_no_client_can_be_made_is_not_blamed_on_the_network(
    home: Path,
) -> None:
    folder = home / ".aws"
    folder.mkdir(mode=0o700)
    (folder / "config").write_text("[profile p]\nregion = eu-west-1\ns3 =\nmax_queue_size = 1\n")
    profile = Catalog.load().get("p")
    credentials = Credentials("AKIAIOSFODNN7EXAMPLE", Secret("x"))
    with pytest.raises(CredentialsError) as caught:
        Clients().client("s3", credentials, profile, "eu-west-1")
    assert "a client with the settings of p" in caught.value.message
    assert caught.value.fix == "awsprof doctor --offline shows which setting is wrong"
