"""What awsprof logs: decisions, calls, waits and programs, and none of their values."""

import logging
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from awsprof import locks
from awsprof.awsapi.sts import get_caller_identity
from awsprof.errors import AwsprofError
from tests.unit.auth.conftest import ADMIN, Bench

PLANTED = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG, logger="awsprof")
    return caplog


def program(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def ours(log: pytest.LogCaptureFixture) -> str:
    found = [record for record in log.records if record.name.partition(".")[0] == "awsprof"]
    assert all(record.levelno == logging.DEBUG for record in found)
    return "\n".join(record.getMessage() for record in found)


def test_each_step_to_a_role_is_logged_without_its_values(
    bench: Bench, tmp_path: Path, log: pytest.LogCaptureFixture
) -> None:
    bench.aws.role("Admin", mfa=True)
    code = bench.device.code()
    give = program(tmp_path / "give-code", f"echo {code}")
    mfa = f"mfa_serial = {bench.device.serial}\nmfa_process = {give} --pin {PLANTED}\n"
    role = bench.role(more="region = eu-west-1\n")
    resolver = bench.resolver(bench.base(mfa + "region = eu-west-1\n"), role)
    session = resolver.credentials("base")
    made = resolver.credentials("admin")
    get_caller_identity(made, profile=resolver.catalog.get("admin"), clients=resolver.clients)
    bench.anew().credentials("base")
    text = ours(log)
    for wanted in (
        "profile base: session cache miss",
        "profile base: session cache hit",
        "profile admin: session cache not used",
        "profile base: key in the vault, with MFA",
        "profile base: MFA code by ProfileCommandCodeSource",
        "program give-code: done in 0.",
        "profile admin: provider assume-role",
        "sts.GetSessionToken in eu-west-1: HTTP 200 after 0.",
        "sts.AssumeRole in eu-west-1: HTTP 200 after 0.",
        "sts.GetCallerIdentity in eu-west-1: HTTP 200 after 0.",
    ):
        assert wanted in text
    for credentials in (session, made):
        assert credentials.token is not None
        assert credentials.token.reveal() not in text
        assert credentials.secret.reveal() not in text
        assert credentials.access_key_id not in text
    for secret in (code, PLANTED, bench.key.secret, bench.key.id, bench.device.serial, ADMIN):
        assert secret not in text
    assert "123456789012" not in text
    assert "210987654321" not in text


def test_a_call_that_aws_refuses_or_that_fails_is_logged(
    bench: Bench, log: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(AwsprofError):
        bench.resolver(bench.base(), bench.role()).credentials("admin")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")
    with pytest.raises(AwsprofError):
        bench.anew().credentials("admin")
    assert "sts.AssumeRole in us-east-1: HTTP 403 after " in ours(log)
    assert "sts.AssumeRole in us-east-1: EndpointConnectionError after " in ours(log)


def test_a_program_that_is_named_like_a_secret_is_masked(
    bench: Bench, tmp_path: Path, log: pytest.LogCaptureFixture
) -> None:
    named = program(tmp_path / PLANTED.replace("/", "x"), "exit 1")
    resolver = bench.resolver(f"[profile a]\ncredential_process = {named} {PLANTED}\n")
    with pytest.raises(AwsprofError):
        resolver.credentials("a")
    assert "program ***: done in" in ours(log)
    assert PLANTED not in ours(log)


def test_a_wait_for_a_lock_is_logged_by_its_kind(
    tmp_path: Path, log: pytest.LogCaptureFixture
) -> None:
    path, busy = tmp_path / "code-0123abcd.lock", threading.Event()

    def hold() -> None:
        with locks.hold_lock(path, purpose=f"asking for a code of {ADMIN}"):
            busy.set()
            threading.Event().wait(0.2)

    holder = threading.Thread(target=hold)
    holder.start()
    busy.wait(10)
    with locks.hold_lock(path, purpose="the same"):
        pass
    holder.join()
    text = ours(log)
    assert "code lock: held by another, waiting up to 20 s" in text
    assert "code lock: acquired after 0." in text
    assert "0123abcd" not in text
    assert ADMIN not in text


def test_a_library_user_sees_nothing_unless_they_ask() -> None:
    script = (
        "import logging, awsprof.locks\n"
        "root = logging.getLogger('awsprof')\n"
        "print([type(handler).__name__ for handler in root.handlers], root.level)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("['NullHandler'] 0\n", "")
