"""``awsprof.sessions`` and ``awsprof.map``: many profiles at once, with threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, as_completed
from typing import Unpack

from awsprof.awsapi.thread_pool import DaemonPool
from awsprof.errors import UsageError
from awsprof.factory.fanout_result import Failure, Interrupted, Outcome, Progress, R, Result, Task
from awsprof.factory.options import require_known, session_config
from awsprof.factory.profile_selection import FanoutArguments, Patterns, listed, select_profiles
from awsprof.factory.session import Session, fanout_session
from awsprof.factory.shared_source import SharedSource


def sessions(
    profiles: Patterns = "*", **options: Unpack[FanoutArguments]
) -> Iterator[tuple[str, Session]]:
    """Yields the name and session of each matching profile, in the order of the files.

    ``profiles`` is a pattern (``prod-*``: ``*``, ``?`` and ``[…]`` as in file names), or several
    names and patterns. The following select among those, by what ``awsprof.list_profiles()``
    returns; ``kind``, ``role`` and ``profile_region`` take a value, a pattern or several:

    - ``account``: leaves out profiles of another account, by the files and the vault's index; it
      is checked for the rest on first use.
    - ``kind``: "keys", "role", "sso" or "process".
    - ``role``: the role's name, such as ``"Admin*"``.
    - ``profile_region``: the region that the profile itself has. (``region`` is the region of the
      sessions, and selects nothing.)
    - ``managed``: True for the profiles that come from a team file, False for your own.

    Other options are those of ``awsprof.session``. A profile with a key and ``mfa_serial``, and all
    roles that use it as their source, ask for one code; a role with an ``mfa_serial`` of its own
    asks for its own code. No call is made until you use a session. Raises ProfileNotFound if
    nothing matches.

    ```python
    import awsprof

    for name, s in awsprof.sessions("prod-*", kind="role", role=["Admin*", "Audit"]):
        print(name, awsprof.whoami(s).account)
    ```
    """
    require_known(sessions, FanoutArguments, options)
    shared, region = SharedSource(session_config(options)), options.get("region")
    names = select_profiles(profiles, options, shared)
    return ((name, fanout_session(name, region, shared)) for name in names)


def map(  # used as awsprof.map, it shadows nothing
    fn: Callable[[Session], R],
    profiles: Patterns = "*",
    *,
    regions: Sequence[str] | None = None,
    workers: int = 16,
    progress: Callable[[Progress], object] | None = None,
    **options: Unpack[FanoutArguments],
) -> Outcome[R]:
    """Calls ``fn(session)`` for each matching profile in each region, ``workers`` at a time.

    Returns an ``Outcome``: an exception in one call goes to ``errors`` and the others continue.
    Each call gets its own session, so ``fn`` can create clients; sessions of one profile share its
    credentials. ``progress`` is called after each call, one at a time. ``regions`` is a region or
    several; it defaults to ``region``, else to each profile's own. Profiles and options are those
    of ``awsprof.sessions``. Ctrl-C raises Interrupted, a KeyboardInterrupt whose ``outcome`` has
    what was done.

    ```python
    import awsprof

    outcome = awsprof.map(lambda s: awsprof.whoami(s).account, "prod-*", regions=["eu-west-1"])
    for result in outcome.results:
        print(result.profile, result.region, result.value)
    for failure in outcome.errors:
        print(failure.profile, failure.error)
    ```
    """
    require_known(map, FanoutArguments, options)
    shared = SharedSource(session_config(options))
    tasks = fanout_tasks(profiles, regions, workers, options, shared)
    running: dict[Future[R], Task] = {}
    try:
        with DaemonPool(workers) as threads:  # Ctrl-C or an error in progress ends the wait
            for task in tasks:
                running[threads.submit(lambda t: _call(fn, t, shared), task)] = task
            _watch(running, progress)
    except KeyboardInterrupt as exc:
        raise Interrupted(_outcome(running)) from exc
    return _outcome(running)


def fanout_tasks(
    profiles: Patterns,
    regions: Sequence[str] | None,
    workers: int,
    options: FanoutArguments,
    shared: SharedSource,
) -> list[Task]:
    """Returns the profile and region of each call. Raises UsageError or ProfileNotFound."""
    if workers < 1:
        raise UsageError(f"workers cannot be {workers}.", "give workers= a number of 1 or more")
    places: list[str | None] = [options.get("region")]
    if regions is not None:
        places = [*listed(regions)]
    names = select_profiles(profiles, options, shared)
    return [(name, region) for name in names for region in places]


def _call(fn: Callable[[Session], R], task: Task, shared: SharedSource) -> R:
    name, region = task
    return fn(fanout_session(name, region, shared))


def _watch(running: dict[Future[R], Task], progress: Callable[[Progress], object] | None) -> None:
    for done, future in enumerate(as_completed(running), 1):
        error = future.exception()
        if error is not None and not isinstance(error, Exception):
            raise error
        if progress is not None:
            progress(Progress(done, len(running), *running[future], error))


def _outcome(running: dict[Future[R], Task]) -> Outcome[R]:
    results: list[Result[R]] = []
    errors: list[Failure] = []
    unfinished: list[Task] = []
    for future, (name, region) in running.items():
        error = future.exception() if future.done() and not future.cancelled() else None
        if isinstance(error, Exception):
            errors.append(Failure(name, region, error))
        elif error is None and future.done() and not future.cancelled():
            results.append(Result(name, region, future.result()))
        else:
            unfinished.append((name, region))
    return Outcome(tuple(results), tuple(errors), tuple(unfinished))
