"""awsprof.install in a session of aiobotocore, which has a botocore, and a place, of its own."""

import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.requirements import need
from tests.standins.sample_config import Machine, machine

__all__ = ["machine"]

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-aiobotocore" / "bin" / "python"
ADMIN = "arn:aws:sts::210987654321:assumed-role/Admin/"


def started(profile: str) -> "subprocess.Popen[str]":
    need(PYTHON.exists(), "aiobotocore in .venv-aiobotocore: run make test once")
    return subprocess.Popen(
        [PYTHON, ROOT / "tests" / "foreign" / "aio.py", profile],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("how", ["InvalidClientTokenId", "ExpiredToken"])
def test_its_calls_are_signed_by_ours_and_made_again_where_aws_refuses(
    machine: Machine, how: str
) -> None:
    with started("prod-eu") as process:
        assert process.stdout is not None and process.stdin is not None
        arn, method, key_id = (process.stdout.readline() or "no answer ? ?").split()
        assert arn.startswith(ADMIN), process.communicate("\n\n")[1]
        assert method == "awsprof"
        if how == "ExpiredToken":
            machine.aws.keys[key_id].expires = datetime.now(UTC) - timedelta(seconds=1)
        else:
            del machine.aws.keys[key_id]
        said, wrong = process.communicate("\n\n", timeout=60)
    assert process.returncode == 0, wrong
    assert said.startswith(f"{ADMIN}"), wrong
    assert said.split()[2] != key_id


FAN_OUT = """
import asyncio
import awsprof, awsprof.aio

async def arn(session):
    async with session.create_client("sts") as sts:
        return (await sts.get_caller_identity())["Arn"]

async def main():
    seen = []
    options = {"regions": ["eu-west-1", "us-east-1"], "workers": 2, "progress": seen.append}
    outcome = await awsprof.aio.map(arn, ["prod-*", "plain"], kind=["role", "keys"], **options)
    print(len(outcome.results), len(seen), sorted({each.value.split(":")[4] for each in outcome}))
    for refused in ({"name": "nobody"}, {"name": "prod-eu", "duration": 1}):
        try:
            awsprof.aio.session(**refused)
        except awsprof.AwsprofError as exc:
            print(type(exc).__name__)
    for name in ("prod-eu", "plain"):
        try:
            print(await arn(awsprof.aio.session(name, account="999999999999")))
        except awsprof.WrongAccount as exc:
            print("refused", name)
    print([name for name, _ in awsprof.aio.sessions("prod-*", role="Audit")])

asyncio.run(main())
"""


def test_a_fan_out_and_the_account_guard(machine: Machine) -> None:
    need(PYTHON.exists(), "aiobotocore in .venv-aiobotocore: run make test once")
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [str(PYTHON), "-c", FAN_OUT]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=90, check=False)
    assert done.stdout.splitlines() == [
        "6 6 ['123456789012', '210987654321', '345678901234']",
        "ProfileNotFound",
        "UsageError",
        "refused prod-eu",
        "refused plain",
        "['prod-audit']",
    ], done.stderr


def test_a_profile_with_keys_alone_is_left_to_it(machine: Machine) -> None:
    said, wrong = started("plain").communicate("\n\n", timeout=60)
    assert said.startswith("arn:aws:iam::123456789012:user/alice shared-credentials-file") or (
        said.startswith("arn:aws:iam::123456789012:user/alice config-file")
    ), wrong
