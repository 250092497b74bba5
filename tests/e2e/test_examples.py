"""Each of the examples, run as a program against the stand-in."""

import json
import os
import sys
from pathlib import Path

import pytest

import awsprof
from tests.standins.cli_runner import python
from tests.standins.sample_config import AUDIT, Machine, machine

__all__ = ["machine"]


@pytest.fixture(autouse=True)
def signed_in(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The code was given already, as for the second run of any script; two buckets are there."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    s3 = awsprof.session("admin", region="us-east-1", mfa=machine.code).client("s3")
    for name in ("first-bucket", "second-bucket"):
        s3.create_bucket(Bucket=name)


def test_list_buckets(machine: Machine) -> None:
    done = python("-m", "examples.list_buckets", "admin")
    assert done.stdout.split() == ["first-bucket", "second-bucket"]
    done = python("-m", "examples.list_buckets", "admni", code=2)
    assert "Did you mean admin?" in done.stderr


def test_inventory(machine: Machine) -> None:
    trusted, machine.aws.roles[AUDIT].trusted = machine.aws.roles[AUDIT].trusted, ()
    failed = python("-m", "examples.inventory", "prod-*", code=1)
    assert failed.stdout.split() == ["prod-eu", "2", "buckets"]
    assert "prod-audit" in failed.stderr and "2/2" in failed.stderr
    machine.aws.roles[AUDIT].trusted = trusted
    done = python("-m", "examples.inventory", "prod-*")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines == [["prod-eu", "2", "buckets"], ["prod-audit", "0", "buckets"]]


# The clock of the stand-in is moved on as well.
LONG = """
from tests.standins.clock import Clock
clock = Clock()
clock.install()
import json
import os
import awsprof
from examples.long_job import work
from tests.standins.aws import Aws, serving
with serving(Aws()) as aws:
    os.environ.update(aws.environment)
    aws.role("Admin")
    key = aws.user("alice")
    with open(os.path.expanduser("~/.aws/config"), "w") as config:
        config.write(f"[profile plain]\\naws_access_key_id = {key.id}\\n")
        config.write(f"aws_secret_access_key = {key.secret}\\nregion = eu-west-1\\n")
        config.write("[profile admin]\\nrole_arn = arn:aws:iam::210987654321:role/Admin\\n")
        config.write("source_profile = plain\\nregion = eu-west-1\\n")
    work(awsprof.session("admin"), times=8, pause=clock.move)
    print(aws.calls.count("AssumeRole"), "sessions")
"""


def test_long_job(machine: Machine) -> None:
    lines = python("-c", LONG).stdout.splitlines()
    assert lines == [*(f"{turn} 0 buckets" for turn in range(8)), "3 sessions"]


def test_notebook(machine: Machine) -> None:
    shown = python("examples/notebook.py").stdout
    assert "210987654321 ['first-bucket', 'second-bucket']" in shown
    assert "ASIA True" in shown


def test_ci_guard(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.write(
        "[profile deploy]\nrole_arn = {admin}\nsource_profile = plain\n"
        "[profile plain]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n"
    )
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert python("-m", "examples.ci_guard", "210987654321").stdout == "210987654321: 2 buckets\n"
    machine.config.unlink()  # as in CI, where the machine has credentials of its own
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", machine.key.id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", machine.key.secret)
    assert "123456789012: 0 buckets" in python("-m", "examples.ci_guard", "123456789012").stdout
    said = python("-m", "examples.ci_guard", "210987654321", code=1).stderr
    assert "not deployed: Expected account 210987654321" in said
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    assert "not deployed: " in python("-m", "examples.ci_guard", "123456789012", code=1).stderr


def test_rotate_my_key(machine: Machine) -> None:
    old = machine.key.id
    done = python("-m", "examples.rotate_my_key", "base")
    new = done.stdout.split()[2]
    assert f"base has {new} now; {old} is inactive." in done.stdout
    assert new != old and new in machine.config.read_text()
    keys = {key.id: key.active for key in machine.aws.moto.keys_of(machine.key.arn, "123456789012")}
    assert keys == {old: False, new: True}
    assert awsprof.whoami("base", mfa=machine.code).arn == machine.key.arn


def test_nightly_doctor(
    machine: Machine, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEALTH_JSON", str(tmp_path / "health.json"))
    assert python("-m", "examples.nightly_doctor", "admin").stdout == ""
    assert json.loads((tmp_path / "health.json").read_text())["ok"] is True
    with (home / ".aws" / "config").open("a") as config:
        config.write("\n[profile broken]\nrole_arn = arn:aws:iam::210987654321:role/Admin\n")
        config.write("source_profile = nobody\n")
    done = python("-m", "examples.nightly_doctor", "admin", "broken", code=1)
    assert done.stdout.startswith("broken: source_profile = nobody names no existing profile.")
