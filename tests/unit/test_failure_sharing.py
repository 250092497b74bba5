"""A failure is told to those who waited for it, and to nobody who comes later."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from awsprof.errors import (
    AwsprofError,
    CredentialsError,
    InteractionRequired,
    LockTimeout,
    VaultError,
)
from awsprof.failure_sharing import SharedFailure, command_start


def by_another(lock: Path, error: AwsprofError) -> None:
    """As another process notes it."""
    SharedFailure(lock).note(error)
    file = lock.with_suffix(".failed")
    file.write_text(json.dumps({**json.loads(file.read_bytes()), "pid": 1}))


@pytest.mark.parametrize(
    "error",
    [
        CredentialsError("Wrong code.", "try again", code="AccessDenied"),
        VaultError("It did not answer.", "restart it"),
        InteractionRequired("Nobody gave an answer.", "again", code="not-given"),
    ],
)
def test_whoever_waited_gets_the_same(tmp_path: Path, error: AwsprofError) -> None:
    waiting = SharedFailure(tmp_path / "x.lock")
    by_another(tmp_path / "x.lock", error)
    with pytest.raises(type(error)) as found:
        waiting.raise_known()
    assert (found.value.message, found.value.fix) == (error.message, error.fix)
    assert (found.value.code, found.value.exit_code) == (error.code, error.exit_code)
    SharedFailure(tmp_path / "x.lock").raise_known()  # who comes later tries anew
    SharedFailure(tmp_path / "x.lock", time.time() - 600).note(error)
    waiting.clear()
    waiting.raise_known()


def test_what_no_retry_can_help_applies_to_whoever_comes(tmp_path: Path) -> None:
    lock, later = tmp_path / "x.lock", time.time() + 5
    by_another(lock, CredentialsError("Refused.", code="InvalidGrantException"))
    with pytest.raises(CredentialsError):
        SharedFailure(lock, later, final={"InvalidGrantException"}).raise_known()
    SharedFailure(lock, later, final={"ExpiredTokenException"}).raise_known()


def test_a_process_shares_its_own_failures_where_that_is_asked(tmp_path: Path) -> None:
    lock, before = tmp_path / "x.lock", time.time()
    SharedFailure(lock).note(CredentialsError("No network."))
    SharedFailure(lock, before).raise_known()
    with pytest.raises(CredentialsError):
        SharedFailure(lock, before, own=True).raise_known()


def test_a_command_has_waited_since_it_started(tmp_path: Path) -> None:
    by_another(tmp_path / "x.lock", CredentialsError("Wrong code."))
    with pytest.raises(CredentialsError):
        SharedFailure(tmp_path / "x.lock", time.time() - 1).raise_known()
    SharedFailure(tmp_path / "x.lock", time.time() + 1).raise_known()


@pytest.mark.parametrize(
    "error", [LockTimeout("x"), InteractionRequired("No code.", code="mfa-needed")]
)
def test_what_depends_on_who_asks_is_not_shared(tmp_path: Path, error: AwsprofError) -> None:
    waiting = SharedFailure(tmp_path / "x.lock")
    waiting.note(error)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"at": "x"}', '{"at": 1, "pid": 2, "kind": "os"}']
)
def test_half_a_note_is_none(tmp_path: Path, text: str) -> None:
    waiting = SharedFailure(tmp_path / "x.lock", 0)
    (tmp_path / "x.failed").write_text(text)
    waiting.raise_known()


def test_the_note_is_the_person_s_alone_and_old_ones_hold_no_more(tmp_path: Path) -> None:
    waiting = SharedFailure(tmp_path / "x.lock", 0)
    waiting.note(CredentialsError("Wrong code."))
    file = tmp_path / "x.failed"
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_text(json.dumps({**json.loads(file.read_bytes()), "at": time.time() - 60}))
    waiting.raise_known()


def test_when_this_command_started() -> None:
    code = "from awsprof.failure_sharing import command_start; print(command_start())"
    before = time.time()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert before - 1 <= float(done.stdout) <= time.time()
    assert command_start() <= time.time()
    assert os.getpid()
