"""Twenty programs meet one failure at once: one prompt, one call, one wait, one sentence."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.e2e.test_failures_of_aws import signed_in
from tests.standins.at_once import Outcome, run_at_once
from tests.standins.aws import Aws
from tests.standins.cli_runner import add_vault_key, run
from tests.standins.secret_service import SecretService

MANY = 20


def all_failed(code: int, *words: str) -> list[Outcome]:
    """Each ended with that code, and one sentence, which is the same for all."""
    outcomes = run_at_once(MANY, *words)
    assert {each.code for each in outcomes} == {code}, outcomes
    assert len({each.stderr for each in outcomes}) == 1, outcomes
    assert outcomes[0].stderr.count("\n") == 1
    assert not any(each.stdout for each in outcomes)
    return outcomes


@pytest.fixture
def unattended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")


def add_key(aws: Aws, *flags: str) -> None:
    add_vault_key(aws.user("alice"), "--no-verify", *flags)


def test_a_wrong_code_is_asked_for_and_sent_once(
    unattended: None, aws: Aws, tmp_path: Path
) -> None:
    add_key(aws, "--mfa-serial", aws.device("alice").serial)
    asked, program = tmp_path / "asked", tmp_path / "code"
    program.write_text(f"#!/bin/sh\necho x >> '{asked}'\necho 000000\n")
    program.chmod(0o755)
    run("set", "base", "mfa_process", str(program), "--no-verify", "--yes")
    outcomes = all_failed(3, "credential-process", "base")
    assert "code" in outcomes[0].stderr
    assert asked.read_text() == "x\n"
    assert aws.calls.count("GetSessionToken") == 1


def test_a_revoked_refresh_token_is_sent_once(aws: Aws, home: Path) -> None:
    token = signed_in(aws, home)
    aws.revoke()
    soon = datetime.now(UTC) - timedelta(minutes=1)
    text = json.loads(token.read_text()) | {"expiresAt": f"{soon:%Y-%m-%dT%H:%M:%SZ}"}
    token.write_text(json.dumps(text))
    before = aws.calls.count("/token")
    outcomes = all_failed(4, "credential-process", "prod")
    assert "awsprof login prod" in outcomes[0].stderr
    assert aws.calls.count("/token") == before + 1


def test_a_keyring_that_hangs_is_waited_for_once(secret_service: SecretService, aws: Aws) -> None:
    add_key(aws)
    secret_service.freeze()
    outcomes = all_failed(5, "credential-process", "base")
    assert "did not answer within 2 seconds" in outcomes[0].stderr
    # One by one they would have waited for 40 seconds.
    assert max(each.seconds for each in outcomes) < MANY
