"""The errors that a script sees: awsprof's, and the botocore errors that scripts catch today.

Each says what failed, and in ``fix`` what to type; ``code`` is the doctor's check id, and
``aws_code`` what AWS said, where it said anything.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from botocore import exceptions as bc

from awsprof import errors
from awsprof.errors import AwsprofError
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.profiles.model import Profile

_CHECK_ID: Final = re.compile(r"[a-z]+(-[a-z]+)+\Z")


class _Public(AwsprofError):
    """What all of them have; it stands before botocore's, whose constructors take other things."""

    aws_code = ""

    def __init__(self, message: str, fix: str = "", *, code: str = "identity") -> None:
        Exception.__init__(self, message)
        self.message = message
        self.fix = fix
        self.code = code
        self.kwargs: dict[str, Any] = {}  # botocore's errors have it

    def __str__(self) -> str:
        return f"{self.message}\n  {self.fix}" if self.fix else self.message

    def __reduce__(self) -> Any:
        return Exception.__reduce__(self)  # botocore's would build another error of it


class ProfileNotFound(_Public, errors.UnknownProfile, bc.ProfileNotFound):  # type: ignore[misc]  # botocore has no types
    """No profile bears that name. Also botocore's ProfileNotFound."""


class FileProblem(_Public, errors.FileError, bc.ConfigParseError):  # type: ignore[misc]  # botocore has no types
    """A file, of AWS's or of awsprof's, cannot be read or used.

    Also botocore's ConfigParseError.
    """


class MfaRequired(
    _Public,
    errors.InteractionRequired,
    bc.RefreshWithMFAUnsupportedError,  # type: ignore[misc]  # botocore has no types
    bc.NoCredentialsError,  # type: ignore[misc]
):
    """A code of an MFA device is needed, and no source gives one, nor can anybody be asked.

    Also botocore's RefreshWithMFAUnsupportedError and NoCredentialsError.
    """


class SignInRequired(
    _Public,
    errors.InteractionRequired,
    bc.UnauthorizedSSOTokenError,  # type: ignore[misc]  # botocore has no types
    bc.SSOTokenLoadError,  # type: ignore[misc]
):
    """A person has to sign in first: to Identity Center, or to the vault.

    Also botocore's UnauthorizedSSOTokenError and SSOTokenLoadError.
    """


class WrongAccount(_Public, errors.CredentialsError, bc.CredentialRetrievalError):  # type: ignore[misc]  # botocore has no types
    """The credentials are another account's than ``account=`` says; no call was made with them.

    Also botocore's CredentialRetrievalError.
    """


class CredentialsRejected(_Public, errors.CredentialsError, bc.ClientError):  # type: ignore[misc]  # botocore has no types
    """AWS refused to give credentials, or to take them.

    Also botocore's ClientError, with its ``response`` and ``operation_name``.
    """

    response: dict[str, Any]
    operation_name: str


class CredentialsUnavailable(
    _Public,
    bc.CredentialRetrievalError,  # type: ignore[misc]  # botocore has no types
    bc.NoCredentialsError,  # type: ignore[misc]
):
    """No credentials could be had: nothing is configured, a program or the vault fails, no network.

    Also botocore's CredentialRetrievalError and NoCredentialsError.
    """


for _error in (
    ProfileNotFound,
    FileProblem,
    MfaRequired,
    SignInRequired,
    WrongAccount,
    CredentialsRejected,
    CredentialsUnavailable,
):
    _error.__module__ = "awsprof"  # as scripts name them, and tracebacks should


@contextmanager
def translate_errors(profile: str | None = None) -> Iterator[None]:
    """Whatever is raised inside is raised as scripts see it.

    With ``profile``, which errors then name, AWS's and botocore's own errors are too.
    """
    try:
        yield
    except Exception as exc:
        told = public_error(exc if profile is None else _explained(exc, profile))
        if told is exc:
            raise
        raise told from exc


def _explained(exc: Exception, profile: str) -> AwsprofError:
    from awsprof.awsapi.errors.translate import translate_error

    told = translate_error(exc, profile=sanitize(profile), links=_links(exc, profile))
    if told is not exc:
        told.__cause__ = exc  # where AWS's answer is found again
    return told


def _links(exc: Exception, profile: str) -> Sequence[Profile]:
    """The profile and what it stands on, where that tells causes apart."""
    from awsprof.profiles.catalog import Catalog

    if isinstance(exc, AwsprofError):
        return ()  # told already
    try:
        catalog = Catalog.load()
        return catalog.chain(profile).links if profile in catalog.profiles else ()
    except AwsprofError:
        return ()


def public_error(exc: Exception) -> Exception:
    """The error as scripts see it; wrong usage, and what is no error of ours, as it is."""
    if isinstance(exc, _Public) or not isinstance(exc, AwsprofError):
        return exc
    if isinstance(exc, errors.UnknownProfile):
        return ProfileNotFound(exc.message, exc.fix, code="env-profile-missing")
    if isinstance(exc, errors.UsageError):
        return exc
    if isinstance(exc, errors.FileError):
        return FileProblem(exc.message, exc.fix, code=_check_of(exc))
    made = _kind(exc)(exc.message, exc.fix, code=_check_of(exc))
    made.exit_code = exc.exit_code
    made.aws_code = "" if _CHECK_ID.match(exc.code) else exc.code
    response = _response(exc)
    if response is not None and isinstance(made, CredentialsRejected):
        made.response = response.response
        made.operation_name = response.operation_name
    return made


def _kind(exc: AwsprofError) -> type[_Public]:
    if isinstance(exc, errors.InteractionRequired):
        return MfaRequired if exc.code == "mfa-needed" else SignInRequired
    return CredentialsUnavailable if _response(exc) is None else CredentialsRejected


def _check_of(exc: AwsprofError) -> str:
    """The doctor's check that would find it."""
    if _CHECK_ID.match(exc.code):
        return exc.code
    if isinstance(exc, errors.SecretNotFound):
        return "vault-entry-missing"
    return "keyring-unusable" if isinstance(exc, errors.VaultError) else "identity"


def _response(exc: BaseException) -> Any:
    """AWS's refusal beneath it; None where there was none."""
    cause = exc.__cause__
    while cause is not None and not isinstance(cause, bc.ClientError):
        cause = cause.__cause__
    return cause


_LISTED: Final = (
    "awsprof list shows them all; on_missing='default' goes on as boto3 does without one"
)


def profile_missing_error(name: str, near: str = "", fix: str = _LISTED) -> ProfileNotFound:
    """That no profile bears that name; ``near`` is one that may be meant."""
    from awsprof.profiles import ignored_files

    meant = f" Did you mean {sanitize(near)}?" if near else ""
    if not near and (missing := next(ignored_files.missing_files_in_variables(os.environ), None)):
        meant, fix = f" {missing.says}", missing.fix
    what = f"There is no profile {sanitize(name)!r}.{meant}"
    return ProfileNotFound(what, fix, code="env-profile-missing")


def unreadable_file_error(exc: Exception) -> FileProblem:
    """That botocore cannot parse a file; where and why, as our own reading of it says."""
    from awsprof.profiles.catalog import Catalog

    broken = Catalog.load().unreadable
    if not broken:
        return FileProblem(sanitize(str(exc)), "awsprof list says which line")
    found = broken[0]
    return FileProblem(f"{found.path}:{found.line}: {found.reason}", found.fix)


def wrong_account_error(wanted: str, found: str, arn: str) -> WrongAccount:
    """That the credentials are another account's."""
    return WrongAccount(
        f"This should be account {sanitize(wanted)}, and is {sanitize(found)} ({sanitize(arn)}).",
        "name another profile, or another account=; no other call was made",
        code="wrong-account",
    )
