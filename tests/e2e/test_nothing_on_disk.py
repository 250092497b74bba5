"""No credential that we hold is ever written to disk, as the system's own calls tell."""

import re
import shutil
import subprocess
from pathlib import Path

import pexpect
import pytest

from tests.requirements import need, need_kernel_keyring
from tests.standins.aws import Aws
from tests.standins.cli_runner import AWSPROF, add_vault_key, run

CALLS = "write,pwrite64,writev,pwritev,sendto,execve,openat,memfd_create"


def test_no_secret_and_no_session_is_written_to_a_file(
    aws: Aws, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    strace = shutil.which("strace")
    need(strace is not None, "strace")
    need_kernel_keyring()
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    key, device = aws.user("alice"), aws.device("alice")
    aws.role("Admin", mfa=True)
    add_vault_key(key, "--mfa-serial", device.serial, "--no-verify")
    arn = "arn:aws:iam::210987654321:role/Admin"
    run("add", "role", "admin", "--role-arn", arn, "--source", "base", "--yes", "--no-verify")

    traced = tmp_path / "trace"
    strace_to = (str(strace), "-f", "-s", "100000", "-y", "-e", f"trace={CALLS}", "-o")
    words = [*strace_to[1:], str(traced), AWSPROF, "login", "admin"]
    child = pexpect.spawn(str(strace), words, timeout=60)
    child.expect(b"MFA code for base .*: ")
    child.sendline(device.code())
    child.expect(b"assumed-role/Admin/")
    child.expect(pexpect.EOF)
    aws.approve_at_once = True
    aws.accounts["345678901234"] = ("Prod", ("ReadOnly",))
    start = ("--start-url", f"{aws.url}/start", "--sso-region", "eu-west-1")
    mine = ("--account", "345678901234", "--role", "ReadOnly", "--region", "eu-west-1")
    run("add", "sso", "prod", "--session", "corp", *start, *mine, "--yes")
    every = ("credential-process admin", "credential-process prod", "exec prod -- true")
    script = "; ".join(f"{AWSPROF} {words}" for words in every)
    asking = [*strace_to, f"{traced}2", "sh", "-c", script]
    done = subprocess.run(asking, capture_output=True, text=True, check=True)
    given = re.findall('"(?:SecretAccessKey|SessionToken)": "([^"]+)"', done.stdout)
    assert len(given) == 4
    calls = (traced.read_text() + Path(f"{traced}2").read_text()).splitlines()
    assert [call for call in calls if "write(" in call or "pwrite64(" in call]
    secrets = [key.secret, *given, *(k.secret for k in aws.keys.values())]
    secrets += [k.token for k in aws.keys.values() if k.token]
    for call in calls:
        # Sockets carry them to AWS and pipes to who asked: files and arguments must not.
        to_file = re.search(r"write(?:v|64)?\(\d+<(/[^>]*)>", call)
        if to_file or "execve(" in call:
            assert not [secret for secret in secrets if secret in call], call[:200]
