"""One code, one sign-in, one renewal: whoever asks, however many ask, and in whatever process."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import venv
from pathlib import Path

import pexpect
import pytest

from awsprof.vault import key_answers
from awsprof.vault.index import Index
from tests.interop.clients import installed_client
from tests.requirements import need_kernel_keyring
from tests.standins.aws import Aws, Device, serving
from tests.standins.cli_runner import AWSPROF, ROOT, add_vault_key, run, run_in_process
from tests.standins.secret_service import SecretService, secret_service

__all__ = ["secret_service"]

ARNS = {
    "admin": "arn:aws:iam::210987654321:role/Admin",
    "audit": "arn:aws:iam::210987654321:role/Audit",
    "deep": "arn:aws:iam::345678901234:role/Deep",
}


@pytest.fixture
def device(aws: Aws, home: Path, monkeypatch: pytest.MonkeyPatch) -> Device:
    """A key with MFA in the vault, and three roles on it in two accounts that want MFA."""
    need_kernel_keyring()
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    key, device = aws.user("alice"), aws.device("alice")
    flags = ("--mfa-serial", device.serial, "--region", "eu-west-1", "--no-verify")
    add_vault_key(key, *flags)
    for name, arn in ARNS.items():
        aws.role(arn.rsplit("/", 1)[-1], account=arn.split(":")[4], mfa=True)
        role = ("--role-arn", arn, "--source", "base", "--region", "eu-west-1", "--no-verify")
        run_in_process("add", "role", name, *role, "--yes")
    return device


def by_program(tmp_path: Path, device: Device, more: str = "") -> Path:
    """An mfa_process for base, which notes each time it runs; the file of those notes."""
    notes, program = tmp_path / "notes", tmp_path / "code"
    program.write_text(f"#!/bin/sh\necho x >> '{notes}'\n{more}\necho {device.code()}\n")
    program.chmod(0o755)
    run("set", "base", "mfa_process", str(program), "--no-verify", "--yes")
    return notes


def ask(*words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [AWSPROF, "credential-process", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def sign_in(device: Device) -> None:
    child = pexpect.spawn(AWSPROF, ["login", "base"], timeout=30, encoding="utf-8")
    child.expect("MFA code for base .*: ")
    child.sendline(device.code())
    child.expect("user/alice")
    child.expect(pexpect.EOF)


def test_one_code_serves_three_roles_in_every_sdk(device: Device, aws: Aws, tmp_path: Path) -> None:
    assert "MFA not given" in run("list").stdout
    sign_in(device)
    assert "MFA for 11 h" in run("list").stdout
    assert "MFA for 11 h" in run("list", "--tree").stdout
    for client in ("boto3", "AWS CLI 1", "JavaScript"):
        said = installed_client(client, tmp_path).ask(ARNS)
        for name, arn in ARNS.items():
            wanted = f"{arn.split(':')[4]}:assumed-role/{arn.rsplit('/', 1)[-1]}/"
            assert wanted in said[name].arn, said[name].error
    assert aws.calls.count("GetSessionToken") == 1


def test_twenty_at_once_cause_one_prompt_and_one_renewal(
    device: Device, aws: Aws, tmp_path: Path
) -> None:
    notes = by_program(tmp_path, device, "sleep 1")
    asking = [ask("base") for _ in range(20)]
    answers = set()
    for process in asking:
        given, said = process.communicate(timeout=100)
        assert process.returncode == 0, said
        answers.add(given)
    assert len(answers) == 1
    assert notes.read_text() == "x\n"
    assert aws.calls.count("GetSessionToken") == 1


def test_a_holder_that_is_killed_harms_nobody(device: Device, aws: Aws, tmp_path: Path) -> None:
    holding = tmp_path / "holding"
    by_program(tmp_path, device, f"test -e '{holding}' || {{ touch '{holding}'; sleep 60; }}")
    holder = ask("base")
    deadline = time.monotonic() + 30
    while not holding.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(holder.pid, signal.SIGKILL)
    holder.communicate()
    given, said = ask("base").communicate(timeout=60)
    assert json.loads(given)["SessionToken"], said


def test_what_was_changed_is_never_answered_from_before(
    device: Device, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(device)
    first = run("credential-process", "admin").stdout
    assert run("credential-process", "admin").stdout == first
    run("set", "admin", "role_session_name", "other", "--yes")
    assert run("credential-process", "admin").stdout != first
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")
    assert "needs a code" in run("credential-process", "admin", code=4).stderr


def test_another_region_asks_for_no_code(
    device: Device, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(device)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    run("set", "base", "region", "us-east-1", "--yes")
    run("credential-process", "base")
    assert aws.calls.count("GetSessionToken") == 1


def test_logout_forgets_and_says_what_aws_still_honours(
    device: Device, aws: Aws, home: Path
) -> None:
    sign_in(device)
    run("credential-process", "admin")
    said = run("logout", "admin").stderr
    assert "admin: its session is deleted here, but AWS accepts it until" in said
    assert "base: its session is deleted here, but AWS accepts it until" in said
    assert "awsprof login admin" in run("credential-process", "admin", code=4).stderr
    cached = home / ".aws" / "cli" / "cache" / "0123.json"
    cached.parent.mkdir(parents=True)
    cached.write_text("{}")
    said = run("logout", "--all").stderr
    assert "no MFA or role sessions" in said
    assert "The AWS CLI keeps 1 of its own sessions in plain text" in said
    assert cached.exists()


def test_logout_ends_an_identity_center_session(
    aws: Aws, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.approve_at_once = True
    aws.accounts["345678901234"] = ("Prod", ("ReadOnly",))
    start = ("--start-url", f"{aws.url}/start", "--sso-region", "eu-west-1")
    role = ("--account", "345678901234", "--role", "ReadOnly")
    run("add", "sso", "prod", "--session", "corp", *start, *role, "--yes")
    run("credential-process", "prod")
    said = run("logout", "--session", "corp").stderr
    assert "prod: its session is deleted here" in said
    assert "signed out of corp" in said
    assert aws.tokens == set()
    kept = (home / ".aws" / "sso" / "cache").glob("*.json")
    assert not [path for path in kept if "accessToken" in path.read_text()]
    assert "awsprof login prod" in run("credential-process", "prod", code=4).stderr
    assert "already signed out of corp" in run("logout", "prod").stderr


# All that a hit imports, beyond what `python -EPS` has at its start.
HIT = {
    *("__future__", "_blake2", "_ctypes"),
    *("awsprof", "awsprof.auth", "awsprof.auth.fast_path", "awsprof.auth.chain_lines"),
}
KEY_HIT = HIT | {"awsprof.vault", "awsprof.vault.passphrase_check"}
# What reading the key takes the first time, where the kernel has the encrypted file's own key.
KEY_READ = KEY_HIT | {
    *("os", "stat", "_stat", "_collections_abc", "genericpath", "posixpath"),
    *("errno", "resource", "zlib", "awsprof.paths", "awsprof.auth.fast_vault_key"),
    *("awsprof.vault.hardening", "awsprof.vault.kernel_keyring", "awsprof.vault.key_answers"),
    *("awsprof.vault.libc", "awsprof.vault.fast_file", "awsprof.fast_read"),
}
# The same from an unlocked Secret Service: neither jeepney nor secretstorage nor cryptography.
RING_READ = KEY_READ | {
    *("fcntl", "_socket"),
    *("awsprof.vault.dbus", "awsprof.vault.fast_secret_service"),
}
ENCRYPTION = ("cryptography", "cffi", "_cffi_backend")
BUILT_IN = {"_struct", "_operator"}  # what some Pythons have inside, and others load
PREFIX = Path(sys.prefix)


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A virtual environment with awsprof as a wheel puts it there, and its Python."""
    venv.create(tmp_path / "venv", symlinks=True)
    packages = next((tmp_path / "venv" / "lib").iterdir()) / "site-packages"
    shutil.copytree(ROOT / "awsprof", packages / "awsprof")
    for name in ENCRYPTION:  # beside awsprof, as installers put them
        for there in next(PREFIX.glob("lib/python3*/site-packages")).glob(f"{name}*"):
            (packages / there.name).symlink_to(there)
    (packages / "others.pth").write_text(f"{next(PREFIX.glob('lib/python3*'))}/site-packages\n")
    (tmp_path / "venv" / "share" / "awsprof").mkdir(parents=True)
    shutil.copy(
        ROOT / "packaging" / "launcher.py", tmp_path / "venv" / "share" / "awsprof" / "awsprof"
    )
    return tmp_path / "venv" / "bin" / "python"


def line_of(python: Path, *flags: str, key: str = "") -> list[str]:
    launcher = python.parent.parent / "share" / "awsprof" / "awsprof"
    line = [str(python), "-EPS", *flags, str(launcher), "credential-process", "base"]
    return [*line, "--key", key] if key else line


def imported(*command: str) -> set[str]:
    """The modules that a program imports, by -X importtime."""
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rsplit("|", 1)[1].strip() for line in lines[1:]}


def test_a_hit_imports_next_to_nothing(device: Device, installed: Path) -> None:
    sign_in(device)
    first = run("credential-process", "base").stdout
    subprocess.run(line_of(installed), check=True, capture_output=True)  # which compiles
    done = subprocess.run(line_of(installed), check=True, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == (first, "")
    at_start = imported(str(installed), "-EPS", "-X", "importtime", "-c", "pass")
    hit = imported(*line_of(installed, "-X", "importtime"))
    assert hit - at_start - BUILT_IN == HIT


def test_a_cached_key_imports_next_to_nothing_more(
    device: Device, installed: Path, home: Path
) -> None:
    run("unset", "base", "mfa_serial", "--no-verify", "--yes")
    key = Index.load().entries()[0].key_id
    line = line_of(installed, key=key)
    first = subprocess.run(line, check=True, capture_output=True, text=True).stdout
    assert "SessionToken" not in first
    with (home / ".aws" / "config").open("a") as config:
        config.write("\n[profile other]\nregion = eu-west-1\n")
    assert subprocess.run(line, check=True, capture_output=True, text=True).stdout == first
    at_start = imported(str(installed), "-EPS", "-X", "importtime", "-c", "pass")
    hit = imported(*line_of(installed, "-X", "importtime", key=key))
    assert hit - at_start - BUILT_IN == KEY_HIT
    run("settings", "key-age", "80")
    read = imported(*line_of(installed, "-X", "importtime", key=key)) - at_start - BUILT_IN
    assert {name for name in read if not name.startswith(ENCRYPTION)} - {"types"} == KEY_READ


def test_a_key_in_a_keyring_is_read_with_few_modules(
    secret_service: SecretService, aws: Aws, installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWSPROF_PASSPHRASE", raising=False)
    key = aws.user("alice")
    add_vault_key(key, "--region", "eu-west-1", "--no-verify")
    line = line_of(installed, key=key.id)
    first = subprocess.run(line, check=True, capture_output=True, text=True).stdout
    assert json.loads(first)["SecretAccessKey"] == key.secret
    at_start = imported(str(installed), "-EPS", "-X", "importtime", "-c", "pass")
    key_answers.drop_answers()
    read = imported(*line_of(installed, "-X", "importtime", key=key.id)) - at_start - BUILT_IN
    assert read - {"time"} == RING_READ


def test_the_line_answers_the_same_however_awsprof_is_installed(
    device: Device, installed: Path
) -> None:
    sign_in(device)
    run("credential-process", "base")
    for python in (installed, Path(sys.executable)):  # a wheel's; an editable one
        for kept in (True, False):
            if not kept:
                run("set", "base", "region", "us-east-1" if python == installed else "eu-west-3",
                    "--no-verify", "--yes")  # fmt: skip
            said = subprocess.run(line_of(python), check=True, capture_output=True, text=True)
            assert json.loads(said.stdout) == json.loads(run("credential-process", "base").stdout)


def test_another_aws_asks_for_a_code_of_its_own(device: Device, aws: Aws) -> None:
    sign_in(device)
    run("credential-process", "base")
    assert aws.calls.count("GetSessionToken") == 1
    with serving(Aws()) as other:
        run("set", "base", "endpoint_url", other.url, "--no-verify", "--yes")
        said = run("credential-process", "base", code=4).stderr
    assert "needs a code" in said
    run("undo", "--yes")
    run("credential-process", "base")
    assert aws.calls.count("GetSessionToken") == 1
