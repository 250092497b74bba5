"""A window asks where there is a screen and no terminal."""

from pathlib import Path

import pytest

from awsprof.auth import gui_prompt
from awsprof.auth.mfa_codes import MfaOptions, UsedCodes, get_code
from awsprof.errors import InteractionRequired
from awsprof.profiles.catalog import Catalog
from awsprof.prompting import NonInteractive

DEVICE = "arn:aws:iam::123456789012:mfa/alice"
PINENTRY = """echo OK
while read -r order rest; do
  case $order in GETPIN) echo "D 123456"; echo OK;; BYE) exit 0;; *) echo OK;; esac
done"""


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A screen, and a PATH with what a test puts there alone."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "sh").symlink_to("/bin/sh")
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("DISPLAY", ":0")
    return folder


def add(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def code() -> str:
    profile = Catalog.from_bytes(b"[profile base]\n", None).get("base")
    return get_code(profile, DEVICE, NonInteractive("awsprof login base"), UsedCodes(None))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("zenity", 'case "$*" in *"MFA code for base"*) echo 123456;; esac'),
        ("kdialog", 'case "$*" in *"MFA code for base"*) echo 123456;; esac'),
        ("pinentry", PINENTRY),
    ],
)
def test_each_program_asks_for_that_profile(programs: Path, name: str, text: str) -> None:
    add(programs, name, text)
    assert code() == "123456"


@pytest.mark.parametrize("text", ["exit 1", "echo 12", ":"])
def test_a_window_that_is_closed_is_nobody(programs: Path, text: str) -> None:
    add(programs, "zenity", text)
    with pytest.raises(InteractionRequired) as error:
        code()
    assert error.value.fix == "awsprof login base"


def test_without_a_screen_no_window_is_tried(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(programs, "zenity", "echo 123456")
    monkeypatch.delenv("DISPLAY")
    with pytest.raises(InteractionRequired):
        code()


def test_whoever_wants_no_window_gets_none(programs: Path) -> None:
    add(programs, "zenity", "echo 123456")
    profile = Catalog.from_bytes(b"[profile base]\n", None).get("base")
    with pytest.raises(InteractionRequired):
        get_code(profile, DEVICE, NonInteractive(), UsedCodes(None), MfaOptions(windows=False))


def test_nothing_in_a_name_is_an_order(programs: Path) -> None:
    add(programs, "pinentry", 'n=0; while read -r line; do n=$((n+1)); done; echo "D 00000$n"')
    assert gui_prompt.ask_in_window("a\nGETPIN\nb") == "000005"


def test_a_window_that_prints_without_end_is_ended(programs: Path) -> None:
    add(programs, "zenity", "while :; do echo 123456123456123456123456; done")
    assert gui_prompt.ask_in_window("MFA code") is None
