"""A key has leaked: stopped, looked at, and asked about, by the program itself."""

import csv
import io
import json
from pathlib import Path

import pytest

from tests.contract.test_aws_standin import client, refused, temporary
from tests.standins.aws import ACCOUNT, Aws, Key
from tests.standins.cli_runner import add_vault_key, run
from tests.standins.moto_iam import UserKey


@pytest.fixture
def key(aws: Aws, home: Path, monkeypatch: pytest.MonkeyPatch) -> Key | UserKey:
    """Alice's key in the vault, and a role on top of it."""
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    alice = aws.user("alice")
    aws.role("Admin")
    add_vault_key(alice, "--region", "eu-west-1")
    role = ("--role-arn", "arn:aws:iam::210987654321:role/Admin", "--source", "base", "--yes")
    run("add", "role", "admin", *role)
    return alice


def test_it_is_stopped_by_one_command(aws: Aws, key: Key | UserKey, home: Path) -> None:
    device = aws.device("alice")
    code = {"SerialNumber": device.serial, "TokenCode": device.code()}
    given = client(aws, "sts", key.id, key.secret).get_session_token(**code)
    thief = temporary(aws, "iam", given)
    kept = json.loads(run("credential-process", "admin").stdout)["AccessKeyId"]
    assert "Nothing was done" in run("keys", "stop", "base", "--dry-run").stderr
    assert key.active
    run("keys", "stop", "base", code=2)  # nobody agreed to it
    aws.calls.clear()

    said = run("keys", "stop", "base", "--yes")

    calls = [call for call in aws.calls if not call.startswith(("Get", "List"))]
    assert calls == ["PutUserPolicy", "CreateAccessKey", "UpdateAccessKey", "PutUserPolicy"]
    assert refused(thief.list_access_keys, UserName="alice") == "AccessDenied"
    assert not key.active
    assert key.id not in (home / ".aws" / "config").read_text()
    assert said.stdout == ""
    (new,) = (k for k in aws.moto.keys_of(key.arn, ACCOUNT) if k.id != key.id)
    assert new.secret not in said.stderr
    assert not [f for f in home.rglob("*") if f.is_file() and new.secret.encode() in f.read_bytes()]
    text = " ".join(said.stderr.split())
    assert "admin: AWS accepts its session until" in text
    assert f"awsprof keys delete {key.id}" in text and "lookup-events" in text
    run("doctor", "base", "admin")
    assert json.loads(run("credential-process", "admin").stdout)["AccessKeyId"] != kept


def test_whose_a_key_is(aws: Aws, key: Key | UserKey) -> None:
    bob = aws.user("bob", "210987654321")
    mine = json.loads(run("keys", "audit", key.id, "--json").stdout)["key"]
    assert (mine["account"], mine["user"], mine["profiles"]) == (ACCOUNT, "alice", ["base"])
    assert [k["id"] for k in mine["keys"]] == [key.id]
    theirs = run("keys", "audit", bob.id)
    assert "210987654321" in theirs.stdout and "admin" in theirs.stdout
    assert "--using" in theirs.stderr
    session = aws.temporary(key.arn, ACCOUNT, 3600)
    assert "expires" in run("keys", "audit", session.id).stdout
    assert "list-roles" in run("keys", "audit", "AROAIOSFODNN7EXAMPLE").stderr
    (row,) = csv.DictReader(io.StringIO(run("keys", "audit", "base", "--csv").stdout))
    assert (row["id"], row["user"]) == (key.id, "alice")


def test_root_is_told_apart_and_how_to_delete_its_key(aws: Aws, home: Path) -> None:
    root = aws.user("root")
    (home / ".aws").mkdir()
    text = f"[r]\naws_access_key_id={root.id}\naws_secret_access_key={root.secret}\n"
    (home / ".aws" / "credentials").write_text(text)
    said = run("keys", "audit", root.id)
    assert "root, which no policy limits" in said.stdout
    told = [said.stderr]
    refusing = ("keys stop r", "mfa enable r --keep-seed", "mfa list r", "keys audit --using r")
    told += [run(*words.split(), code=3).stderr for words in refusing]
    assert all("open Security credentials, deactivate the key and delete it" in t for t in told)


def test_what_one_may_not_look_at_is_said_so(aws: Aws, key: Key | UserKey) -> None:
    aws.temper.denied = {
        "GetAccessKeyInfo",
        "GetAccessKeyLastUsed",
        "GenerateCredentialReport",
    }
    mine = json.loads(run("keys", "audit", key.id, "--json").stdout)["key"]
    assert (mine["user"], mine["not_permitted"]) == ("alice", ["last_used"])
    said = run("keys", "audit", aws.user("bob").id)
    assert said.stdout.count("no permission to read it") == 2
    assert "awsprof policy audit-keys" in said.stderr
    report = run("keys", "audit", "--using", "base", "--json")
    assert json.loads(report.stdout)["report"] is None
    assert "awsprof policy audit-keys" in report.stderr


def test_the_report_on_all_users(aws: Aws, key: Key | UserKey) -> None:
    aws.user("root")
    aws.user("bob")
    aws.user("bob")
    shown = run("keys", "audit", "--report", "--using", "base")
    assert "a key of root" in shown.stdout and "open Security credentials" in shown.stderr
    assert "two active keys, never used" in shown.stdout
    rows = json.loads(run("keys", "audit", "--using", "base", "--json").stdout)["report"]
    assert rows[0]["user"] == "<root_account>" and rows[0]["active"]
    lines = list(
        csv.DictReader(io.StringIO(run("keys", "audit", "--using", "base", "--csv").stdout))
    )
    assert [line["user"] for line in lines] == [row["user"] for row in rows]


def test_a_policy_is_json_alone_on_stdout(key: Key | UserKey) -> None:
    said = run("policy", "role-trust-mfa", "--profile", "base", "--user", "alice")
    trusted = json.loads(said.stdout)["Statement"][0]["Principal"]["AWS"]
    assert trusted == f"arn:aws:iam::{ACCOUNT}:user/alice"
    assert len(said.stderr.splitlines()) == 1
    china = run("policy", "manage-own-keys", "--region", "cn-north-1").stdout
    assert "arn:aws-cn:iam::*:user/${aws:username}" in china
    run("policy", "assume-with-mfa", "--role", 'x"}', code=2)
    assert "aws-eusc" in run("policy", "audit-keys", "--partition", "aws-x", code=2).stderr
