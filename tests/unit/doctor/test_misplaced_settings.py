"""Settings in the wrong place or of the wrong kind, and what boto3 makes of them."""

import os
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import InvalidConfigError

from awsprof.configfile.document import FileEdit, FileKind, PutSection, SectionId
from awsprof.doctor.findings import Severity
from awsprof.doctor.runner import run_offline
from awsprof.editing.apply import apply
from awsprof.editing.change import Change
from awsprof.errors import FileError
from awsprof.profiles.catalog import Catalog
from tests.unit.doctor.conftest import Visit

P = "[profile p]\nregion = eu-west-1\n"
KEY = (
    "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"
)
FLAT = "s3 =\nmax_concurrent_requests = 20\nmax_queue_size = 10000\n"
CORP = "sso_start_url = https://x.awsapps.com/start\nsso_region = eu-west-1\n"
ON = (
    "[profile p]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = R\n"
    "region = eu-west-1\n"
)


def errors(visit: Visit) -> list[tuple[str, str]]:
    """The ID and the fix of each error that is found."""
    found = run_offline(visit.context())
    return [(f.id, f.fix) for f in found if f.severity is Severity.ERROR]


def test_an_s3_block_without_indents_stops_boto3_and_is_indented(visit: Visit) -> None:
    visit.config(P + KEY + FLAT + "output = json\n")
    with pytest.raises(AttributeError):
        boto3.Session(profile_name="p").client("s3")
    assert errors(visit) == [("block-not-indented", "awsprof doctor --fix block-not-indented")]
    assert "lines 6 to 7" in visit.found("block-not-indented")[0].message
    assert visit.found("unknown-key") == []
    after = visit.repaired("block-not-indented")[0].decode()
    assert after == P + KEY + FLAT.replace("\nmax", "\n  max") + "output = json\n"
    assert boto3.Session(profile_name="p").client("s3") is not None
    assert errors(visit) == []
    assert visit.taken_back().decode() == P + KEY + FLAT + "output = json\n"


@pytest.mark.parametrize(
    "text",
    [
        "s3 =\n  max_queue_size = 1\n",
        "s3 =\nuse_dualstack_endpoint = true\n",  # a setting of the profile too
        "s3 =\noutput = json\nmax_queue_size = 1\n",
        "max_queue_size = 1\n",
    ],
)
def test_no_line_is_indented_that_may_be_meant_as_it_is(visit: Visit, text: str) -> None:
    visit.config(P + text)
    assert visit.found("block-not-indented") == []


def test_a_key_of_the_s3_block_in_the_profile_is_moved_by_the_fix(visit: Visit) -> None:
    visit.config(P + "addressing_style = path\n")
    (found,) = visit.found("unknown-key")
    assert found.fix.startswith("awsprof set p s3.addressing_style path, then awsprof unset p addr")


def test_a_profile_s_key_in_a_session_belongs_into_the_profiles(visit: Visit) -> None:
    visit.config(f"[sso-session corp]\n{CORP}sso_role_name = R\nregion = eu-west-1\n")
    told = [(f.message, f.fix) for f in visit.found("unknown-key")]
    assert [message.split()[2] for message, _ in told] == ["sso_role_name", "region"]
    assert all(fix.startswith("move the line to the profiles that use") for _, fix in told)


def test_a_session_under_a_profile_s_header_becomes_one(visit: Visit) -> None:
    text = f"[profile corp]\n{CORP}{ON}{ON.replace('[profile p]', '[profile q]')}"
    visit.config(text)
    with pytest.raises(InvalidConfigError):
        boto3.Session(profile_name="p").client("sts").get_caller_identity()
    assert visit.found("sso-legacy") == visit.found("sso-no-role") == []
    found = visit.found("sso-session-undefined")
    assert "[profile corp] at" in found[0].message
    assert [each.fix for each in found] == ["awsprof doctor --fix sso-session-undefined"] * 2
    assert visit.repaired("sso-session-undefined")[0].decode() == text.replace(
        "[profile corp]", "[sso-session corp]"
    )
    assert visit.found("sso-session-undefined") == []
    assert list(Catalog.load().sessions) == ["corp"]


def test_a_profile_with_more_than_a_session_has_stays_one(visit: Visit) -> None:
    visit.config(f"[profile corp]\n{CORP}output = json\n{ON}")
    assert [f.fault.repair for f in visit.found("sso-session-undefined")] == [None]


def test_the_role_of_a_permission_set_is_corrected(visit: Visit) -> None:
    role = "AWSReservedSSO_Read_Only_0123456789abcdef"
    visit.config(f"[sso-session corp]\n{CORP}{ON.replace('= R', f'= {role}')}")
    (found,) = visit.found("invalid-value")
    assert found.fix == "awsprof set p sso_role_name Read_Only"


TOKEN = "/nowhere/eks-pod-identity-token"
URL = "AWS_CONTAINER_CREDENTIALS_FULL_URI"


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({URL: "http://example.com/x"}, "the host example.com"),
        ({URL: "169.254.170.2/x"}, "names no host"),
        (
            {URL: "http://169.254.170.23/v1", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": TOKEN},
            f"={TOKEN} names a missing file",
        ),
        (
            {URL: "http://127.0.0.1:9/x", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": ""},
            "missing file",
        ),
        ({URL: "http://127.0.0.1:9/x"}, ""),
        ({URL: "https://example.com/x"}, ""),
        ({URL: "http://[::1]/x"}, ""),
        ({"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/x", URL: "http://example.com"}, ""),
        ({"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": TOKEN}, ""),
    ],
)
def test_variables_of_a_container(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], says: str
) -> None:
    visit.config(P)
    visit.environment |= variables
    assert [says in f.message for f in visit.found("env-container-refused")] == [True] * bool(says)
    if says:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        with pytest.raises((ValueError, FileNotFoundError)):
            boto3.Session(profile_name="p").get_credentials()
    visit.config(P + KEY)
    visit.environment["AWS_PROFILE"] = "p"
    assert visit.found("env-container-refused") == []  # boto3 does not ask the container


def test_variables_in_the_path_of_a_file_are_expanded_as_by_botocore(
    visit: Visit, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit.config(P)
    other = home / "credentials"
    other.write_text(f"[p]\n{KEY}")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "$HOME/credentials")
    visit.environment = dict(os.environ)
    found = boto3.Session(profile_name="p").get_credentials()
    assert found is not None
    assert Catalog.load().get("p").get("aws_access_key_id") == found.access_key
    assert visit.found("env-file-missing") == []


def test_a_folder_in_a_file_s_place_is_no_file_and_is_told(
    visit: Visit, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit.credentials(f"[p]\n{KEY}")
    (home / ".aws" / "config").mkdir()
    assert boto3.Session(profile_name="p").get_credentials() is not None
    assert list(Catalog.load().profiles) == ["p"]
    (found,) = visit.found("file-misnamed")
    assert found.fix.endswith(".aws/config.folder")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(home))
    visit.environment = dict(os.environ)
    assert "names a folder" in visit.found("env-file-missing")[0].message


def test_symlinks_in_a_loop_are_no_file_and_are_told(
    visit: Visit, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit.credentials(f"[p]\n{KEY}")
    loop = home / ".aws" / "config"
    loop.symlink_to("config")
    assert boto3.Session(profile_name="p").get_credentials() is not None
    assert list(Catalog.load().profiles) == ["p"]
    (found,) = visit.found("file-misnamed")
    assert found.message == "~/.aws/config is a symlink in a loop, so no SDK reads it."
    section = PutSection(SectionId.profile("new"), ())
    with pytest.raises(FileError, match="levels of symbolic links"):
        apply(Change("added", (FileEdit(FileKind.CONFIG, section),)), lambda: visit.vault)
    assert loop.is_symlink()
    other = home / "config"
    other.symlink_to("config")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(other))
    visit.environment = dict(os.environ)
    assert "names no file" in visit.found("env-file-missing")[0].message


@pytest.mark.parametrize(
    ("named", "shown"),
    [
        ("base ", "'base '"),
        ("base\u200f", r"'base\u200f'"),
        ("cafe\u0301", r"'cafe\u0301'"),
        ("caf\u00e9", "caf\u00e9"),
        ("bas", "bas"),
        ("\x1b]0;x\x07base", r"'\x1b]0;x\x07base'"),
    ],
)
def test_a_name_that_looks_like_another_shows_how_it_differs(
    visit: Visit, named: str, shown: str
) -> None:
    visit.config("[profile base]\nregion = eu-west-1\n")
    visit.environment["AWS_PROFILE"] = named
    assert f"AWS_PROFILE={shown} names" in visit.found("env-profile-missing")[0].message


def test_an_uppercase_default_is_proposed_as_no_source(visit: Visit) -> None:
    visit.config("[profile r]\nrole_arn = arn:aws:iam::210987654321:role/A\n")
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    key = f"aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = {secret}\n"
    visit.credentials(f"[DEFAULT]\n{key}")
    (finding,) = visit.found("role-without-source")
    assert "DEFAULT" not in finding.fault.fix
    assert visit.found("plaintext-long-term-key")
