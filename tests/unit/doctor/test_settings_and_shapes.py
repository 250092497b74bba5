"""Checks of values, variables and the shapes of keys: what each finds, and what mends it."""

import shutil
import subprocess
from pathlib import Path

import pytest
from botocore.session import Session

from awsprof.masking.mask import mask_message
from tests.unit.doctor.conftest import Visit

ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
KEY = f"aws_access_key_id = {ID}\naws_secret_access_key = {SECRET}\n"

# The check, a profile's lines, and what to type; nothing: it is quiet.
MENDS = [
    ("invalid-value", "retry_mode = Standard\n", "awsprof set p retry_mode standard"),
    ("invalid-value", "region = eu-west-1a\n", "awsprof set p region eu-west-1"),
    ("invalid-value", "region = eu-west-1 # mine\n", "awsprof doctor --fix inline-comment"),
    ("invalid-value", 'region = "eu-west-1"\n', "awsprof doctor --fix quoted-value"),
    ("invalid-value", "max_attempts = 0\n", "awsprof unset p max_attempts"),
    ("invalid-value", "s3 =\n  addressing_style = x\n", "awsprof unset p s3.addressing_style"),
    ("invalid-value", "region = eu-nowhere-7\n", ""),
    ("ignored-value", "use_fips_endpoint = yes\n", "awsprof set p use_fips_endpoint true"),
    ("ignored-value", "duration_seconds = 2 hours\n", "awsprof set p duration_seconds 7200"),
    ("ignored-value", "use_fips_endpoint = true\n", ""),
    (
        "token-with-long-term-key",
        f"{KEY}aws_session_token = x\n",
        "awsprof unset p aws_session_token",
    ),
    ("token-with-long-term-key", KEY, ""),
    ("key-id-shape", KEY, ""),
    ("key-id-shape", KEY.replace(ID, ID[:-1]), "awsprof add keys p"),
    ("key-id-shape", KEY.replace(ID, "minio"), "awsprof add keys p"),
    ("key-id-shape", "endpoint_url = http://x\n" + KEY.replace(ID, "minio"), ""),
    (
        "key-id-shape",
        f"aws_access_key_id = {SECRET}\naws_secret_access_key = {ID}\n",
        "swap the two values: awsprof doctor --fix key-id-shape",
    ),
    (
        "key-id-shape",
        KEY.replace(ID, ID.lower()),
        "correct the ID: awsprof doctor --fix key-id-shape",
    ),
    ("quoted-value", KEY.replace(ID, f'"{ID}"'), ""),  # key-id-shape, which is an error
    ("plaintext-long-term-key", KEY.replace(SECRET, SECRET[:-1]), ""),  # it could not move
    ("secret-shape", KEY, ""),
    ("secret-shape", KEY.replace(SECRET, SECRET[:-1]), "awsprof add keys p"),
    (
        "secret-shape",
        KEY.replace(SECRET, f"\u201c{SECRET}\u201d"),
        "correct the secret: awsprof doctor --fix secret-shape",
    ),
]


@pytest.mark.parametrize(("id", "lines", "fix"), MENDS)
def test_lines(visit: Visit, id: str, lines: str, fix: str) -> None:
    visit.config(f"[profile p]\n{lines}")
    found = visit.found(id)
    assert len(found) == bool(fix)
    for finding in found:
        assert finding.fix.startswith(fix)
        assert SECRET[:12] not in finding.message + finding.fix


VARIABLES = [
    ("env-value-refused", {"AWS_DEFAULT_REGION": ""}, "unset AWS_DEFAULT_REGION"),
    (
        "env-value-refused",
        {"AWS_DEFAULT_REGION": "eu-west-1a"},
        "export AWS_DEFAULT_REGION=eu-west-1",
    ),
    ("env-value-refused", {"AWS_RETRY_MODE": "fast"}, "unset AWS_RETRY_MODE"),
    (
        "env-value-refused",
        {"AWS_ENDPOINT_URL_S3": "localhost:9000"},
        "export AWS_ENDPOINT_URL_S3=http",
    ),
    ("env-value-refused", {"AWS_DEFAULT_REGION": "eu-west-1"}, ""),
    ("env-value-refused", {"AWS_REGION": ""}, ""),
    ("env-value-ignored", {"AWS_USE_FIPS_ENDPOINT": "1"}, "export AWS_USE_FIPS_ENDPOINT=true"),
    ("env-half-key", {"AWS_ACCESS_KEY_ID": ID}, "unset AWS_ACCESS_KEY_ID"),
    ("env-half-key", {"AWS_ACCESS_KEY_ID": ID, "AWS_SECRET_ACCESS_KEY": SECRET}, ""),
    ("env-half-key", {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, ""),
    (
        "env-half-key",
        {"AWS_ACCESS_KEY_ID": ID, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_SESSION_TOKEN": "x"},
        "unset AWS_SESSION_TOKEN",
    ),
    (
        "env-half-key",
        {"AWS_ACCESS_KEY_ID": SECRET, "AWS_SECRET_ACCESS_KEY": ID},
        'export AWS_ACCESS_KEY_ID="$AWS_SECRET_ACCESS_KEY"'
        ' AWS_SECRET_ACCESS_KEY="$AWS_ACCESS_KEY_ID"',
    ),
    ("env-keys-win", {"AWS_ACCESS_KEY_ID": SECRET, "AWS_SECRET_ACCESS_KEY": ID}, ""),
    ("env-key-misnamed", {"AWS_SECRET_KEY": "x"}, "unset AWS_SECRET_KEY"),
    ("env-ca-bundle-missing", {"AWS_CA_BUNDLE": "/nowhere"}, "unset AWS_CA_BUNDLE"),
    ("env-token-file-missing", {"AWS_WEB_IDENTITY_TOKEN_FILE": "/x"}, "unset AWS_WEB"),
    ("env-file-missing", {"AWS_CONFIG_FILE": "/nowhere/config"}, "unset AWS_CONFIG_FILE"),
    ("env-file-missing", {"AWS_CONFIG_FILE": "/dev/null"}, ""),
    ("env-file-missing", {"AWS_CONFIG_FILE": ""}, "unset AWS_CONFIG_FILE"),
]


@pytest.mark.parametrize(("id", "variables", "fix"), VARIABLES)
def test_variables(visit: Visit, id: str, variables: dict[str, str], fix: str) -> None:
    visit.config("[profile p]\nregion = eu-west-1\n")
    visit.environment.update(variables)
    found = visit.found(id)
    assert len(found) == bool(fix)
    assert all(finding.fix.startswith(fix) for finding in found)
    assert SECRET not in "".join(f.message for f in found)


def test_a_web_identity_wins_over_a_key_and_not_over_a_role(visit: Visit, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("x")
    visit.config(
        f"[profile p]\n{KEY}[profile r]\nrole_arn = arn:aws:iam::123456789012:role/A\n"
        "source_profile = p\n"
    )
    visit.environment |= {
        "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/B",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(token),
        "AWS_PROFILE": "p",
    }
    assert [f.message for f in visit.found("env-web-identity-wins")] != []
    assert visit.found("env-token-file-missing") == []
    visit.environment["AWS_PROFILE"] = "r"
    assert visit.found("env-web-identity-wins") == []


def test_a_file_that_is_named_almost_so_is_offered(visit: Visit, home: Path) -> None:
    visit.config("[profile p]\nregion = eu-west-1\n")
    wrong = home / ".aws" / "confg"
    visit.environment["AWS_CONFIG_FILE"] = str(wrong)
    (found,) = visit.found("env-file-missing")
    assert found.fix == f"export AWS_CONFIG_FILE={home / '.aws' / 'config'}"


def test_files_with_an_ending(visit: Visit, home: Path) -> None:
    visit.config("[profile p]\nregion = eu-west-1\n")
    (home / ".aws" / "config.txt").write_text("")
    (home / ".aws" / "credentials.txt").write_text("")
    (found,) = visit.found("file-misnamed")
    assert found.fix.startswith("mv ") and "credentials.txt" in found.fix


def test_ca_bundle_and_token_file_are_taken_as_written(visit: Visit, home: Path) -> None:
    (home / "ca.pem").write_text("")
    visit.config(
        "[profile p]\nregion = eu-west-1\nca_bundle = ~/ca.pem\n"
        "[profile w]\nrole_arn = arn:aws:iam::123456789012:role/A\n"
        "web_identity_token_file = ~/ca.pem\n[profile n]\nweb_identity_token_file = /x\n"
    )
    (bundle,) = visit.found("ca-bundle-missing")
    assert bundle.fix == f"awsprof set p ca_bundle {home / 'ca.pem'}"
    assert [f.profile for f in visit.found("token-file-missing")] == ["w", "n"]


@pytest.mark.parametrize(
    ("id", "secret", "check"),
    [
        (SECRET, ID, "key-id-shape"),  # swapped
        (f"'{SECRET}'", f"\u201c{ID}\u201d", "key-id-shape"),
        (f"{ID}\u200b", SECRET, "key-id-shape"),
        (f'"{ID}"', SECRET, "key-id-shape"),
        (ID.lower(), SECRET, "key-id-shape"),
        (ID, f"'{SECRET}'", "secret-shape"),
        (ID, f"{SECRET[:9]}\u00a0{SECRET[9:]}", "secret-shape"),
    ],
)
def test_a_key_that_is_only_written_wrongly_is_put_right(
    visit: Visit, id: str, secret: str, check: str
) -> None:
    """Nothing of it is thrown away, and botocore then has the key that was meant."""
    visit.config("[profile p]\nregion = eu-west-1\n")
    visit.credentials(f"[p]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n")
    visit.repaired(check)
    made = Session(profile="p").get_credentials()
    assert (made.access_key, made.secret_key) == (ID, SECRET)
    assert visit.found(check) == []


@pytest.mark.parametrize("shell", ["bash", "dash", "zsh"])
def test_the_mend_of_a_swapped_pair_swaps_it(shell: str, visit: Visit) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"no {shell} here")
    swapped = {"AWS_ACCESS_KEY_ID": SECRET, "AWS_SECRET_ACCESS_KEY": ID}
    visit.environment |= swapped
    (finding,) = visit.found("env-half-key")
    assert mask_message(finding.fix) == finding.fix  # it names variables, and no value
    assert SECRET not in finding.message + finding.fix
    script = f'{finding.fix}; printf \'%s %s\' "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY"'
    done = subprocess.run([program, "-c", script], env=swapped, capture_output=True, check=True)
    assert done.stdout.decode().split() == [ID, SECRET]


def test_a_secret_in_the_place_of_an_id_is_not_shown(visit: Visit) -> None:
    visit.environment |= {"AWS_ACCESS_KEY_ID": SECRET, "AWS_SECRET_ACCESS_KEY": "x"}
    told = [f.message + f.fix for id in ("env-keys-win", "env-half-key") for f in visit.found(id)]
    assert told
    assert not any(SECRET[:8] in text for text in told)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://bob:hunter2@proxy.example.com:port", "its host or port is not valid"),
        ("http://proxy.example.com:99999", "its host or port is not valid"),
        ("http://[::1", "its host or port is not valid"),
        ("http://", "it names no host"),
        ("socks5://127.0.0.1:1080", "it takes HTTP proxies only, not socks5"),
        ("proxy.example.com:3128", ""),
        ("http://bob:hunter2@proxy.example.com:3128", ""),
        ("https://[::1]:3128/", ""),
    ],
)
def test_a_proxy_that_boto3_cannot_use(visit: Visit, url: str, told: str) -> None:
    for variable in ("HTTPS_PROXY", "http_proxy"):
        visit.environment[variable] = url
    found = visit.found("env-value-refused")
    assert [told in fault.message for fault in found] == [True] * (2 if told else 0)
    assert "hunter2" not in str(found)


@pytest.mark.parametrize("key", ["external_id", "mfa_serial"])
def test_what_boto3_sends_although_it_is_empty(visit: Visit, key: str) -> None:
    role = "role_arn = arn:aws:iam::123456789012:role/A\nregion = eu-west-1\n"
    visit.config(
        f"[profile a]\n{role}source_profile = b\n{key} =\n"
        f"[profile b]\nregion = eu-west-1\n{key} =\n"
        f"[profile w]\n{role}web_identity_token_file = /token\n{key} =\n"
    )
    (found,) = visit.found("invalid-value")
    assert found.profile == "a"
    assert found.fix == f"awsprof unset a {key}"


def test_an_endpoint_of_a_service_that_is_no_url(visit: Visit) -> None:
    visit.config(
        "[profile a]\nregion = eu-west-1\nservices = mine\n[services mine]\n"
        "s3 =\n  endpoint_url = localhost:9000\n  region = x\n"
        "sqs =\n  endpoint_url = http://localhost:4566\n"
    )
    (found,) = visit.found("invalid-value")
    assert found.fault.origin is not None
    assert found.fault.origin.line == 6
    assert found.message.startswith("s3: endpoint_url = localhost:9000 is not a URL")
    assert found.fix.startswith("write endpoint_url = http://localhost:9000 at")


def test_a_key_in_variables_that_a_profile_needs_is_not_to_be_unset(visit: Visit) -> None:
    visit.environment |= {"AWS_ACCESS_KEY_ID": ID, "AWS_SECRET_ACCESS_KEY": SECRET}
    role = "role_arn = arn:aws:iam::123456789012:role/A\nregion = eu-west-1\n"
    visit.config(f"[profile a]\n{role}credential_source = Ec2InstanceMetadata\n")
    (found,) = visit.found("env-keys-win")
    assert found.fix.startswith("unset AWS_ACCESS_KEY_ID")
    visit.config(f"[profile a]\n{role}credential_source = Environment\n")
    (found,) = visit.found("env-keys-win")
    assert "a needs it" in found.message
    assert "unset" not in found.fix


@pytest.mark.parametrize("name", ["", "%(role)s", "{role}", "$ROLE", "<role>", "A<x>", "A%20B"])
def test_no_role_is_made_up_for_a_template(visit: Visit, name: str) -> None:
    role = f"role_arn = arn:aws:iam::123456789012:role/{name}\nregion = eu-west-1\n"
    visit.config(f"[profile a]\n{role}source_profile = b\n[profile b]\nregion = eu-west-1\n")
    (found,) = visit.found("bad-arn")
    assert "Did you mean" not in found.message
    assert "awsprof set" not in found.fix
