"""Situations of public bug reports: what the doctor says, and what boto3 makes of its mends."""

import json
from base64 import b64encode
from hashlib import shake_256
from pathlib import Path

import pytest
from botocore.exceptions import ConfigParseError
from botocore.session import Session

from awsprof.doctor.runner import run_offline
from awsprof.masking.mask import mask_text
from tests.standins.cli_runner import run_unchecked
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


def test_a_key_of_two_uppercase_defaults_is_told_where_it_is_twice(visit: Visit) -> None:
    visit.config("[DEFAULT]\nregion = eu-west-1\n[DEFAULT]\noutput = json\nREGION = us-east-1\n")
    (found,) = visit.found("duplicate-key")
    assert found.fault.origin is not None and found.fault.origin.line == 5
    assert "lines 2, 5" in found.message
    with pytest.raises(ConfigParseError):
        _ = Session().full_config
    visit.config("[DEFAULT]\nregion = eu-west-1\n[DEFAULT]\noutput = json\n[profile a]\n")
    assert visit.found("duplicate-key") == []
    (found,) = visit.found("uppercase-default")
    assert "copies region, output of [DEFAULT]" in found.message
    assert [origin.line for origin in found.fault.also] == [3]
    assert Session(profile="a").get_scoped_config() == {"region": "eu-west-1", "output": "json"}


@pytest.mark.parametrize("word", ["None", "null", "xxxxxxxx", "undefined"])
def test_a_word_for_nothing_in_a_secret_s_place_masks_no_sentence(word: str, visit: Visit) -> None:
    visit.config(f"{A}region = {word}\n")
    visit.credentials(f"[a]\naws_access_key_id = {ID}\naws_secret_access_key = {word}\n")
    (found,) = [f for f in run_offline(visit.context()) if f.id == "invalid-value"]
    assert f"region = {word} is not a region." in found.message


@pytest.mark.parametrize(("length", "told"), [(2_000, 1), (200_000, 0)])
def test_a_long_comment_is_data_and_no_secret(length: int, told: int, visit: Visit) -> None:
    letters = b64encode(shake_256().digest(length)).decode().replace("/", "").replace("+", "")
    visit.config(f"# {letters}\n{A}region = eu-west-1\n")
    assert len(visit.found("stray-secret")) == told


@pytest.mark.parametrize(
    ("lines", "fix"),
    [
        ("s3 = yes\n", "awsprof unset a s3"),
        ("s3 = yes\naddressing_style = path\n", "write s3 = without a value"),
        ("s3 = addressing_style\n  addressing_style = path\n", "write s3 = without a value"),
    ],
)
def test_s3_with_a_value_is_not_thrown_away_with_its_settings(
    lines: str, fix: str, visit: Visit
) -> None:
    visit.config(A + lines)
    (found,) = visit.found("invalid-value")
    assert found.fix.startswith(fix)


def test_an_sso_session_below_the_word_profile_is_made_one(visit: Visit) -> None:
    visit.config(CORP.replace("[sso", "[profile sso") + f"{A}sso_session = corp\n")
    assert visit.repaired("bad-header")[0].decode() == f"{CORP}{A}sso_session = corp\n"
    assert visit.found("sso-session-undefined") == []


def test_quotes_come_off_before_a_value_is_written_anew(visit: Visit) -> None:
    visit.config(f'{CORP}{A}sso_session = corp\nsso_account_id = "123456789012"\n')
    found = [f for f in run_offline(visit.context()) if f.id == "bad-account-id"]
    assert [f.fix for f in found] == ["awsprof doctor --fix quoted-value"]


def test_a_role_that_is_its_own_source_keeps_its_sign_in(visit: Visit) -> None:
    visit.config(
        f"{CORP}{A}{ROLE}source_profile = a\nsso_session = corp\nsso_account_id = 123456789012\n"
    )
    (found,) = visit.found("self-source-without-keys")
    assert found.fix.startswith("move its lines of Identity Center into a profile of their own")


def test_a_variable_with_the_usual_path_moves_no_file(
    visit: Visit, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit.config(f"{A}region = eu-west-1\n")
    for name, missing in (("credentials", 0), ("keys", 1)):
        path = str(home / ".aws" / name)
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", path)
        visit.environment["AWS_SHARED_CREDENTIALS_FILE"] = path
        assert len(visit.found("env-file-missing")) == missing


def test_a_temporary_key_beside_a_sign_in_is_unset_whole(visit: Visit) -> None:
    visit.config(f"{CORP}{A}sso_session = corp\nsso_account_id = 123456789012\nsso_role_name = R\n")
    visit.credentials("[a]\n" + KEY.replace("AKIA", "ASIA") + "aws_session_token = FwoGZXIvYXdz\n")
    (found,) = visit.found("several-identities")
    assert "awsprof unset a aws_session_token" in found.fix
    assert "awsprof add keys" not in found.fix  # it takes no temporary key


def test_a_token_file_that_cannot_be_read_is_one_finding_with_its_own_fix(
    visit: Visit, home: Path
) -> None:
    visit.config(f"{CORP}{A}sso_session = corp\nsso_account_id = 123456789012\nsso_role_name = R\n")
    cache = home / ".aws" / "sso"
    cache.mkdir()
    (cache / "cache").write_text("a file, where a folder should be")
    (found,) = visit.found("sso-token-expired")
    assert "Not a directory" in found.message
    assert found.fix == "one of its parent folders is a file: move that away"


@pytest.mark.parametrize("mark", ["#", "; ", "# "])
def test_keys_below_a_commented_header_do_not_become_default_s(mark: str, visit: Visit) -> None:
    visit.config(f"# mine\n{mark}[profile a]\nregion = eu-west-1\n[profile b]\n")
    (found,) = visit.found("line-without-equals")
    assert found.fault.repair is None
    assert found.fix.startswith(f"remove the {mark[0]} before [profile a], or put one before each")


def test_a_file_that_a_lost_line_break_makes_unreadable_is_told_once(visit: Visit) -> None:
    visit.config("[profile a]\nregion = eu-west-1[profile b]\nregion = us-east-1\n")
    visit.credentials(f"[a]\n{KEY}[b]\n{KEY}")
    told = json.loads(run_unchecked("doctor", "--json", "--timeout", "5").stdout)["findings"]
    assert "identity" not in [f["id"] for f in told]


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("x.awsapps.com/start", "https://x.awsapps.com/start"),
        ("https://x.awsapps.com/start/#/console?account_id=1", "https://x.awsapps.com/start"),
        ("https://x.awsapps.com/start/#/", None),
        ("https://x.awsapps.com/start#", None),
    ],
)
def test_a_start_url_that_was_cut_or_is_a_page_s_is_told(
    url: str, meant: str | None, visit: Visit
) -> None:
    visit.config(CORP.replace("https://x.awsapps.com/start", url))
    said = [f.fix.partition(" at ")[0] for f in visit.found("invalid-value")]
    assert said == ([f"write sso_start_url = {meant}"] if meant else [])


@pytest.mark.parametrize(
    ("written", "fix"),
    [
        ("arn:aws:iam::123456789012:role/ReadOnly", "awsprof set a sso_role_name ReadOnly"),
        (
            "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/eu-west-1/"
            "AWSReservedSSO_Admin_0123456789abcdef",
            "awsprof set a sso_role_name Admin",
        ),
        ("Read Only", "write the right sso_role_name there, in an editor"),
    ],
)
def test_a_permission_set_that_is_no_name_is_not_unset(
    written: str, fix: str, visit: Visit
) -> None:
    visit.config(f"{CORP}{A}sso_session = corp\nsso_role_name = {written}\n")
    (found,) = visit.found("invalid-value")
    assert found.fix.startswith(fix)
