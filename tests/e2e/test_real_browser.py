"""Signing in by a real browser, and the session's life in other programs' hands after it."""

import json
import shutil
import time
from pathlib import Path

import pytest

from tests.interop.clients import installed_client
from tests.requirements import need
from tests.standins.aws import Aws
from tests.standins.cli_runner import run, working

FLAGS = "--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run"


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Chromium as the browser of this machine; where it leaves the page that it ends at."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    need(chromium is not None, "chromium")
    shown, program = tmp_path / "page", tmp_path / "browser"
    program.write_text(
        f"#!/bin/sh\nexec '{chromium}' {FLAGS} --user-data-dir='{tmp_path}/chromium'"
        f" --dump-dom \"$1\" > '{shown}' 2> '{shown}.errors'\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("BROWSER", f"{program} %s")
    return shown


def text_of(page: Path) -> str:
    deadline = time.monotonic() + 60
    while not (page.exists() and "</html>" in page.read_text()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return page.read_text()


def test_a_session_of_a_browser_goes_from_hand_to_hand(
    aws: Aws, home: Path, page: Path, tmp_path: Path
) -> None:
    aws.approve_at_once = True
    aws.accounts["345678901234"] = ("Prod", ("ReadOnly",))
    start = ("--start-url", f"{aws.url}/start", "--sso-region", "eu-west-1")
    role = ("--account", "345678901234", "--role", "ReadOnly", "--region", "eu-west-1")
    run("add", "sso", "prod", "--session", "corp", *start, *role, "--no-verify", "--yes")
    aws.lasts = 200  # so that whoever comes next has to renew it

    said = run("login", "prod").stderr
    assert "AWSReservedSSO_ReadOnly" in said
    assert "/device_authorization" not in aws.calls
    shown = text_of(page)
    assert "You are signed in" in shown
    assert "You may close this tab" in shown

    for client in ("AWS CLI 1", "JavaScript"):
        renewed = aws.calls.count("/token")
        answer = installed_client(client, tmp_path).ask(["prod"])["prod"]
        assert "AWSReservedSSO_ReadOnly" in answer.arn, answer.error
        assert aws.calls.count("/token") == renewed + 1
    aws.lasts, renewed = 28800, aws.calls.count("/token")
    given = json.loads(run("credential-process", "prod").stdout)
    assert given["SessionToken"]
    assert len(working()) == 1
    assert aws.calls.count("/token") == renewed + 1
