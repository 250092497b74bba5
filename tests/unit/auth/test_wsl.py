"""Linux inside Windows: the browser is Windows' own, and a code is shown, for it may not return."""

import time
from pathlib import Path

import pytest

from awsprof.auth import console
from awsprof.auth.identity_center import pkce
from awsprof.awsapi import browser
from awsprof.awsapi.loopback import Listener
from tests.standins.aws import Aws
from tests.standins.cli_runner import run


@pytest.fixture(params=["wslview", "powershell.exe"])
def opened(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What Windows' browser was asked to open, by either program."""
    notes, program = tmp_path / "opened", tmp_path / "bin" / request.param
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\nfor last; do :; done\necho \"$last\" > '{notes}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setenv("WSL_DISTRO_NAME", "Debian")
    return notes


def read(path: Path) -> str:
    deadline = time.monotonic() + 20
    while not (path.exists() and path.read_text()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return path.read_text()


def test_a_code_is_shown_and_the_page_opens_in_windows(aws: Aws, home: Path, opened: Path) -> None:
    aws.approve_at_once = True
    config = home / ".aws" / "config"
    config.parent.mkdir()
    start = f"sso_start_url = {aws.url}/start\nsso_region = eu-west-1\n"
    config.write_text(f"[sso-session corp]\n{start}")
    assert browser.can_open_browser()
    assert not pkce.pkce_possible()
    assert "ABCD-EFGH" in run("login", "--session", "corp").stderr
    assert f"{aws.url}/device?user_code=ABCD-EFGH" in read(opened)


def test_the_console_s_link_is_no_word_of_a_program(opened: Path) -> None:
    with Listener(console._Forward) as listener:
        url = listener.redirect_url("https://signin.example/link")
        browser.open_browser(url)
        said = read(opened)
    assert url in said
    assert "signin.example" not in said


def test_over_ssh_no_browser_is_opened(opened: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "1 2 3 4")
    assert not browser.can_open_browser()
