"""awsprof prompt: the shell's profile and its time left, from what is kept already."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from awsprof.auth import fast_path
from awsprof.cli.shell_prompt_line import prompt_line

KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


def at(**more: float) -> str:
    return f"{NOW + timedelta(**more):%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        ({}, ""),
        ({"AWS_PROFILE": "dev"}, "dev"),
        ({"AWS_PROFILE": "dev", "AWS_DEFAULT_PROFILE": "boto"}, "boto"),
        (
            {"AWSPROF_PROFILE": "dev", **KEYS, "AWS_CREDENTIAL_EXPIRATION": at(minutes=42)},
            "dev 42m",
        ),
        ({"AWSPROF_PROFILE": "dev", **KEYS, "AWS_CREDENTIAL_EXPIRATION": at(hours=7.5)}, "dev 7h"),
        (
            {"AWSPROF_PROFILE": "dev", **KEYS, "AWS_CREDENTIAL_EXPIRATION": at(minutes=-1)},
            "dev expired",
        ),
        ({"AWSPROF_PROFILE": "dev", **KEYS, "AWS_CREDENTIAL_EXPIRATION": "soon"}, "dev"),
        ({"AWS_PROFILE": "d\x1b[2Jv"}, ""),
        ({"AWS_PROFILE": "dev", **KEYS}, ""),
        ({"AWSPROF_PROFILE": "dev"}, ""),  # the credentials were unset
        ({"AWSPROF_PROFILE": "dev", "AWS_PROFILE": "other"}, "other"),
        ({"AWSPROF_PROFILE": "dev", **KEYS, "AWS_PROFILE": "other"}, "dev"),
    ],
)
def test_variables_say_it(
    variables: dict[str, str], line: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert prompt_line(NOW) == line


@pytest.fixture
def config(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (home / ".aws" / "sso" / "cache").mkdir(parents=True)
    (home / ".aws" / "config").write_text(
        "[profile base]\ncredential_process = /x/awsprof credential-process base --key AKIA\n"
        "[profile admin]\nrole_arn = arn:aws:iam::1:role/A\nsource_profile = base\n"
        "[profile dev]\nsso_session = corp\n[sso-session corp]\nsso_region = eu-west-1\n"
    )
    return home / ".aws"


def test_the_session_of_the_source_is_that_of_its_role(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = {
        fast_path.request_fingerprint(["base", "--key", "AKIA"]): json.dumps(
            {"Version": 1, "Expiration": at(hours=11)}
        ).encode()
    }
    monkeypatch.setattr(fast_path, "cached_output", kept.get)
    monkeypatch.setenv("AWS_PROFILE", "admin")
    assert prompt_line(NOW) == "admin 11h"


def test_identity_center_s_token_says_how_long(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = hashlib.sha1(b"corp", usedforsecurity=False).hexdigest()
    token = {"accessToken": "secret", "expiresAt": at(hours=3)}
    (config / "sso" / "cache" / f"{name}.json").write_text(json.dumps(token))
    monkeypatch.setenv("AWS_PROFILE", "dev")
    assert prompt_line(NOW) == "dev 3h"
