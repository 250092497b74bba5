"""A key from first use to last, by the program itself, against an AWS that is slow to know keys."""

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from awsprof.cli.app_context import AppContext
from awsprof.cli.main import run_command
from awsprof.vault.index import Index
from tests.standins.aws import Aws
from tests.standins.cli_runner import run

SLOW = 10.0  # seconds until AWS knows a new key


def listed() -> dict[str, dict[str, Any]]:
    """What `keys list --json` says, by the first profile of each key."""
    keys = json.loads(run("keys", "list", "--json").stdout)["keys"]
    return {key["profiles"][0] if key["profiles"] else key["id"]: key for key in keys}


@pytest.fixture(autouse=True)
def unattended(monkeypatch: pytest.MonkeyPatch) -> None:
    """A vault that asks nobody."""
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")


def test_from_first_use_to_last(
    aws: Aws, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, boss = aws.user("alice"), aws.user("boss")
    aws.role("Admin")
    csv = tmp_path / "alice_accessKeys.csv"
    csv.write_text(f"\ufeffAccess key ID,Secret access key\r\n{alice.id},{alice.secret}\r\n")
    (home / ".aws").mkdir()
    plain = home / ".aws" / "credentials"
    former = (
        f"# the boss\n[default]\naws_access_key_id={boss.id}\naws_secret_access_key={boss.secret}\n"
        "region = eu-west-1\n[session]\naws_access_key_id=ASIAIOSFODNN7EXAMPLE\n"
        "aws_secret_access_key=x\naws_session_token=y\n"
    )
    plain.write_text(former)

    run("keys", "import", "base", "--csv", str(csv), "--delete-csv", "--yes")
    assert not csv.exists()
    role = ("--role-arn", "arn:aws:iam::210987654321:role/Admin", "--source", "base")
    run("add", "role", "admin", *role, "--yes")

    moved = run("keys", "move", "--all", "--yes").stderr
    assert "through credential_process" in moved and "awsprof keys rotate default" in moved
    assert boss.secret not in plain.read_text()
    assert plain.read_text().endswith(former.partition("eu-west-1")[2])
    assert "into a plain-text file" in run("undo", "--yes").stderr
    assert plain.read_text() == former
    run("keys", "move", "default", "--yes")

    aws.temper.known_after = SLOW
    begun = time.monotonic()
    said = run("keys", "rotate", "base", "--yes").stderr
    assert time.monotonic() - begun >= SLOW
    assert "waiting until AWS knows the key" in said
    aws.temper.known_after = 0.0
    new = listed()["base"]
    assert (new["kept"], new["status"], new["relied_on_by"]) == ("vault", "active", ["admin"])
    assert new["id"] != alice.id
    assert listed()[alice.id]["status"] == "inactive"
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    narrow = run("keys", "list")
    monkeypatch.delenv("FORCE_COLOR")
    assert re.search(rf"base +{new['id']} +active", narrow.stdout)  # one line, of 80 columns
    assert "No room for KEPT" in narrow.stderr
    run("doctor", "base", "admin")

    run("keys", "rotate", "--continue", "--yes")
    assert aws.moto.key(alice.id) is None
    assert alice.id not in listed()

    assert "through it by admin" in run("keys", "deactivate", "base", "--yes").stderr
    run("doctor", "admin", code=1)
    run("keys", "delete", "base", "--yes", code=3)  # its own key cannot sign that any more
    deleted = run("keys", "delete", "base", "--using", "default", "--yes").stderr
    assert "base has no key any more" in deleted
    assert aws.moto.key(new["id"]) is None
    index = Index.load()
    assert index.find(new["id"]) is None
    assert index.is_deleted(new["id"])  # so that no undo brings it back


def test_a_key_that_does_not_come_out_of_the_vault_stays_where_it_is(
    aws: Aws, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line that SDKs would run fails: by a program that is there, and gives nothing."""
    key = aws.user("alice")
    (home / ".aws").mkdir()
    plain = home / ".aws" / "credentials"
    plain.write_text(f"[old]\naws_access_key_id={key.id}\naws_secret_access_key={key.secret}\n")
    before = plain.read_bytes()
    shim = home / ".local" / "bin" / "awsprof"  # what lasts longest is what is written
    shim.parent.mkdir(parents=True)
    shim.write_text("#!/bin/sh\necho locked >&2\nexit 5\n")
    shim.chmod(0o755)
    said = run("keys", "move", "old", "--yes", code=3).stderr
    assert "prints no credentials: locked" in said
    assert plain.read_bytes() == before
    assert not (home / ".aws" / "config").exists()
    assert listed()["old"]["kept"] == "plain text"
    assert "nothing" in run("undo", "--yes", code=2).stderr


def test_root_is_refused_wherever_it_comes_in(aws: Aws, home: Path) -> None:
    root = aws.user("root")
    (home / ".aws").mkdir()
    plain = home / ".aws" / "credentials"
    plain.write_text(f"[r]\naws_access_key_id={root.id}\naws_secret_access_key={root.secret}\n")
    for words in (
        ("import", "x", "--from", "r", "--yes"),
        ("move", "r", "--yes"),
        ("deactivate", "r", "--yes"),
        ("delete", "r", "--now", "--yes"),
    ):
        said = " ".join(run("keys", *words, code=3).stderr.split())
        assert "root user" in said and "open Security credentials" in said, words
    assert "open Security credentials" in listed()["r"]["note"]
    assert root.secret in plain.read_text()


@pytest.mark.parametrize("flags", [(), ("--delete-csv",)])
def test_the_only_copy_of_a_secret_stays_if_nothing_is_written(
    flags: tuple[str, ...],
    aws: Aws,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked: list[str] = []

    def declines(_app: AppContext, question: str, **_: bool) -> bool:
        asked.append(question)
        return False

    monkeypatch.setattr(AppContext, "confirm", declines)
    alice, csv = aws.user("alice"), tmp_path / "alice_accessKeys.csv"
    csv.write_text(f"Access key ID,Secret access key\r\n{alice.id},{alice.secret}\r\n")
    assert run_command(["keys", "import", "base", "--csv", str(csv), *flags]) == 0
    assert asked == ["Write this?"]
    assert alice.secret in csv.read_text()
    said = " ".join(capsys.readouterr().err.split())
    assert "Nothing was written." in said
    assert ("stays: the vault does not have its secret" in said) is bool(flags)


@pytest.mark.parametrize("way", ["--env", "--stdin", "--from"])
def test_a_key_comes_in_from_everywhere(
    way: str, aws: Aws, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = aws.user("alice")
    stdin = ""
    more: tuple[str, ...] = ()
    if way == "--env":
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key.id)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key.secret)
    elif way == "--stdin":
        stdin = f"User name,Access key ID,Secret access key\nalice,{key.id},{key.secret}\n"
    else:
        (home / ".aws").mkdir()
        text = f"[old]\naws_access_key_id={key.id}\naws_secret_access_key={key.secret}\n"
        (home / ".aws" / "credentials").write_text(text)
        more = ("old",)
    said = run("keys", "import", "new", way, *more, "--region", "eu-west-1", "--yes", stdin=stdin)
    assert {"--env": "unset AWS_", "--stdin": "keys list", "--from": "keys move old"}[
        way
    ] in said.stderr
    config = (home / ".aws" / "config").read_text()
    assert f"--key {key.id}" in config and "region = eu-west-1" in config
