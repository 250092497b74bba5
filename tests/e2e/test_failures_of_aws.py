"""What goes wrong with a sign-in ends in one clear sentence, in bounded time, and loses nothing."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.standins.authority import authority
from tests.standins.aws import Aws, serving
from tests.standins.cli_runner import add_vault_key, run, run_in_process

BOUND = 45  # seconds, on a busy machine
PROFILE = (
    "[profile {}]\nsso_session = corp\nsso_account_id = 345678901234\nsso_role_name = {}\n"
    "region = eu-west-1\n"
)


@pytest.fixture
def token(aws: Aws, home: Path) -> Path:
    """A session that somebody signed in to; the file of its token."""
    return signed_in(aws, home)


def signed_in(aws: Aws, home: Path) -> Path:
    aws.approve_at_once = True
    aws.accounts["345678901234"] = ("Prod", ("ReadOnly", "Admin"))
    config = home / ".aws" / "config"
    config.parent.mkdir()
    config.write_text(
        f"[sso-session corp]\nsso_start_url = {aws.url}/start\nsso_region = eu-west-1\n"
        f"sso_registration_scopes = sso:account:access\n"
        + PROFILE.format("prod", "ReadOnly")
        + PROFILE.format("admin", "Admin")
    )
    run("login", "--session", "corp")
    (token,) = (
        path
        for path in (home / ".aws" / "sso" / "cache").glob("*.json")
        if "accessToken" in path.read_text()
    )
    return token


def fails(*words: str, code: int, told: str) -> str:
    """One sentence on stderr, soon, and nothing on stdout; the sentence."""
    start = time.monotonic()
    done = run(*words, code=code)
    assert time.monotonic() - start < BOUND
    assert done.stdout == ""
    said = done.stderr.removeprefix("awsprof: ")
    assert told in said
    if words[0] == "credential-process":
        assert said.count("\n") == 1
    return said


def works(profile: str = "prod") -> None:
    assert json.loads(run("credential-process", profile).stdout)["SessionToken"]


def test_an_expired_cache(token: Path) -> None:
    data = json.loads(token.read_text())
    del data["refreshToken"]
    ended = datetime.now(UTC) - timedelta(minutes=1)
    token.write_text(json.dumps({**data, "expiresAt": f"{ended:%Y-%m-%dT%H:%M:%SZ}"}))
    assert "awsprof login prod" in fails("credential-process", "prod", code=4, told="session")
    run("login", "prod")
    works()


def test_a_revoked_session(token: Path, aws: Aws) -> None:
    aws.tokens.clear()
    said = fails("credential-process", "prod", code=4, told="has ended")
    assert "awsprof login prod" in said
    run("login", "prod")
    works()


@pytest.mark.parametrize("left", [0, 1, 100])
def test_half_written_caches(token: Path, left: int) -> None:
    for path in token.parent.glob("*.json"):  # the registration too
        path.write_bytes(path.read_bytes()[:left])
    assert "awsprof login prod" in fails("credential-process", "prod", code=4, told="signed in")
    run("login", "prod")
    works()


@pytest.mark.parametrize(("ahead", "told"), [(600, "10 minutes behind"), (-600, "minutes ahead")])
def test_a_clock_ten_minutes_off(
    aws: Aws, home: Path, ahead: int, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    key = aws.user("alice")
    aws.role("Admin")
    add_vault_key(key)
    arn = "arn:aws:iam::210987654321:role/Admin"
    run_in_process(
        "add", "role", "admin", "--role-arn", arn, "--source", "base", "--yes", "--no-verify"
    )
    aws.ahead = ahead
    assert "synchronize the clock" in fails("credential-process", "admin", code=3, told=told)
    aws.ahead = 0
    works("admin")


ANSWERS = [(500, "has an internal error"), (429, "throttles these calls"), (200, "cannot be read")]


@pytest.mark.parametrize(("answer", "told"), ANSWERS)
def test_a_portal_that_gives_no_credentials(token: Path, aws: Aws, answer: int, told: str) -> None:
    aws.broken["/federation/credentials"] = (answer, 99)
    assert "run it again" in fails("credential-process", "prod", code=3, told=told)
    del aws.broken["/federation/credentials"]
    works()


@pytest.mark.parametrize(("answer", "told"), ANSWERS)
@pytest.mark.parametrize("path", ["/client/register", "/device_authorization", "/token"])
def test_a_sign_in_that_gets_no_answer_leaves_the_last_one(
    token: Path, aws: Aws, path: str, answer: int, told: str
) -> None:
    before = token.read_bytes()
    if path == "/client/register":
        for other in set(token.parent.glob("*.json")) - {token}:
            other.unlink()
    aws.broken[path] = (answer, 99)
    fails("login", "--session", "corp", code=3, told=told)
    assert token.read_bytes() == before
    del aws.broken[path]
    works()


def test_a_proxy_with_a_ca_of_its_own(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, bundle = authority(tmp_path)
    with serving(Aws(), context) as aws:
        for name, value in aws.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_CA_BUNDLE", str(bundle))
        signed_in(aws, home)
        works()
        monkeypatch.delenv("AWS_CA_BUNDLE")
        said = fails("credential-process", "admin", code=3, told="certificate")
        assert "AWS_CA_BUNDLE" in said
        fails("login", "--session", "corp", code=3, told="certificate")
        config = home / ".aws" / "config"
        config.write_text(f"{config.read_text()}ca_bundle = {bundle}\n")
        works("admin")
        run("login", "admin")
