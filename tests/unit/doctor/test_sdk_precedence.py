"""A profile that is somebody else in another SDK: told once, with who takes what."""

from pathlib import Path

import pytest
from botocore.session import Session

from awsprof.doctor.check_context import LiveResult
from awsprof.doctor.findings import Severity
from awsprof.doctor.runner import run_offline
from awsprof.errors import CredentialsError
from awsprof.profiles.provider_order import ProviderType, sdk_choices
from tests.unit.doctor.conftest import Visit

KEY = "AKIAIOSFODNN7EXAMPLE"
OTHER = "AKIAI44QH8DHBEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # AWS's documented example
KEYS = f"aws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n"
PROCESS = "credential_process = /bin/echo x\n"
SSO = "sso_session = corp\nsso_account_id = 123456789012\nsso_role_name = ReadOnly\n"
LOGIN = "login_session = arn:aws:iam::123456789012:user/alice\n"
ROLE = "role_arn = arn:aws:iam::123456789012:role/R\n"
WEB = f"{ROLE}web_identity_token_file = /t\n"
A = "[profile a]\nregion = eu-west-1\n"

# What the config file and the credentials file have, and who takes what.
SEVERAL = [
    (PROCESS + KEYS, "", {"boto3, Java and Rust": "credential_process", "Go and JavaScript": KEY}),
    (PROCESS, KEYS, {"boto3, Go and JavaScript": KEY, "Java and Rust": "credential_process"}),
    (
        SSO + KEYS,
        "",
        {"boto3, Java and Rust": "the Identity Center role ReadOnly", "Go and JavaScript": KEY},
    ),
    (
        SSO,
        KEYS,
        {"boto3, Java and Rust": "the Identity Center role ReadOnly", "Go and JavaScript": KEY},
    ),
    (LOGIN, KEYS, {"boto3, Go and JavaScript": KEY, "Java and Rust": "the aws login session"}),
    (LOGIN + KEYS, "", {"boto3, Java and Rust": "the aws login session", "Go and JavaScript": KEY}),
    (WEB + KEYS, "", {"boto3, Java and Rust": "the web identity", "Go and JavaScript": KEY}),
    (
        SSO + PROCESS,
        "",
        {
            "boto3, Go, Java and Rust": "the Identity Center role ReadOnly",
            "JavaScript": "credential_process",
        },
    ),
]
ONE = [
    (KEYS, ""),
    (PROCESS, ""),
    (SSO, ""),
    (WEB, ""),
    (f"{ROLE}source_profile = a\n{KEYS}", ""),
    (f"{PROCESS}aws_access_key_id = {KEY}\n", ""),  # half-key
    (f"credential_process = /usr/bin/awsprof credential-process a --key {KEY}\n{KEYS}", ""),
    (f"credential_process = /usr/bin/awsprof credential-process a --key {OTHER}\n", KEYS),
]


@pytest.mark.parametrize(("config", "credentials", "who"), SEVERAL)
def test_who_takes_what_is_told(
    visit: Visit, config: str, credentials: str, who: dict[str, str]
) -> None:
    visit.config(A + config)
    if credentials:
        visit.credentials(f"[a]\n{credentials}")
    (finding,) = visit.found("several-identities")
    assert finding.severity is Severity.ERROR
    for sdks, what in who.items():
        assert any(
            part.strip().startswith(f"{sdks}") and f" {what}" in part
            for part in finding.message.removeprefix(
                "This profile has several sources of credentials:"
            ).split(";")
        ), (sdks, what, finding.message)
    assert finding.fix.startswith("to keep what boto3 uses: awsprof unset a ")
    told = {each.id for each in run_offline(visit.context()) if each.profile == "a"}
    assert not told & {"credentials-shadow-config", "plaintext-long-term-key"}  # one finding
    assert SECRET not in finding.message + finding.fix


def test_the_key_is_kept_where_the_program_of_boto3_fails(visit: Visit) -> None:
    visit.config(A + PROCESS + KEYS)
    (finding,) = visit.found("several-identities")
    profile = visit.context().catalog.get("a")
    assert finding.fault.refined_by_answer is not None
    for code, fix in (
        ("process-output", "unset a credential_process"),
        ("no-network", "keep what"),
    ):
        error = CredentialsError("It fails.", "mend it", code=code)
        told = finding.fault.refined_by_answer(LiveResult(profile, error=error))
        assert fix in told.fix
        assert ("aws_access_key_id" in told.fix) is (code == "no-network")


@pytest.mark.parametrize(("config", "credentials"), ONE)
def test_one_identity_is_not_told(visit: Visit, config: str, credentials: str) -> None:
    visit.config(A + config)
    if credentials:
        visit.credentials(f"[a]\n{credentials}")
    assert visit.found("several-identities") == []


def test_a_key_of_another_than_the_line_s_in_the_config_file(visit: Visit) -> None:
    """boto3 runs the line, so that vault-key-hidden has nothing to say."""
    line = f"credential_process = /usr/bin/awsprof credential-process a --key {OTHER}\n"
    visit.config(f"{A}{line}{KEYS}")
    (finding,) = visit.found("several-identities")
    assert f"the key {KEY} at ~/.aws/config:4" in finding.message
    assert finding.fix == (
        "to keep what boto3 uses: awsprof unset a aws_access_key_id && awsprof unset a"
        " aws_secret_access_key; if you also need the key, first awsprof add keys a-key"
        f" --access-key-id={KEY}"
    )


@pytest.mark.parametrize(
    ("config", "credentials", "method"),
    [
        ("credential_process = /bin/cat {answer}\n" + KEYS, "", "custom-process"),
        ("credential_process = /bin/cat {answer}\n", KEYS, "shared-credentials-file"),
        (KEYS, "", "config-file"),
    ],
)
def test_what_is_said_of_boto3_is_so(
    visit: Visit, tmp_path: Path, config: str, credentials: str, method: str
) -> None:
    answer = tmp_path / "answer.json"
    answer.write_text(f'{{"Version": 1, "AccessKeyId": "{OTHER}", "SecretAccessKey": "{SECRET}"}}')
    visit.config(A + config.format(answer=answer))
    if credentials:
        visit.credentials(f"[a]\n{credentials}")
    own = next(iter(sdk_choices(visit.context().catalog.get("a"))))
    assert Session(profile="a").get_credentials().method == method
    assert own is (ProviderType.PROCESS if method == "custom-process" else ProviderType.KEYS)


def test_of_a_section_that_other_sdks_do_not_see_nothing_is_said_about_them(visit: Visit) -> None:
    sso = "sso_start_url = https://x.awsapps.com/start\nsso_region = us-east-1\n"
    sso += "sso_account_id = 123456789012\nsso_role_name = R\nregion = eu-west-1\n"
    visit.credentials(f"[b]\naws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n")
    for header, there in (("[profile b]", True), ("[profiles b]", False)):
        visit.config(f"{header}\n{sso}")
        found = {finding.id for finding in run_offline(visit.context())}
        assert ("several-identities" in found) == there
        assert ("bad-header" in found) != there
