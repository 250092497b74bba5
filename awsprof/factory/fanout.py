"""``awsprof.sessions`` and ``awsprof.map``: many profiles at once, with threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, as_completed
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Generic, TypeVar, Unpack

import botocore.session

from awsprof import paths
from awsprof.awsapi.thread_pool import DaemonPool
from awsprof.errors import UsageError
from awsprof.factory.botocore_plugin import SharedSource
from awsprof.factory.exceptions import ProfileNotFound, profile_missing_error
from awsprof.factory.identity import list_profiles
from awsprof.factory.options import SessionArguments, session_config
from awsprof.factory.session import Session, fanout_session, known_profiles

R = TypeVar("R")
Task = tuple[str, str | None]  # a profile, and a region


@dataclass(frozen=True)
class Result(Generic[R]):
    """The value that the function returned for ``profile`` in ``region``.

    ``region`` is None where the profile's own region applies.
    """

    profile: str
    region: str | None
    value: R


@dataclass(frozen=True)
class Failure:
    """The exception raised for ``profile`` in ``region``: by the function, or to get credentials.

    ``region`` is None where the profile's own region applies.
    """

    profile: str
    region: str | None
    error: Exception


@dataclass(frozen=True)
class Outcome(Generic[R]):
    """What ``awsprof.map`` returns: ``results`` and ``errors``, each in the order requested.

    - ``results``: a tuple of ``Result`` (``profile``, ``region``, ``value``).
    - ``errors``: a tuple of ``Failure`` (``profile``, ``region``, ``error``).

    It is false if anything failed. Iterating yields the results, then the failures.
    """

    results: tuple[Result[R], ...]
    errors: tuple[Failure, ...]

    def __bool__(self) -> bool:
        """True if nothing failed."""
        return not self.errors

    def __len__(self) -> int:
        return len(self.results) + len(self.errors)

    def __iter__(self) -> Iterator[Result[R] | Failure]:
        """Yields the results, then the failures."""
        yield from self.results
        yield from self.errors


@dataclass(frozen=True)
class Progress:
    """How far ``awsprof.map`` is: ``done`` of ``total`` calls have finished.

    ``profile`` and ``region`` are those of the call that finished last; ``error`` is the exception
    that it raised, or None.
    """

    done: int
    total: int
    profile: str
    region: str | None
    error: Exception | None


def sessions(
    profiles: str | Iterable[str], **options: Unpack[SessionArguments]
) -> Iterator[tuple[str, Session]]:
    """Yields the name and session of each matching profile, in the order of the files.

    ``profiles`` is a pattern (``prod-*``: ``*``, ``?`` and ``[…]`` as in file names), or several
    names and patterns. Options are those of ``awsprof.session``; profiles that share an MFA device
    ask for one code. ``account`` skips profiles that, by the files and the vault's index, are in
    another account, and checks it for the rest on first use. No call is made until you use a
    session. Raises ProfileNotFound if a pattern matches nothing.

    ```python
    import awsprof

    for name, s in awsprof.sessions("prod-*"):
        print(name, awsprof.whoami(s).account)
    ```
    """
    config, region = session_config(options), options.get("region")
    shared = SharedSource(config)
    return (
        (name, fanout_session(name, region, shared)) for name in _matching(profiles, config.account)
    )


def map(  # used as awsprof.map, it shadows nothing
    fn: Callable[[Session], R],
    profiles: str | Iterable[str],
    *,
    regions: Sequence[str] | None = None,
    workers: int = 16,
    progress: Callable[[Progress], object] | None = None,
    **options: Unpack[SessionArguments],
) -> Outcome[R]:
    """Calls ``fn(session)`` for each matching profile in each region, ``workers`` at a time.

    Returns an ``Outcome``: an exception in one call goes to ``errors`` and the others continue.
    Each call gets its own session, so ``fn`` can create clients; sessions of one profile share its
    credentials. ``progress`` is called after each call, one at a time. ``regions`` defaults to
    ``region``, else to each profile's own. Profiles and options are those of ``awsprof.sessions``.

    ```python
    import awsprof

    outcome = awsprof.map(lambda s: awsprof.whoami(s).account, "prod-*", regions=["eu-west-1"])
    for result in outcome.results:
        print(result.profile, result.region, result.value)
    for failure in outcome.errors:
        print(failure.profile, failure.error)
    ```
    """
    if workers < 1:
        raise UsageError(f"workers cannot be {workers}.", "give workers= a number of 1 or more")
    config = session_config(options)
    shared = SharedSource(config)
    places: Sequence[str | None] = regions if regions is not None else [options.get("region")]
    tasks = [(name, region) for name in _matching(profiles, config.account) for region in places]
    with DaemonPool(workers) as threads:  # Ctrl-C or an error in progress does not wait for them
        running = {threads.submit(lambda t: _call(fn, t, shared), task): task for task in tasks}
        _watch(running, progress)
    return _outcome(running)


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
    for future, (name, region) in running.items():
        error = future.exception()
        if isinstance(error, Exception):
            errors.append(Failure(name, region, error))
        else:
            results.append(Result(name, region, future.result()))
    return Outcome(tuple(results), tuple(errors))


def _matching(profiles: str | Iterable[str], account: str | None) -> list[str]:
    patterns = [profiles] if isinstance(profiles, str) else list(profiles)
    own = botocore.session.get_session()
    paths.reveal_files_to_session(own)
    names = known_profiles(own)
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise profile_missing_error(pattern)
    matches = [name for name in names if any(fnmatchcase(name, pattern) for pattern in patterns)]
    if account is None:
        return matches
    elsewhere = {p.name for p in list_profiles() if p.account not in (None, account)}
    matches = [name for name in matches if name not in elsewhere]
    if not matches:
        raise ProfileNotFound(
            f"No matching profile is in account {account}.",
            "awsprof list shows the account of each",
            code="env-profile-missing",
        )
    return matches
