"""The path of every SDK: a session or a key from credential-process, and a script's second run."""

import os
import secrets
import shlex
import shutil
import sys
from pathlib import Path

from awsprof.vault.key_answers import drop_answers
from tests.bench.measuring import Row, Ways, cpu_of, nothing, rows_beside, run
from tests.standins.aws import Aws
from tests.standins.cli_runner import AWSPROF
from tests.standins.secret_service import SecretService

ROLE = "arn:aws:iam::210987654321:role/Audit"
CLIENT = '.client("sts", region_name="eu-west-1")'
USE = f"s.get_credentials().get_frozen_credentials(); s{CLIENT}"
OURS = f'import awsprof; s = awsprof.session("audit"); {USE}'
THEIRS = f'import boto3; s = boto3.Session(profile_name="in-file"); {USE}'
FLOOR = "python -ISE -c pass"
COMMAND_FLOOR = "python -c pass"


def credentials(home: Path, aws: Aws) -> list[Row]:
    """Each way beside the start of Python, and the Go programs that are on PATH; CPU time."""
    key, config = aws.user("carol"), home / ".aws" / "config"
    add = (AWSPROF, "add", "keys", "bare", "--access-key-id", key.id, "--secret-stdin", "--yes")
    run(*add, "--region", "eu-west-1", stdin=key.secret)
    aws.role("Audit")
    role = ("add", "role", "audit", "--role-arn", ROLE, "--source", "bare")
    run(AWSPROF, *role, "--region", "eu-west-1", "--yes")
    line = next(row for row in config.read_text().splitlines() if row.endswith(f"--key {key.id}"))
    start = shlex.split(line.partition("=")[2])[:-3]
    of_key, session = [*start, "bare", "--key", key.id], [*start, "audit"]
    with config.open("a") as file:
        file.write(f"\n[profile in-file]\naws_access_key_id = {key.id}\n")
        file.write(f"aws_secret_access_key = {key.secret}\n")
    for command in (session, of_key, [sys.executable, "-c", OURS]):
        run(*command)  # from now on it is cached
    ways: Ways = {
        FLOOR: ([sys.executable, "-ISE", "-c", "pass"], nothing),
        "a kept session": (session, nothing),
        "  after an edit of another profile": (session, lambda: _edit(config)),
        "  with another variable": (session, _variable),
        "a key of the vault without MFA, asked again": (of_key, nothing),
        "  for the first time in a while": (of_key, drop_answers),
        **_go_programs(key.id, key.secret),
    }
    rows = rows_beside(cpu_of(ways), FLOOR)
    rows += _commands()
    scripts: Ways = {
        "boto3, a key in a file, one client": ([sys.executable, "-c", THEIRS], nothing),
        "awsprof.session, a cached role session, the same": ([sys.executable, "-c", OURS], nothing),
    }
    rows += rows_beside(cpu_of(scripts), next(iter(scripts)))
    if shutil.which("gnome-keyring-daemon") and shutil.which("dbus-run-session"):
        rows += _keyring(start, aws)
    return rows


def _commands() -> list[Row]:
    """What a person or a script waits for before another program runs, with a kept session."""
    exec_, env = [AWSPROF, "exec", "audit", "--", "true"], [AWSPROF, "env", "audit"]
    of_key = [AWSPROF, "exec", "bare", "--", "true"]
    for command in (exec_, of_key):
        run(*command)
    ways: Ways = {
        COMMAND_FLOOR: ([sys.executable, "-c", "pass"], nothing),
        "awsprof exec, a kept session": (exec_, nothing),
        "awsprof env, the same": (env, nothing),
        "awsprof exec, a key of the vault, run again": (of_key, nothing),
    }
    if shutil.which("aws-vault"):
        vaulted = ["aws-vault", "exec", "--no-session", "in-aws-vault", "--", "true"]
        ways = {**ways, "aws-vault exec --no-session": (vaulted, nothing)}
    return rows_beside(cpu_of(ways), COMMAND_FLOOR)


def _keyring(start: list[str], aws: Aws) -> list[Row]:
    """The same with a key in a GNOME Keyring of the bench's own."""
    key = aws.user("dave")
    add = (AWSPROF, "add", "keys", "ring", "--access-key-id", key.id, "--secret-stdin", "--yes")
    with SecretService() as service:
        os.environ.update(service.environment)
        run(*add, "--region", "eu-west-1", stdin=key.secret)
        of_key = [*start, "ring", "--key", key.id]
        ways: Ways = {
            FLOOR: ([sys.executable, "-ISE", "-c", "pass"], nothing),
            "a key in GNOME Keyring, asked again": (of_key, nothing),
            "  the key in GNOME Keyring, for the first time in a while": (of_key, drop_answers),
        }
        found = cpu_of(ways)
        for name in service.environment:
            del os.environ[name]
    return rows_beside(found, FLOOR)


def _edit(config: Path) -> None:
    with config.open("a") as file:
        file.write(f"\n[profile p{secrets.token_hex(4)}]\nregion = eu-west-1\n")


def _variable() -> None:
    os.environ["AWS_PAGER"] = secrets.token_hex(4)


def _go_programs(key_id: str, secret: str) -> Ways:
    """aws-vault with the same key in its encrypted file, where it is installed."""
    if shutil.which("aws-vault") is None:
        return {}
    os.environ.update(AWS_VAULT_BACKEND="file", AWS_VAULT_FILE_PASSPHRASE="only for the bench")
    os.environ.update(AWS_ACCESS_KEY_ID=key_id, AWS_SECRET_ACCESS_KEY=secret)
    run("aws-vault", "add", "--env", "in-aws-vault")
    del os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
    export = ["aws-vault", "export", "--no-session", "--format=json", "in-aws-vault"]
    return {"aws-vault export --no-session": (export, nothing)}
