"""awsprof for asyncio: aiobotocore sessions, and a fan-out over profiles (``import awsprof.aio``).

It needs aiobotocore: the extra ``aio``. What blocks (a prompt, a lock, the vault, STS) runs in
threads, so the event loop goes on. Sessions are shared with the command line and with
``awsprof.session``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Unpack

from awsprof import paths
from awsprof.errors import UsageError
from awsprof.factory.botocore_plugin import insert_provider
from awsprof.factory.fanout import fanout_tasks
from awsprof.factory.fanout_result import Failure, Outcome, Progress, R, Result, Task
from awsprof.factory.options import Missing, SessionArguments, require_known, session_config
from awsprof.factory.profile_selection import FanoutArguments, Patterns, select_profiles
from awsprof.factory.session import existing_profile
from awsprof.factory.shared_source import SharedSource

if TYPE_CHECKING:
    from aiobotocore.session import AioSession

__all__ = ["session", "sessions"]  # a star import must not replace the builtin map


def session(
    name: str | None = None, *, on_missing: Missing = "error", **options: Unpack[SessionArguments]
) -> AioSession:
    """Returns an aiobotocore session for a profile, with the options of ``awsprof.session``.

    No call is made yet. The session gets its credentials on first use, renews them, and raises the
    errors of ``awsprof.session`` there. s3fs takes it: ``s3fs.S3FileSystem(session=session)``.
    Raises ProfileNotFound, FileProblem, or UsageError (without aiobotocore too).

    ```python
    import asyncio
    import awsprof.aio


    async def main() -> None:
        session = awsprof.aio.session("admin-role", region="eu-west-1")
        async with session.create_client("sts") as sts:
            print((await sts.get_caller_identity())["Arn"])


    asyncio.run(main())
    ```
    """
    require_known(session, SessionArguments, options)
    created, shared = _new_session(), SharedSource(session_config(options))
    profile = existing_profile(created, name, on_missing)
    return _configure(created, profile, options.get("region"), shared)


def sessions(
    profiles: Patterns = "*", **options: Unpack[FanoutArguments]
) -> Iterator[tuple[str, AioSession]]:
    """Yields the name and session of each matching profile, as ``awsprof.sessions`` does."""
    require_known(sessions, FanoutArguments, options)
    shared, region = SharedSource(session_config(options)), options.get("region")
    names = select_profiles(profiles, options, shared)
    return ((name, _fanout_session(name, region, shared)) for name in names)


async def map(  # used as awsprof.aio.map, it shadows nothing
    fn: Callable[[AioSession], Awaitable[R]],
    profiles: Patterns = "*",
    *,
    regions: Sequence[str] | None = None,
    workers: int = 16,
    progress: Callable[[Progress], object] | None = None,
    **options: Unpack[FanoutArguments],
) -> Outcome[R]:
    """Awaits ``fn(session)`` for each matching profile in each region, ``workers`` at a time.

    Returns an ``Outcome``, and takes the arguments of ``awsprof.map``. If it is canceled, so are
    the calls under way; ``progress`` has seen those that finished.

    ```python
    import asyncio
    import awsprof.aio


    async def account(session) -> str:
        async with session.create_client("sts") as sts:
            return (await sts.get_caller_identity())["Account"]


    print(asyncio.run(awsprof.aio.map(account, "prod-*", regions=["eu-west-1"])))
    ```
    """
    require_known(map, FanoutArguments, options)
    shared = SharedSource(session_config(options))
    tasks = fanout_tasks(profiles, regions, workers, options, shared)
    room, done = asyncio.Semaphore(workers), 0

    async def call(task: Task) -> Result[R] | Failure:
        nonlocal done
        finished: Result[R] | Failure
        async with room:
            try:
                finished = Result(*task, await fn(_fanout_session(*task, shared)))
            except Exception as exc:
                finished = Failure(*task, exc)
        done += 1
        if progress is not None:
            error = finished.error if isinstance(finished, Failure) else None
            progress(Progress(done, len(tasks), *task, error))
        return finished

    running = [asyncio.create_task(call(task)) for task in tasks]
    try:
        finished = await asyncio.gather(*running)
    finally:  # an error in progress, or a cancellation, leaves no call behind
        for each in running:
            each.cancel()
    return Outcome(
        tuple(each for each in finished if isinstance(each, Result)),
        tuple(each for each in finished if isinstance(each, Failure)),
    )


def _fanout_session(name: str, region: str | None, shared: SharedSource) -> Any:
    created = _new_session()
    paths.reveal_files_to_session(created)
    shared.share_config(created, name)
    return _configure(created, name, region, shared)


def _new_session() -> Any:
    try:
        from aiobotocore.session import AioSession
    except ImportError as exc:
        raise UsageError(
            "awsprof.aio needs aiobotocore, which is not installed.",
            "install its extra aio: pip install '.[aio]' in the folder of the repository",
        ) from exc
    return AioSession()


def _configure(created: Any, profile: str | None, region: str | None, shared: SharedSource) -> Any:
    if profile is not None:
        created.set_config_variable("profile", profile)
    if region is not None:
        created.set_config_variable("region", region)
    insert_provider(created, shared)
    return created
