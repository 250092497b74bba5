"""Forms of profiles that awsprof does not write, and reads all the same."""

import base64
import hashlib
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from awsprof.auth.container_server import serve_container_credentials
from awsprof.awsapi.credentials import Credentials, credentials_from_json
from awsprof.awsapi.sts import get_caller_identity
from awsprof.errors import AwsprofError
from awsprof.profiles import kinds
from awsprof.secret import Secret
from tests.standins.cli_runner import run
from tests.unit.auth.conftest import ADMIN, Bench

LEGACY = (
    "[profile {name}]\nsso_start_url = {url}/start\nsso_region = eu-west-1\n"
    "sso_account_id = 345678901234\nsso_role_name = ReadOnly\nregion = eu-west-1\n"
)
RUNTIME = Path(__file__).parents[2] / "standins" / "runtime"
LOGIN = "arn:aws:iam::123456789012:user/alice"


def test_legacy_profiles_of_identity_center_share_one_sign_in(bench: Bench, home: Path) -> None:
    """Those without a session: the token is named by the start URL, as the AWS CLI names it."""
    bench.aws.approve_at_once = True
    bench.aws.accounts["345678901234"] = ("Prod", ("ReadOnly",))
    url = bench.aws.url
    resolver = bench.resolver(*(LEGACY.format(name=name, url=url) for name in ("old", "older")))
    assert "awsprof login old" in run("credential-process", "old", code=4).stderr
    said = run("login", "old").stderr
    assert "ABCD-EFGH" in said
    assert "AWSReservedSSO_ReadOnly" in said
    name = hashlib.sha1(f"{url}/start".encode(), usedforsecurity=False).hexdigest()
    kept = json.loads((home / ".aws" / "sso" / "cache" / f"{name}.json").read_text())
    assert kept["startUrl"] == f"{url}/start"
    assert "AWSReservedSSO_ReadOnly" in get_caller_identity(resolver.credentials("older")).arn
    facts = kinds.profile_facts(resolver.catalog.get("old"))
    assert facts.label == "IAM Identity Center, legacy"
    assert "signed out of" in run("logout", "older").stderr
    assert bench.aws.tokens == set()
    run("credential-process", "old", code=4)


def test_a_web_identity_needs_no_key(bench: Bench, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(bench.aws.web_identity)
    pod = f"[profile pod]\nrole_arn = {ADMIN}\nweb_identity_token_file = {token}\n"
    assert "assumed-role/Admin/" in get_caller_identity(bench.resolver(pod).credentials("pod")).arn


@pytest.mark.parametrize("token", ["/dev/zero", "pipe"])
def test_a_web_identity_whose_token_has_no_end_is_refused(
    bench: Bench, tmp_path: Path, token: str
) -> None:
    os.mkfifo(tmp_path / "pipe")
    pod = f"[profile pod]\nrole_arn = {ADMIN}\nweb_identity_token_file = {tmp_path / token}\n"
    with pytest.raises(AwsprofError, match=r"is a device, not a file|is a pipe"):
        bench.resolver(pod).credentials("pod")


def test_a_role_on_the_machine_s_own_credentials(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container's endpoint, as ECS has it, gives what the role stands on."""
    bench.aws.role("Admin")
    sourced = f"[profile task]\nrole_arn = {ADMIN}\ncredential_source = EcsContainer\n"
    resolver = bench.resolver(sourced)
    key = Credentials(bench.key.id, Secret(bench.key.secret))
    with serve_container_credentials(lambda: key) as endpoint:
        for name, value in endpoint.items():
            if "CONTAINER" in name:
                monkeypatch.setenv(name, value)
        assert "assumed-role/Admin/" in get_caller_identity(resolver.credentials("task")).arn


def aws_login(bench: Bench, home: Path, left: timedelta) -> Path:
    """What `aws login` of the AWS CLI leaves, with a session that lasts so long yet."""
    key = bench.aws.temporary("arn:aws:sts::123456789012:assumed-role/Login/alice", "1" * 12, 900)
    private = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    ends = datetime.now(UTC) + left
    data = {
        "accessToken": {
            "accessKeyId": key.id,
            "secretAccessKey": key.secret,
            "sessionToken": key.token,
            "accountId": "123456789012",
            "expiresAt": f"{ends:%Y-%m-%dT%H:%M:%SZ}",
        },
        "clientId": "arn:aws:signin:::devtools/same-device",
        "refreshToken": bench.aws.log_in(),
        "dpopKey": base64.b64encode(private).decode(),
    }
    path = home / ".aws" / "login" / "cache" / f"{hashlib.sha256(LOGIN.encode()).hexdigest()}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data))
    return path


# awsprof with a stand-in for AWS's common runtime; a PYTHONPATH it would not look at.
WITH = f"""
import sys
sys.path.append({str(RUNTIME)!r})
sys.argv = ["awsprof", "credential-process", "me"]
from awsprof.__main__ import main
sys.exit(main())
"""


def ask(code: int = 0, at_once: int = 5) -> str:
    """What each of several processes at once says, which have to be of one opinion."""
    asking = [
        subprocess.Popen(
            [sys.executable, "-c", WITH],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(at_once)
    ]
    said = {process.communicate(timeout=60)[0] for process in asking}
    assert {process.returncode for process in asking} == {code}, said
    (only,) = said
    return only


@pytest.mark.long
def test_a_session_of_aws_login_is_read_and_renewed_once(bench: Bench, home: Path) -> None:
    bench.resolver(f"[profile me]\nlogin_session = {LOGIN}\nregion = eu-west-1\n")
    assert "aws login --profile=me" in ask(code=4, at_once=1)
    aws_login(bench, home, timedelta(minutes=10))
    ask(at_once=1)
    assert "/v1/token" not in bench.aws.calls
    aws_login(bench, home, timedelta(minutes=1))
    renewed = credentials_from_json(ask().encode())
    assert bench.aws.calls.count("/v1/token") == 1
    assert "assumed-role/Login/" in get_caller_identity(renewed).arn
    aws_login(bench, home, timedelta(minutes=1))
    bench.aws.log_in()  # somebody signed in anew, elsewhere
    assert "has ended" in ask(code=4)


WITHOUT = """
import sys
sys.modules["awscrt"] = None
from awsprof.__main__ import main
sys.argv = ["awsprof", "credential-process", "me"]
sys.exit(main())
"""


def test_aws_login_without_its_package_says_what_to_install(bench: Bench, home: Path) -> None:
    bench.resolver(f"[profile me]\nlogin_session = {LOGIN}\nregion = eu-west-1\n")
    aws_login(bench, home, timedelta(minutes=10))
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert len(done.stderr.splitlines()) == 1
    assert 'pipx install --force ".[login]"' in done.stderr
