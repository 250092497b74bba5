"""s3fs with a session of awsprof.aio, as the reference has it."""

import os
import subprocess

from tests.interop.clients import ROOT
from tests.interop.machine import InteropMachine, assumed
from tests.requirements import need

PYTHON = ROOT / ".venv-aiobotocore" / "bin" / "python"
LISTS = """
import asyncio
import awsprof.aio
from s3fs import S3FileSystem

async def main():
    session = awsprof.aio.session("role")
    files = S3FileSystem(session=session, asynchronous=True, skip_instance_cache=True)
    client = await files.set_session()
    print(await files._ls(""))
    await client.close()
    async with files.session.create_client("sts") as sts:
        print((await sts.get_caller_identity())["Arn"])

asyncio.run(main())
"""


def test_s3fs_lists_buckets_as_the_role_of_the_session(machine: InteropMachine) -> None:
    need(PYTHON.exists(), "s3fs in .venv-aiobotocore: run make interop once")
    machine.key("key")
    machine.role("role", "Admin", "key")
    done = subprocess.run(
        [PYTHON, "-c", LISTS],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    listed, arn = done.stdout.splitlines()
    assert listed.startswith("[") and arn.startswith(assumed("Admin"))
