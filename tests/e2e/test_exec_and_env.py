"""awsprof exec and awsprof env: the child is who the profile is, and nobody else."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.standins.aws import Aws, Key
from tests.standins.cli_runner import AWSPROF, add_vault_key, run
from tests.standins.moto_iam import UserKey

WHO = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
ADMIN = "arn:aws:sts::210987654321:assumed-role/Admin/"


@pytest.fixture
def key(aws: Aws, home: Path, monkeypatch: pytest.MonkeyPatch) -> Key | UserKey:
    """A key in the vault, a role on it, and variables that say something else."""
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    key = aws.user("alice")
    aws.role("Admin")
    add_vault_key(key, "--no-verify")
    role = "role_arn = arn:aws:iam::210987654321:role/Admin\nsource_profile = base\n"
    with (home / ".aws" / "config").open("a") as config:
        config.write(f"\n[profile admin]\n{role}region = eu-west-1\n")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x" * 40)
    monkeypatch.setenv("AWS_SECURITY_TOKEN", "old")
    return key


@pytest.mark.parametrize("more", [(), ("--serve",)], ids=["variables", "served"])
def test_the_child_is_who_the_profile_is(key: Key, home: Path, more: tuple[str, ...]) -> None:
    config = home / ".aws" / "config"
    config.write_text(config.read_text() + "[default]\naws_access_key_id = AKIAOTHER\n")
    done = run("exec", *more, "admin", "--", sys.executable, "-c", WHO)
    assert done.stdout.startswith(ADMIN)


@pytest.mark.parametrize("more", [(), ("--serve",)], ids=["variables", "served"])
def test_awsprof_in_the_child_means_the_child_s_profile(
    key: Key, aws: Aws, home: Path, more: tuple[str, ...]
) -> None:
    """Without a PROFILE: not default, which SDKs do not use there."""
    bob, config = aws.user("bob"), home / ".aws" / "config"
    plain = f"aws_access_key_id = {bob.id}\naws_secret_access_key = {bob.secret}\n"
    config.write_text(f"{config.read_text()}[default]\n{plain}")
    run("exec", "admin", "--", "true")  # keeps the session: the child has no passphrase
    script = f"{AWSPROF} whoami; {AWSPROF} show; {AWSPROF} exec -- {AWSPROF} whoami"
    who, *shown, again = run("exec", *more, "admin", "--", "sh", "-c", script).stdout.splitlines()
    assert who.startswith(ADMIN) and again.startswith(ADMIN)
    assert shown[0].startswith("admin: role")
    other = run("exec", *more, "admin", "--", "sh", "-c", f"AWS_PROFILE=base {AWSPROF} show")
    assert other.stdout.startswith("base: ")


def test_a_served_long_term_key_is_taken_too(key: Key) -> None:
    run("set", "base", "region", "eu-west-1", "--yes")
    done = run("exec", "--serve", "base", "--", sys.executable, "-c", WHO)
    assert done.stdout == "arn:aws:iam::123456789012:user/alice\n"


def test_the_child_inherits_nothing_that_conflicts_and_nothing_of_ours(key: Key) -> None:
    code = "import os, json; print(json.dumps(dict(os.environ)))"
    given = json.loads(run("exec", "admin", "--", sys.executable, "-c", code).stdout)
    assert run("exec", "admin", "--", AWSPROF, "prompt").stdout in {"admin 59m\n", "admin 60m\n"}
    assert given["AWS_REGION"] == given["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert given["AWS_CREDENTIAL_EXPIRATION"].endswith("Z")
    assert given["AWSPROF_PROFILE"] == "admin"
    gone = {"AWS_PROFILE", "AWS_SECURITY_TOKEN", "AWSPROF_PASSPHRASE"}
    assert not gone & set(given)
    assert given["AWS_ACCESS_KEY_ID"].startswith("ASIA")


def test_exit_codes(key: Key) -> None:
    run("exec", "admin", "--", "sh", "-c", "exit 7", code=7)
    run("exec", "--serve", "admin", "--", "sh", "-c", "exit 7", code=7)
    killed = ("sh", "-c", "kill -TERM $$")
    run("exec", "--serve", "admin", "--", *killed, code=128 + signal.SIGTERM)
    run("exec", "admin", "--", "/nowhere/program", code=127)
    run("exec", "admin", "--", "tests", code=127)  # a folder here, and no program in PATH
    run("exec", "admin", "--", "/etc/passwd", code=126)
    run("exec", "nobody", "--", "true", code=125)


def test_flags_behind_the_dashes_are_the_command_s(key: Key) -> None:
    assert run("exec", "admin", "--", "echo", "--serve", "--yes").stdout == "--serve --yes\n"


@pytest.mark.parametrize("more", [(), ("--serve",)], ids=["variables", "served"])
def test_signals_reach_the_child(key: Key, tmp_path: Path, more: tuple[str, ...]) -> None:
    started = tmp_path / "started"
    script = f"trap 'exit 42' TERM; touch '{started}'; while :; do sleep 0.05; done"
    child = subprocess.Popen([AWSPROF, "exec", *more, "admin", "--", "sh", "-c", script])
    deadline = time.monotonic() + 30
    while not started.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    child.terminate()
    assert child.wait(timeout=30) == 42


def test_the_endpoint_answers_its_own_child_alone(key: Key, tmp_path: Path) -> None:
    told = tmp_path / "told"
    script = f"env | grep AWS_CONTAINER > '{told}.new'; mv '{told}.new' '{told}'; sleep 60"
    child = subprocess.Popen(
        [AWSPROF, "exec", "--serve", "admin", "--", "sh", "-c", script], start_new_session=True
    )
    try:
        deadline = time.monotonic() + 30
        while not told.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        lines = dict(line.split("=", 1) for line in told.read_text().splitlines())
        url = lines["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
        token = lines["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
        assert url.startswith("http://127.0.0.1:")
        for headers in ({}, {"Authorization": "x"}, {"Authorization": token, "Host": "evil"}):
            with pytest.raises(urllib.error.HTTPError, match="403"):
                urllib.request.urlopen(urllib.request.Request(url, headers=headers)).close()
        asked = urllib.request.Request(url, headers={"Authorization": token})
        with urllib.request.urlopen(asked) as answer:
            assert json.load(answer)["Token"]
    finally:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def test_env_is_what_the_shell_takes(key: Key) -> None:
    for shell in ("zsh", "fish", "bash"):
        printed = run("env", "admin", "--shell", shell).stdout
        assert "AWS_SESSION_TOKEN" in printed
    code = f'{sys.executable} -c "{WHO}"'
    done = subprocess.run(
        ["bash", "-c", f"{printed}\n{code}"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(ADMIN)


def test_env_for_programs(key: Key) -> None:
    given = json.loads(run("env", "admin", "--shell", "json").stdout)
    assert given["AWS_REGION"] == "eu-west-1"
    dotenv = run("env", "base", "--shell", "dotenv").stdout.splitlines()
    assert f"AWS_ACCESS_KEY_ID={key.id}" in dotenv
    powershell = run("env", "base", "--shell", "powershell").stdout
    assert f"$Env:AWS_ACCESS_KEY_ID = '{key.id}'" in powershell
    assert "Remove-Item Env:AWS_SESSION_TOKEN" in powershell


USE_SCRIPT = """export AWS_DEFAULT_PROFILE=other
eval "$(awsprof shell-init bash)"
awsprof use admin && echo "$AWS_PROFILE ${AWS_DEFAULT_PROFILE-none}"
awsprof use nobody || echo "still $AWS_PROFILE"
awsprof use && echo "${AWS_PROFILE-none}"
awsprof list --json > /dev/null && echo listed
eval "$(awsprof env admin)" && echo "$AWSPROF_PROFILE $(awsprof prompt | cut -d' ' -f1)"
awsprof use base && echo "$AWS_PROFILE ${AWS_ACCESS_KEY_ID-none} ${AWS_REGION-none}"
echo "$(awsprof prompt | cut -d' ' -f1)"
awsprof use --help | head -1
"""


def test_use_is_the_profile_of_the_shell(key: Key) -> None:
    done = subprocess.run(
        ["bash", "-c", USE_SCRIPT],
        env={**os.environ, "PATH": f"{Path(AWSPROF).parent}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == [
        *("admin none", "still admin", "none", "listed", "admin admin", "base none none", "base"),
        "Usage: awsprof use [OPTIONS] [PROFILE]",
    ]
    assert "There is no profile 'nobody'" in done.stderr


def test_use_in_the_other_shells(key: Key, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SECURITY_TOKEN"):
        monkeypatch.delenv(name)
    fish = run("use", "--shell", "fish", "admin").stdout
    assert fish == "set -e AWS_DEFAULT_PROFILE\nset -gx AWS_PROFILE admin\n"
    powershell = run("use", "--shell", "powershell", "admin").stdout
    assert powershell.endswith("$Env:AWS_PROFILE = 'admin'\n")
    for shell in ("fish", "powershell"):
        assert "awsprof" in run("shell-init", shell).stdout


def test_use_without_the_function_says_how_to_get_it(key: Key) -> None:
    assert "awsprof shell-init bash" in run("use", "admin", code=2).stderr


SERVED_SCRIPT = """
import os, boto3, awsprof
print(awsprof.whoami().arn, boto3.Session().available_profiles)
print(awsprof.whoami("other").arn, awsprof.session("other").region_name)
print([profile.name for profile in awsprof.list_profiles()])
print([found.value.arn for found in awsprof.map(awsprof.whoami, ["oth*"]).results])
os.environ["AWS_PROFILE"] = "other"
print(awsprof.session().client("sts").get_caller_identity()["Arn"])
"""


def test_a_script_in_a_served_child_knows_the_person_s_profiles(
    key: Key, aws: Aws, home: Path
) -> None:
    other = aws.user("bob")
    keys = f"aws_access_key_id = {other.id}\naws_secret_access_key = {other.secret}\n"
    with (home / ".aws" / "config").open("a") as config:
        config.write(f"\n[profile other]\nregion = eu-central-1\n{keys}")
    done = run("exec", "--serve", "admin", "--", sys.executable, "-c", SERVED_SCRIPT)
    own, named, listed, mapped, by_variable = done.stdout.splitlines()
    assert own.startswith(ADMIN) and own.endswith("[]")  # an SDK there finds none
    assert named == "arn:aws:iam::123456789012:user/bob eu-west-1"  # the variables win, as in boto3
    assert listed == "['base', 'admin', 'other']"
    assert mapped == "['arn:aws:iam::123456789012:user/bob']"
    assert by_variable == "arn:aws:iam::123456789012:user/bob"
