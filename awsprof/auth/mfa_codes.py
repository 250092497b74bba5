"""Gets an MFA code from the first source that has one; processes that wait share it.

A code that AWS rejected is asked for again, if you typed it.
"""

import contextlib
import hashlib
import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from awsprof import atomic, locks, logs, parsing, paths
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
_FIELDS: Final = ("at", "salt", "digest")  # of a used code in a file
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
        """Stores a payload until ``expires``; returns False if it could not be stored."""
        ...


class TypedCode(threading.local):
    """True if a person typed this thread's last code: programs are not asked again."""

    by_person = False


class UsedCodes:
    """The codes that were already sent: AWS accepts each code once.

    ``kept`` shares them with other processes; without a kernel keyring, a file does.
    """

    def __init__(self, kept: CodeCache | None) -> None:
        self._kept = kept
        self._mine: dict[str, str] = {}
        self.typed = TypedCode()

    def was(self, device: str, code: str) -> bool:
        """Returns True if this process or another one has just sent the code."""
        if self._kept is None:
            return code == self._mine.get(device)
        kept = self._kept.get(_key(device))
        return code in {self._mine.get(device), kept.decode() if kept else None} or (
            kept is None and _is_in_file(device, code)
        )

    def note(self, device: str, code: str) -> None:
        """Records that the code is being sent. The caller holds the device's lock."""
        self._mine[device] = code
        if self._kept is None:
            return
        until = datetime.now(UTC) + _REMEMBERED
        if self._kept.put(_key(device), code.encode(), until, needs_person=False) is False:
            _put_in_file(device, code)


def _is_in_file(device: str, code: str) -> bool:
    """Returns True if the device's file has this code as one that was just sent."""
    try:
        note = parsing.expect_table(parsing.parse_json(_file(device).read_bytes()))
        at, salt, digest = (parsing.expect_text(note.get(name)) for name in _FIELDS)
        age = time.time() - float(at)
    except (OSError, ValueError, AwsprofError):
        return False
    is_recent = 0 <= age < _REMEMBERED.total_seconds()
    return is_recent and digest == _salted(salt, code)


def _put_in_file(device: str, code: str) -> None:
    """Notes the code as a salted digest, in a file that only you can read."""
    salt = os.urandom(16).hex()
    note = dict(zip(_FIELDS, (f"{time.time()}", salt, _salted(salt, code)), strict=True))
    with contextlib.suppress(AwsprofError):  # this process remembers it anyway
        atomic.write_file(_file(device), json.dumps(note).encode())


def _salted(salt: str, code: str) -> str:
    return hashlib.sha256(f"{salt} {code}".encode()).hexdigest()


def _lock(device: str) -> Path:
    return paths.locks_dir() / f"{_key(device).replace('/', '-')}.lock"


def _file(device: str) -> Path:
    return _lock(device).with_suffix(".used")


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
    lock = _lock(device)
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
