"""Checks of the environment and of this machine."""

import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from botocore.session import Session

from awsprof import shells
from tests.standins.cli_runner import run_unchecked
from tests.unit.doctor.conftest import Visit
from tests.unit.doctor.expectations import line_of

BASE = "[profile base]\nregion = eu-west-1\n"

KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}

# The check, the variables, and the core of what it says; nothing: it is quiet.
VARIABLES: list[tuple[str, dict[str, str], str]] = [
    ("env-keys-win", KEYS, "over the default profile"),
    (
        "env-keys-win",
        {**KEYS, "AWS_PROFILE": "base"},
        "wins over the profile base",
    ),
    ("env-keys-win", {"AWS_ACCESS_KEY_ID": ""}, ""),
    (
        "env-profile-missing",
        {"AWS_PROFILE": "bsae"},
        "AWS_PROFILE=bsae names no existing profile. Did you",
    ),
    ("env-profile-missing", {"AWS_DEFAULT_PROFILE": "x"}, "AWS_DEFAULT_PROFILE=x names no"),
    ("env-profile-missing", {"AWS_PROFILE": "base"}, ""),
    ("env-profile-missing", {"AWS_PROFILE": ""}, ""),
    ("env-profile-empty", {"AWS_PROFILE": ""}, "AWS_PROFILE is set but empty"),
    ("env-profile-empty", {"AWS_PROFILE": "base"}, ""),
    ("env-profile-empty", {}, ""),
    (
        "env-profiles-disagree",
        {"AWS_PROFILE": "base", "AWS_DEFAULT_PROFILE": "b"},
        "boto3 uses AWS_DEFAULT_PROFILE=b",
    ),
    ("env-profiles-disagree", {"AWS_PROFILE": "base", "AWS_DEFAULT_PROFILE": "base"}, ""),
    ("env-profiles-disagree", {"AWS_PROFILE": "base"}, ""),
    ("env-region-ignored", {"AWS_REGION": "eu-west-1"}, "boto3 does not read it"),
    (
        "env-region-ignored",
        {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "x"},
        "boto3 uses AWS_DEFAULT_REGION=x",
    ),
    ("env-region-ignored", {"AWS_REGION": "x", "AWS_DEFAULT_REGION": "x"}, ""),
    ("env-region-ignored", {"AWS_DEFAULT_REGION": "x"}, ""),
    (
        "endpoint-override",
        {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566", "AWS_ENDPOINT_URL_S3": "http://x"},
        "AWS_ENDPOINT_URL=http://127.0.0.1:4566 and 1 more",
    ),
    (
        "endpoint-override",
        {"AWS_ENDPOINT_URL": "http://x", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
        "",
    ),
]


def test_no_fix_spreads_a_region_that_is_none(visit: Visit) -> None:
    for region, fix in (
        ("eu-west-1", "AWS_DEFAULT_REGION=eu-west-1"),
        ("eu-west-1a", "AWS_DEFAULT_REGION=eu-west-1"),
        ("nowhere!", "set both variables"),
    ):
        visit.environment["AWS_REGION"] = region
        (found,) = visit.found("env-region-ignored")
        assert fix in found.fix and "1a" not in found.fix


def test_keys_that_a_profile_needs_are_kept_though_it_has_a_typo(visit: Visit) -> None:
    role = "role_arn = arn:aws:iam::210987654321:role/R\ncredential_source = environment\n"
    visit.config(f"[profile r]\n{role}")
    visit.environment.update(KEYS)
    (found,) = visit.found("env-keys-win")
    assert "unset" not in found.fix


@pytest.mark.parametrize(("id", "variables", "says"), VARIABLES)
def test_variables(visit: Visit, id: str, variables: dict[str, str], says: str) -> None:
    visit.config(BASE)
    visit.environment.update(variables)
    found = visit.found(id)
    assert len(found) == bool(says)
    for finding in found:
        assert says in finding.fault.message
        assert (finding.profile, finding.fault.origin) == (None, None)
        assert finding.fault.fix.startswith(("unset AWS_", "export AWS_"))


@pytest.mark.parametrize(
    ("id", "variables", "fix"),
    [
        ("env-profile-missing", {"AWS_PROFILE": "bsae"}, "$Env:AWS_PROFILE = 'base'"),
        ("env-profile-empty", {"AWS_PROFILE": ""}, "Remove-Item Env:AWS_PROFILE"),
        ("env-value-refused", {"AWS_RETRY_MODE": "fast"}, "Remove-Item Env:AWS_RETRY_MODE"),
        ("env-file-missing", {"AWS_CONFIG_FILE": "/nowhere"}, "Remove-Item Env:AWS_CONFIG_FILE"),
        (
            "env-keys-win",
            KEYS,
            "Remove-Item Env:AWS_ACCESS_KEY_ID, Env:AWS_SECRET_ACCESS_KEY, Env:AWS_SESSION_TOKEN",
        ),
    ],
)
def test_on_windows_the_fix_of_a_variable_is_for_powershell(
    visit: Visit,
    id: str,
    variables: dict[str, str],
    fix: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shells, "sys", SimpleNamespace(platform="win32"))
    visit.config(BASE)
    visit.environment.update(variables)
    (found,) = visit.found(id)
    assert found.fault.fix.startswith(fix)


S3 = "s3 =\n  endpoint_url = http://127.0.0.1:4566\n"

FILES = [
    ("endpoint-override", f"{BASE}endpoint_url = http://x\n", 3, "Its calls go to http://x"),
    ("endpoint-override", f"{BASE}services = l\n[services l]\n{S3}", 3, "Calls to s3 go"),
    (
        "endpoint-override",
        f"{BASE}endpoint_url = x\nignore_configured_endpoint_urls = true\n",
        0,
        "",
    ),
    ("endpoint-override", BASE, 0, ""),
    ("services-undefined", f"{BASE}services = locl\n[services local]\n{S3}", 3, "mean local?"),
    ("services-undefined", f"{BASE}services = l\n[services l]\n", 3, "no section [services l]"),
    ("services-undefined", f"{BASE}services = l\n[services l]\n{S3}", 0, ""),
]


@pytest.mark.parametrize(("id", "text", "line", "says"), FILES)
def test_what_the_files_say_of_endpoints(
    visit: Visit, id: str, text: str, line: int, says: str
) -> None:
    visit.config(text)
    found = visit.found(id)
    assert len(found) == bool(says)
    for finding in found:
        assert says in finding.fault.message
        assert (finding.profile, str(finding.fault.origin)) == ("base", f"~/.aws/config:{line}")


UNNESTED = [
    ("[services l]\ns3 =\nendpoint_url = http://x\n", 3, "also makes no s3 client", "to s3,"),
    ("[services l]\nendpoint_url = http://x\n" + S3, 2, "not indented below", "s3 ="),
    ("[services l]\n" + S3, 0, "", ""),
]


@pytest.mark.parametrize(("section", "line", "says", "fix"), UNNESTED)
def test_an_endpoint_that_is_not_indented_below_its_service(
    visit: Visit, section: str, line: int, says: str, fix: str
) -> None:
    visit.config(f"{section}{BASE}services = l\n[profile other]\nregion = eu-west-1\n")
    stops = "makes no" in says
    id, other = ("invalid-value", "ignored-value")[:: 1 if stops else -1]
    found = visit.found(id)
    assert [str(f.fault.origin) for f in found] == [f"~/.aws/config:{line}"] * bool(line)
    assert all(says in f.message and fix in f.fix for f in found)
    assert visit.found(id, "other") == visit.found(other) == []
    endpoint = Session(profile="base").create_client  # of botocore, which is the judge
    if stops:
        with pytest.raises(AttributeError):
            endpoint("s3")
    else:
        assert "http" in section and endpoint("sqs").meta.endpoint_url.startswith("https://sqs")


def test_the_aws_cli_s_copies_are_cleared(visit: Visit, home: Path) -> None:
    visit.config(BASE)
    assert visit.found("aws-cli-cache") == []
    cache = home / ".aws" / "cli" / "cache"
    cache.mkdir(parents=True)
    for name in ("a.json", "b.json", "notes.txt"):
        (cache / name).write_text("{}")
    (finding,) = visit.found("aws-cli-cache")
    assert "2 copies" in finding.fault.message
    assert finding.fault.fix == "rm ~/.aws/cli/cache/*.json"
    assert visit.repaired("aws-cli-cache") == (BASE.encode(), b"")
    assert [path.name for path in cache.iterdir()] == ["notes.txt"]
    assert visit.found("aws-cli-cache") == []


def test_a_home_of_somebody_else(visit: Visit, home: Path) -> None:
    visit.environment["HOME"] = str(home)
    assert visit.found("foreign-home") == []
    if os.geteuid() == 0:
        os.chown(home, 61_000, -1)
    else:
        visit.environment["HOME"] = "/"  # it is root's
    (finding,) = visit.found("foreign-home")
    assert "which belongs to user" in finding.fault.message
    visit.environment["HOME"] = "/nowhere"
    assert visit.found("foreign-home") == []


def test_a_profile_that_is_in_a_file_that_is_not_read_is_not_given_up(visit: Visit) -> None:
    visit.config("")
    visit.environment |= {"AWS_PROFILE": "base", "AWS_CONFIG_FILE": "/nowhere/config"}
    (found,) = visit.found("env-profile-missing")
    assert found.fix == "unset AWS_CONFIG_FILE"
    assert "/nowhere/config names no file" in found.message
    del visit.environment["AWS_CONFIG_FILE"]
    (found,) = visit.found("env-profile-missing")
    assert found.fix == "unset AWS_PROFILE"


def test_one_file_for_both_variables_may_have_the_headers_of_either(
    visit: Visit, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = "".join(f"[{name}]\nregion = eu-west-1\n" for name in ("default", "profile b", "x"))
    visit.config(f"{both}[sso-session c]\nsso_region = eu-west-1\n[profile q\n")
    for variable in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(variable, str(home / ".aws" / "config"))
    ids = ("missing-profile-prefix", "profile-prefix-in-credentials", "misplaced-section")
    assert [visit.found(id) for id in ids] == [[], [], []]
    assert [line_of(found) for found in visit.found("bad-header")] == [9]
    assert b"\n[profile q]\n" in visit.repaired("bad-header")[0]
    assert {"default", "b", "x"} <= set(Session().available_profiles)
    assert visit.found("dialects-differ") == visit.found("bad-header") == []


@pytest.mark.parametrize("value", ['"base"', "'base'", "base "])
def test_a_variable_with_quotes_around_the_profile_is_set_without_them(
    visit: Visit, value: str
) -> None:
    visit.config(BASE)
    visit.environment["AWS_PROFILE"] = value
    (finding,) = visit.found("env-profile-missing")
    assert finding.fix == "export AWS_PROFILE=base"


def test_half_a_key_wins_over_nothing(visit: Visit) -> None:
    visit.environment["AWS_ACCESS_KEY_ID"] = "AKIAIOSFODNN7EXAMPLE"
    assert visit.found("env-keys-win") == []
    assert visit.found("env-half-key")


def test_an_error_of_a_variable_is_not_told_of_each_profile_too(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit.credentials(
        "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\nregion = eu-west-1\n"
    )
    monkeypatch.setenv("AWS_CA_BUNDLE", "")
    told = json.loads(run_unchecked("doctor", "--json", "--timeout", "5").stdout)["findings"]
    assert [f["id"] for f in told if f["severity"] == "error"] == ["client-refused"]
