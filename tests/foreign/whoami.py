"""Asks STS who each profile is, by a Python library or the AWS CLI.

    python whoami.py boto3|aiobotocore|s3fs [PROFILE...]
    python whoami.py PATH_OF_AWS [PROFILE...]

An empty name means no profile: what the environment gives. Prints one JSON object for each:
profile, arn or error, and seconds.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable


def boto3(profile: str) -> str:
    from boto3 import Session

    who = Session(profile_name=profile or None).client("sts").get_caller_identity()
    return str(who["Arn"])


def aiobotocore(profile: str) -> str:
    from aiobotocore.session import AioSession

    async def ask() -> str:
        async with AioSession(profile=profile or None).create_client("sts") as sts:
            return str((await sts.get_caller_identity())["Arn"])

    return asyncio.run(ask())


def s3fs(profile: str) -> str:
    """Lists the buckets, then asks by the session that s3fs made for that."""
    from s3fs import S3FileSystem  # type: ignore[import-not-found, unused-ignore]

    async def ask() -> str:
        files = S3FileSystem(profile=profile or None, asynchronous=True, skip_instance_cache=True)
        session = await files.set_session()
        try:
            await files._ls("")
            async with files.session.create_client("sts") as sts:
                return str((await sts.get_caller_identity())["Arn"])
        finally:
            await session.close()

    return asyncio.run(ask())


def aws_cli(program: str) -> Callable[[str], str]:
    def ask(profile: str) -> str:
        words = [program, "sts", "get-caller-identity", "--query", "Arn", "--output", "text"]
        named = ["--profile", profile] if profile else []
        done = subprocess.run([*words, *named], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr.strip())
        return done.stdout.strip()

    return ask


def main() -> None:
    how, *profiles = sys.argv[1:]
    libraries = {"boto3": boto3, "aiobotocore": aiobotocore, "s3fs": s3fs}
    ask = libraries[how] if how in libraries else aws_cli(how)
    for profile in profiles:
        begun = time.monotonic()
        try:
            told = {"arn": ask(profile)}
        except Exception as exc:
            told = {"error": str(exc) or type(exc).__name__}
        seconds = round(time.monotonic() - begun, 3)
        print(json.dumps({"profile": profile, **told, "seconds": seconds}), flush=True)


main()
