"""Two calls of an aiobotocore session that awsprof was installed in; a line of stdin in between."""

import asyncio
import sys

from aiobotocore.session import AioSession

import awsprof


async def main() -> None:
    session = AioSession(profile=sys.argv[1])
    awsprof.install(session)
    async with session.create_client("sts") as sts:
        for _ in range(2):
            who = await sts.get_caller_identity()
            found = await session.get_credentials()
            print(who["Arn"], found.method, (await found.get_frozen_credentials()).access_key)
            sys.stdout.flush()
            sys.stdin.readline()


asyncio.run(main())
