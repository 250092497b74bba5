"""Gets an MFA code from the first source that has one; processes that wait share it.

A code that AWS rejected is asked for again, if you typed it.
"""

import contextlib
import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from awsprof import locks, logs, paths
from awsprof.auth.code_sources import (
    CodeSource,
    CommandCodeSource,
    ProfileCommandCodeSource,
    PromptedCodeSource,
)
from awsprof.auth.totp import StoredTotp
from awsprof.awsapi.errors import classification
from awsprof.errors import AwsprofError, CredentialsError, InteractionRequired
from awsprof.failure_sharing import SharedFailure
from awsprof.profiles.model import Profile
from awsprof.prompting import Prompter
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.vault.vault import Vault

_log = logs.get_logger(__name__)
_PERSON_LIMIT: Final = 180  # seconds that other processes wait while you look for a code
_STEP: Final = 30  # seconds that a code is valid (RFC 6238)
_REMEMBERED: Final = timedelta(minutes=2)  # how long a code counts as used in all processes
_TRIES: Final = 3
_AGAIN: Final = "AWS rejected that code. It accepts each code once: type the next one."
_T = TypeVar("_T")


@dataclass(frozen=True)
class MfaOptions:
    """How to get a code: the first source, and whether to open a window.

    ``wait`` is how many seconds to wait while another process asks; ``since`` is described at
    ``session_fetcher.WaitPolicy``.
    """

    first: CodeSource | None = None
    windows: bool = True
    wait: float = _PERSON_LIMIT
    since: float | None = None


USUAL: Final = MfaOptions()


class CodeCache(Protocol):
    """Remembers the last code of each device; see ``vault.session_cache``."""

    def get(self, key: str) -> bytes | None:
        """Returns the payload of ``key``, or None."""
        ...

    def put(self, key: str, payload: bytes, expires: datetime, *, needs_person: bool) -> object:
        """Stores a payload until ``expires``."""
        ...


class TypedCode(threading.local):
    """True if a person typed this thread's last code: programs are not asked again."""

    by_person = False


class UsedCodes:
    """The codes that were already sent: AWS accepts each code once."""

    def __init__(self, kept: CodeCache | None) -> None:
        self._kept = kept
        self._mine: dict[str, str] = {}
        self.typed = TypedCode()

    def was(self, device: str, code: str) -> bool:
        """Returns True if this process or another one has just sent the code."""
        kept = self._kept.get(_key(device)) if self._kept else None
        return code in {self._mine.get(device), kept.decode() if kept else None}

    def note(self, device: str, code: str) -> None:
        """Records that the code is being sent."""
        self._mine[device] = code
        if self._kept is not None:
            until = datetime.now(UTC) + _REMEMBERED
            self._kept.put(_key(device), code.encode(), until, needs_person=False)


def _key(device: str) -> str:
    return f"code/{hashlib.sha256(device.encode()).hexdigest()}"


def get_code(
    profile: Profile,
    device: str,
    prompter: Prompter,
    used: UsedCodes,
    mfa_options: MfaOptions = USUAL,
    *,
    vault: "Callable[[], Vault] | None" = None,
) -> str:
    """Returns a code of ``device`` for ``profile``, from the first source that has one.

    ``vault`` opens the vault if it stores the device's seed; without it no seed is used. A code
    that was already sent is not sent again: this waits for the next one. Other processes that need
    a code of the device wait meanwhile. Raises InteractionRequired or CredentialsError.
    """
    lock = paths.locks_dir() / f"{_key(device).replace('/', '-')}.lock"
    failure = SharedFailure(lock, mfa_options.since)
    waiting = f"asking for a code of {sanitize(device)}, for {sanitize(profile.name)}"
    with locks.hold_lock(
        lock, purpose=waiting, timeout=mfa_options.wait, tell=prompter.show, needed=False
    ):
        failure.raise_known()
        try:
            return _unused(profile, device, prompter, used, mfa_options, vault)
        except InteractionRequired as exc:
            failure.note(exc)
            raise


def _unused(
    profile: Profile,
    device: str,
    prompter: Prompter,
    used: UsedCodes,
    mfa_options: MfaOptions,
    vault: "Callable[[], Vault] | None",
) -> str:
    for tried in range(1, _TRIES + 1):
        code, used.typed.by_person = _asked(profile, device, prompter, mfa_options, vault)
        if not used.was(device, code):
            used.note(device, code)
            return code
        if tried == _TRIES:
            break
        seconds_left = _STEP - int(time.time()) % _STEP
        with contextlib.suppress(InteractionRequired):
            prompter.show(f"That code was already used. Waiting {seconds_left} s for the next one.")
        time.sleep(seconds_left)
    raise CredentialsError(
        f"Every code for {sanitize(profile.name)} had already been used.",
        "wait half a minute, then run it again",
    )


def _asked(
    profile: Profile,
    device: str,
    prompter: Prompter,
    mfa_options: MfaOptions,
    vault: "Callable[[], Vault] | None",
) -> tuple[str, bool]:
    """Returns a code, and True if a person typed it."""
    first = (mfa_options.first,) if mfa_options.first else ()
    kept = (StoredTotp(vault),) if vault else ()
    person = PromptedCodeSource(prompter, windows=mfa_options.windows)
    sources: tuple[CodeSource, ...] = (
        *first,
        ProfileCommandCodeSource(prompter.show),
        CommandCodeSource(prompter.show),
        *kept,
        person,
    )
    for source in sources:
        code = source.code(profile, device)
        if code is not None:
            _log.debug("profile %s: MFA code by %s", sanitize(profile.name), type(source).__name__)
            return code, source is person
    raise CredentialsError(
        f"Nothing here can give an MFA code for {sanitize(profile.name)}.", "run it in a terminal"
    )


def retry_with_other_codes(
    attempt: Callable[[], _T], typed: TypedCode, show: Callable[[str], object]
) -> _T:
    """Returns ``attempt()``; tries up to three times if AWS rejects a typed code."""
    for _ in range(_TRIES - 1):
        typed.by_person = False
        try:
            return attempt()
        except AwsprofError as exc:
            if not typed.by_person or not classification.is_wrong_code(exc):
                raise
        with contextlib.suppress(InteractionRequired):
            show(_AGAIN)
    return attempt()
