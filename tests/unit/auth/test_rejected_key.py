"""Why AWS does not take a key: each cause by what can be seen; no mend loses what is good."""

from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.errors.translate import translate_error
from awsprof.awsapi.sts import get_caller_identity
from awsprof.errors import CredentialsError
from awsprof.profiles.catalog import Catalog
from awsprof.secret import Secret
from tests.standins.aws import Aws

ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # AWS's example
TOKEN = "AQoEXAMPLEH4aoAH0gNCAPyJxz4BlCFFxWNE1OPTgk5TthT"
ROLE = "role_arn = arn:aws:iam::210987654321:role/Admin\n"


class Files:
    """The credentials file with one profile ``p``, and a config."""

    def __init__(self, home: Path) -> None:
        self.folder = home / ".aws"
        self.folder.mkdir(mode=0o700)

    def write(self, credentials: str, config: str = "") -> None:
        for name, text in (("credentials", credentials), ("config", config)):
            (self.folder / name).write_text(text, encoding="utf-8")

    def keys(self, id: str, secret: str, *more: str) -> None:
        lines = [f"aws_access_key_id = {id}", f"aws_secret_access_key = {secret}", *more]
        self.write("[p]\n" + "\n".join(lines) + "\n")

    def said(
        self,
        name: str = "p",
        code: str = "InvalidClientTokenId",
        endpoint: str = "https://sts.eu-west-1.amazonaws.com",
        used: Credentials | None = None,
    ) -> tuple[str, str]:
        """What is told of that refusal, and the mend."""
        refusal = ClientError({"Error": {"Code": code, "Message": ""}}, "GetCallerIdentity")
        refusal.endpoint_url = endpoint
        links = Catalog.load().chain(name).links
        found = translate_error(refusal, profile=name, links=links, used=used)
        assert found.message.endswith(f"({code}).")
        assert SECRET not in found.message + found.fix
        return found.message, found.fix


@pytest.fixture
def files(home: Path) -> Files:
    return Files(home)


def gone(said: tuple[str, str]) -> bool:
    """Whether it is told as a deleted key, or a new one is advised."""
    return "deleted" in said[0] or "make a new key" in said[1] or "awsprof remove" in said[1]


@pytest.mark.parametrize("token", ["aws_session_token", "aws_security_token"])
def test_a_token_left_beside_a_long_term_key(files: Files, token: str) -> None:
    files.keys(ID, SECRET, f"{token} = {TOKEN}")
    said = files.said()
    assert f"{ID} is a long-term key, which has no session token" in said[0]
    assert said[1].startswith(f"awsprof unset p {token}")
    assert not gone(said)


def test_a_temporary_key_without_its_token(files: Files) -> None:
    files.keys("ASIAIOSFODNN7EXAMPLE", SECRET)
    said = files.said()
    assert "its session token is missing" in said[0]
    assert "~/.aws/credentials:2" in said[1]
    assert not gone(said)


def test_id_and_secret_in_each_other_s_place(files: Files) -> None:
    files.keys(SECRET, ID)
    said = files.said()
    assert "are swapped" in said[0]
    assert "swap the two values at ~/.aws/credentials:2" in said[1]
    assert not gone(said)


@pytest.mark.parametrize(
    ("id", "secret", "told"),
    [
        (f"\u201c{ID}\u201d", SECRET, "left double quotation mark (\u201c)"),
        (ID, f"\u201c{SECRET}\u201d", "aws_secret_access_key has"),
        (f"{ID}\u200b", SECRET, "zero width space"),
        (f"{ID}\u00a0x", SECRET, "no-break space"),
        (f"{ID},", SECRET, "comma (,)"),
        (f"<{ID}>", SECRET, "less-than sign (<), greater-than sign (>)"),
        (f'"{ID}"', SECRET, 'quotation mark (")'),
        (ID, f"{SECRET}%", "percent sign (%)"),
        (ID, f"{SECRET}\u200d", "zero width joiner"),
        (ID, f"{SECRET};", "semicolon (;)"),
    ],
)
@pytest.mark.parametrize("code", ["InvalidClientTokenId", "SignatureDoesNotMatch"])
def test_what_was_pasted_along(files: Files, id: str, secret: str, told: str, code: str) -> None:
    files.keys(id, secret)
    said = files.said(code=code)
    assert told in said[0]
    assert "keep the rest" in said[1]
    assert not gone(said)
    assert "\u200b" not in said[0]


@pytest.mark.parametrize("id", ["minioadmin", "localstack", "DO00XKQZ7WJ4M2VTR9PN", "GOOG1EXAMPLE"])
def test_an_id_of_another_service(files: Files, id: str) -> None:
    files.keys(id, "example")
    said = files.said()
    assert "not an ID of AWS's" in said[0]
    assert "for another service set its endpoint_url" in said[1]
    assert not gone(said)


def test_an_id_written_small_and_the_id_of_a_user(files: Files) -> None:
    files.keys(ID.lower(), SECRET)
    assert "capitals" in files.said()[0]
    files.keys("AIDAIOSFODNN7EXAMPLE", SECRET)
    said = files.said()
    assert "not of an access key" in said[0]
    assert not gone(said)


@pytest.mark.parametrize("length", [39, 41, 44])
def test_a_secret_of_another_length(files: Files, length: int) -> None:
    files.keys(ID, (SECRET * 2)[:length])
    said = files.said(code="SignatureDoesNotMatch")
    assert f"has {length} characters, but AWS's have 40" in said[0]


@pytest.mark.parametrize(
    ("endpoint", "own"),
    [
        ("http://localhost:4566", True),
        ("https://minio.example.com", True),
        ("https://sts.amazonaws.com", False),
        ("https://sts.cn-north-1.amazonaws.com.cn", False),
        ("https://vpce-1.sts.eu-west-1.vpce.amazonaws.com", False),
    ],
)
def test_it_is_said_where_the_call_did_not_go_to_aws(
    files: Files, endpoint: str, own: bool
) -> None:
    files.keys(ID, SECRET)
    message, fix = files.said(endpoint=endpoint)
    assert (f"{endpoint} answered, not AWS itself" in message) == own
    assert ("unset the endpoint" in fix) == own


def test_a_key_that_looks_well_is_told_as_deleted(files: Files) -> None:
    files.keys(ID, SECRET)
    message, fix = files.said()
    assert "it was deleted or is inactive" in message
    assert fix == "make a new key, then awsprof add keys p; or awsprof remove p"


def test_a_temporary_key_that_aws_does_not_know_has_expired(files: Files) -> None:
    files.keys("ASIAIOSFODNN7EXAMPLE", SECRET, f"aws_session_token = {TOKEN}")
    said = files.said()
    assert "which is temporary: it has expired or was revoked" in said[0]
    assert said[1].startswith("put the new key and its token at ~/.aws/credentials:2, or let")
    assert not gone(said)


def test_the_mend_goes_to_the_profile_that_has_the_key(files: Files) -> None:
    """A role is never to be removed because its source's key is dead."""
    role = f"[profile deploy]\n{ROLE}source_profile = p\n"
    files.write(f"[p]\naws_access_key_id = {ID}\naws_secret_access_key = {SECRET}\n", role)
    message, fix = files.said("deploy")
    assert "the key of p, which deploy uses" in message
    assert fix == "make a new key, then awsprof add keys p"
    stale = f"aws_session_token = {TOKEN}\n"
    files.write(f"[p]\naws_access_key_id = {ID}\naws_secret_access_key = {SECRET}\n{stale}", role)
    assert files.said("deploy")[1].startswith("awsprof unset p aws_session_token")


def test_a_session_that_aws_revoked_is_no_deleted_key(files: Files) -> None:
    role = f"[profile deploy]\n{ROLE}source_profile = p\n"
    files.write(f"[p]\naws_access_key_id = {ID}\naws_secret_access_key = {SECRET}\n", role)
    session = Credentials("ASIAIOSFODNN7EXAMPLE", Secret(SECRET), Secret(TOKEN))
    refusal = ClientError({"Error": {"Code": "InvalidClientTokenId"}}, "GetCallerIdentity")
    links = [Catalog.load().get("deploy")]
    said = translate_error(refusal, profile="deploy", links=links, used=session)
    assert "rejects this session" in said.message
    assert said.fix.startswith("awsprof logout deploy")
    assert not gone((said.message.replace("was deleted", ""), said.fix))


def test_a_program_s_key_is_the_program_s(files: Files) -> None:
    files.write("", "[profile p]\ncredential_process = /usr/bin/give\n")
    said = files.said()
    assert "the program of p prints" in said[0]
    assert not gone(said)


@pytest.mark.parametrize(
    ("region", "told"),
    [
        ("eu-south-2", "not enabled in its account"),
        ("cn-north-1", "in the partition aws-cn, but the key's ARNs are in aws"),
    ],
)
def test_a_region_may_know_no_such_key(files: Files, region: str, told: str) -> None:
    device = "mfa_serial = arn:aws:iam::123456789012:mfa/alice\n"
    line = f"credential_process = /usr/bin/awsprof credential-process p --key {ID}\n"
    files.write("", f"[profile p]\n{line}{device}region = {region}\n")
    message, fix = files.said()
    assert told in message
    assert fix.startswith("awsprof set p region ")


@pytest.mark.parametrize(
    ("variable", "given", "told"),
    [
        ("AWS_REGION", None, "export AWS_REGION=us-east-1"),
        ("AWS_DEFAULT_REGION", None, "export AWS_DEFAULT_REGION=us-east-1"),
        (None, "ap-east-1", "name another region, such as us-east-1"),
    ],
)
def test_a_region_of_a_variable_or_flag_is_named_as_such(
    aws: Aws,
    files: Files,
    monkeypatch: pytest.MonkeyPatch,
    variable: str | None,
    given: str | None,
    told: str,
) -> None:
    monkeypatch.setenv("SHELL", "/bin/bash")
    if variable:
        monkeypatch.setenv(variable, "ap-east-1")
    used = Credentials("AKIAI44QH8DHBEXAMPLE", Secret(SECRET))
    files.keys(used.access_key_id, SECRET)
    profile = Catalog.load().get("p")
    with pytest.raises(CredentialsError, match="ap-east-1") as error:
        get_caller_identity(used, profile=profile, region=given)
    assert "not enabled in its account" in error.value.message
    assert error.value.fix.startswith(told)


@pytest.mark.parametrize("strange", ["\u201c{}\u201d", "{}\u200b"])
def test_what_cannot_even_be_sent_is_told_the_same(aws: Aws, files: Files, strange: str) -> None:
    """A character that no header can hold stops botocore before any call."""
    files.keys(strange.format(ID), SECRET)
    used = Credentials(strange.format(ID), Secret(SECRET))
    with pytest.raises(Exception, match="do not belong") as told:
        get_caller_identity(used, profile=Catalog.load().get("p"), region="eu-west-1")
    assert "remove them in an editor" in getattr(told.value, "fix", "")


def test_a_key_of_no_profile_is_never_named_as_one(aws: Aws) -> None:
    used = Credentials("AKIAI44QH8DHBEXAMPLE", Secret(SECRET))
    with pytest.raises(Exception, match="InvalidClientTokenId") as told:
        get_caller_identity(used, region="eu-west-1")
    assert "AKIAI44QH8DHBEXAMPLE" not in getattr(told.value, "fix", "")
