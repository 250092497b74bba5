"""Codes from the program that a profile names, and from a person."""

import sys
import time
from pathlib import Path

import pytest

from awsprof import settings
from awsprof.auth import code_sources
from awsprof.auth.mfa_codes import UsedCodes, get_code
from awsprof.awsapi import subprocesses
from awsprof.errors import CredentialsError, InteractionRequired
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.model import Profile
from awsprof.prompting import NonInteractive
from awsprof.vault import kernel_keyring
from awsprof.vault.session_cache import SessionCache
from tests.standins.memory_vault import MemoryVault
from tests.standins.prompter import FakePrompter

DEVICE = "arn:aws:iam::123456789012:mfa/alice"


def profile(command: str = "") -> Profile:
    text = f"[profile base]\nmfa_process = {command}\n" if command else "[profile base]\n"
    return Catalog.from_bytes(text.encode(), None).get("base")


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_a_program_gives_the_code_and_nobody_is_asked(tmp_path: Path) -> None:
    path = program(tmp_path / "code", 'echo "$1"')
    assert (
        get_code(profile(f"{path} 123456"), DEVICE, NonInteractive(), UsedCodes(None)) == "123456"
    )


@pytest.mark.parametrize("place", ["profile", "setting"])
def test_a_path_of_windows_keeps_its_backslashes(
    monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    line = r'"C:\my tools\otp.exe" C:\{profile}'
    monkeypatch.setattr(settings, "get_setting", lambda _: line)
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(code_sources._Command, "_program", lambda _, words: words[0])
    ran: list[list[str]] = []

    def run(words: list[str], **_: object) -> None:
        ran.append(words)
        raise FileNotFoundError

    monkeypatch.setattr(subprocesses, "run_program", run)
    with pytest.raises(CredentialsError):
        if place == "profile":
            code_sources.ProfileCommandCodeSource().code(profile(line), DEVICE)
        else:
            code_sources.CommandCodeSource().code(profile(), DEVICE)
    named = "{profile}" if place == "profile" else "base"
    assert ran == [[r"C:\my tools\otp.exe", rf"C:\{named}"]]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("echo 12345", r"printed something else than six digits \(exit code 0\)\.$"),
        ("true", r"printed no six digits \(exit code 0\)\.$"),
        ("echo 123456; exit 1", "exit code 1"),
        ("echo locked >&2; exit 2", "locked"),
        (
            "echo secret wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY >&2; exit 2",
            r"\(exit code 2\): secret \*\*\*$",
        ),
    ],
)
def test_what_is_no_code_is_told(tmp_path: Path, text: str, told: str) -> None:
    path = program(tmp_path / "code", text)
    with pytest.raises(CredentialsError, match=told) as error:
        get_code(profile(str(path)), DEVICE, FakePrompter(), UsedCodes(None))
    assert str(path) in error.value.fix


def test_a_program_that_is_not_there_is_told() -> None:
    with pytest.raises(CredentialsError, match="not a program here"):
        get_code(profile("/nowhere/code"), DEVICE, FakePrompter(), UsedCodes(None))


def test_a_program_that_others_can_write_is_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "it ran"
    path = program(tmp_path / "open" / "code", f"touch '{mark}'; echo 123456")
    path.parent.chmod(0o777)
    with pytest.raises(CredentialsError, match=r"is not run: .* is writable by every user"):
        get_code(profile(str(path)), DEVICE, FakePrompter(), UsedCodes(None))
    assert not mark.exists()


def test_a_person_is_asked_for_that_profile_and_device() -> None:
    person = FakePrompter(lambda: "654321")
    assert get_code(profile(), DEVICE, person, UsedCodes(None)) == "654321"
    assert person.asked == [("base", DEVICE)]


def test_where_nobody_is_it_fails_at_once_with_what_to_run() -> None:
    with pytest.raises(InteractionRequired) as error:
        get_code(profile(), DEVICE, NonInteractive("awsprof login base"), UsedCodes(None))
    assert (error.value.exit_code, error.value.fix) == (4, "awsprof login base")


def test_a_password_manager_serves_every_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(
        tmp_path / "bin" / "op",
        """test "$*" = "item get AWS 123456789012 alice --otp" || exit 9
echo 123456""",
    )
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    settings.put_setting("mfa", "op:AWS {account} {user}")
    assert get_code(profile(), DEVICE, NonInteractive(), UsedCodes(None)) == "123456"


@pytest.mark.parametrize("preset", ["bw", "pass", "ykman"])
def test_each_preset_gives_its_item_as_one_word(
    preset: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "bin" / preset, 'for last; do :; done\ntest "$last" = "a; b" && echo 123456')
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    settings.put_setting("mfa", f"{preset}:a; b")
    assert get_code(profile(), DEVICE, NonInteractive(), UsedCodes(None)) == "123456"


def test_any_command_may_give_codes_and_nothing_in_a_name_is_run(tmp_path: Path) -> None:
    path = program(tmp_path / "code", 'test "$1" = "b;touch x" && echo 123456')
    settings.put_setting("mfa", f"{path} {{profile}}")
    odd = Profile("b;touch x", {}, {}, ())
    assert get_code(odd, DEVICE, NonInteractive(), UsedCodes(None)) == "123456"


def test_a_name_like_a_placeholder_stays_as_it_is(tmp_path: Path) -> None:
    path = program(tmp_path / "code", 'test "$1|$#" = "a{device}|1" && echo 123456')
    settings.put_setting("mfa", f"{path} {{profile}}")
    odd = Profile("a{device}", {}, {}, ())
    assert get_code(odd, DEVICE, NonInteractive(), UsedCodes(None)) == "123456"


def test_the_profile_s_own_program_comes_first(tmp_path: Path) -> None:
    settings.put_setting("mfa", "/nowhere/program")
    path = program(tmp_path / "code", "echo 654321")
    assert get_code(profile(str(path)), DEVICE, NonInteractive(), UsedCodes(None)) == "654321"
    with pytest.raises(CredentialsError, match="setting mfa names"):
        get_code(profile(), DEVICE, NonInteractive(), UsedCodes(None))


def test_a_code_that_was_used_is_not_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(time, "time", lambda: 1_000_000_010.0)  # the code of :00 to :30 is shown
    monkeypatch.setattr(time, "sleep", waited.append)
    codes = iter(["111111", "111111", "222222"])
    person = FakePrompter(lambda: next(codes))
    used = UsedCodes(None)
    assert get_code(profile(), DEVICE, person, used) == "111111"
    assert get_code(profile(), DEVICE, person, used) == "222222"
    assert "already used. Waiting 10 s" in person.shown[0]
    assert waited == [10]


def test_after_the_last_try_nobody_waits_for_another_code(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(time, "time", lambda: 1_000_000_010.0)
    monkeypatch.setattr(time, "sleep", waited.append)
    person, used = FakePrompter(lambda: "111111"), UsedCodes(None)
    assert get_code(profile(), DEVICE, person, used) == "111111"
    with pytest.raises(CredentialsError, match="had already been used"):
        get_code(profile(), DEVICE, person, used)
    assert waited == [10, 10]
    assert len(person.shown) == 2


def test_without_a_kernel_keyring_other_processes_know_a_used_code_too(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel_keyring, "_CALLS", {})
    vault = MemoryVault()

    def used() -> UsedCodes:
        return UsedCodes(SessionCache(lambda: vault))

    used().note(DEVICE, "123456")
    assert used().was(DEVICE, "123456")
    assert not used().was(DEVICE, "654321")
    assert not used().was(f"{DEVICE}2", "123456")
    (note,) = home.rglob("*.used")
    assert b"123456" not in note.read_bytes()
    assert sys.platform == "win32" or note.stat().st_mode & 0o777 == 0o600
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 130)
    assert not used().was(DEVICE, "123456")
    note.write_text("{")
    assert not used().was(DEVICE, "123456")
