"""The exceptions that scripts see; each is also the botocore exception that scripts catch today.

``message`` says what failed and ``fix`` what to do; ``code`` is the doctor's check ID, and
``aws_code`` is AWS's error code, or empty.
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
    """The base of all of them, listed before botocore's classes, whose constructors differ."""

    aws_code = ""

    def __init__(self, message: str, fix: str = "", *, code: str = "identity") -> None:
        Exception.__init__(self, message)
        self.message = message
        self.fix = fix
        self.code = code
        self.kwargs: dict[str, Any] = {}  # an attribute of botocore's exceptions

    def __str__(self) -> str:
        return f"{self.message}\n  {self.fix}" if self.fix else self.message

    def __reduce__(self) -> Any:
        return Exception.__reduce__(self)  # botocore's would call its own constructor


class ProfileNotFound(_Public, errors.UnknownProfile, bc.ProfileNotFound):  # type: ignore[misc]  # botocore has no types
    """There is no profile of that name.

    Also botocore's ProfileNotFound.
    """


class FileProblem(_Public, errors.FileError, bc.ConfigParseError):  # type: ignore[misc]  # botocore has no types
    """A file of AWS or awsprof cannot be read or parsed.

    Also botocore's ConfigParseError.
    """


class MfaRequired(
    _Public,
    errors.InteractionRequired,
    bc.RefreshWithMFAUnsupportedError,  # type: ignore[misc]  # botocore has no types
    bc.NoCredentialsError,  # type: ignore[misc]
):
    """An MFA code is needed, but no source has one and prompting is not possible.

    Also botocore's RefreshWithMFAUnsupportedError and NoCredentialsError.
    """


class SignInRequired(
    _Public,
    errors.InteractionRequired,
    bc.UnauthorizedSSOTokenError,  # type: ignore[misc]  # botocore has no types
    bc.SSOTokenLoadError,  # type: ignore[misc]
):
    """You must sign in to IAM Identity Center, or unlock the vault, first.

    Also botocore's UnauthorizedSSOTokenError and SSOTokenLoadError.
    """


class WrongAccount(_Public, errors.CredentialsError, bc.CredentialRetrievalError):  # type: ignore[misc]  # botocore has no types
    """The credentials are of another account than ``account=``; no other call was made.

    Also botocore's CredentialRetrievalError.
    """


class CredentialsRejected(_Public, errors.CredentialsError, bc.ClientError):  # type: ignore[misc]  # botocore has no types
    """AWS denied credentials, or rejected them.

    Also botocore's ClientError, with its ``response`` and ``operation_name``.
    """

    response: dict[str, Any]
    operation_name: str


class CredentialsUnavailable(
    _Public,
    bc.CredentialRetrievalError,  # type: ignore[misc]  # botocore has no types
    bc.NoCredentialsError,  # type: ignore[misc]
):
    """There are no credentials: not configured, a program or the vault failed, or no network.

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
    _error.__module__ = "awsprof"  # so that tracebacks show the public name


@contextmanager
def translate_errors(profile: str | None = None) -> Iterator[None]:
    """Converts awsprof's internal errors, raised inside, to the public ones.

    With ``profile``, converts botocore's errors too; messages then name the profile.
    """
    try:
        yield
    except Exception as exc:
        converted = public_error(exc if profile is None else _explained(exc, profile))
        if converted is exc:
            raise
        raise converted from exc


def _explained(exc: Exception, profile: str) -> AwsprofError:
    from awsprof.awsapi.errors.translate import translate_error

    converted = translate_error(exc, profile=sanitize(profile), links=_links(exc, profile))
    if converted is not exc:
        converted.__cause__ = exc  # keeps AWS's response
    return converted


def _links(exc: Exception, profile: str) -> Sequence[Profile]:
    """Returns the profile's chain if it helps to find the cause."""
    from awsprof.profiles.catalog import Catalog

    if isinstance(exc, AwsprofError):
        return ()  # already explained
    try:
        catalog = Catalog.load()
        return catalog.chain(profile).links if profile in catalog.profiles else ()
    except AwsprofError:
        return ()


def public_error(exc: Exception) -> Exception:
    """Returns the public error; UsageError and errors that are not awsprof's, unchanged."""
    if isinstance(exc, _Public) or not isinstance(exc, AwsprofError):
        return exc
    if isinstance(exc, errors.UnknownProfile):
        return ProfileNotFound(exc.message, exc.fix, code="env-profile-missing")
    if isinstance(exc, errors.UsageError):
        return exc
    if isinstance(exc, errors.FileError):
        return FileProblem(exc.message, exc.fix, code=_check_id(exc))
    converted = _public_class(exc)(exc.message, exc.fix, code=_check_id(exc))
    converted.exit_code = exc.exit_code
    converted.aws_code = "" if _CHECK_ID.match(exc.code) else exc.code
    response = _response(exc)
    if response is not None and isinstance(converted, CredentialsRejected):
        converted.response = response.response
        converted.operation_name = response.operation_name
    return converted


def _public_class(exc: AwsprofError) -> type[_Public]:
    if isinstance(exc, errors.InteractionRequired):
        return MfaRequired if exc.code == "mfa-needed" else SignInRequired
    return CredentialsUnavailable if _response(exc) is None else CredentialsRejected


def _check_id(exc: AwsprofError) -> str:
    """Returns the ID of the doctor's check for the error."""
    if _CHECK_ID.match(exc.code):
        return exc.code
    if isinstance(exc, errors.SecretNotFound):
        return "vault-entry-missing"
    return "keyring-unusable" if isinstance(exc, errors.VaultError) else "identity"


def _response(exc: BaseException) -> Any:
    """Returns the ClientError that caused it, or None."""
    cause = exc.__cause__
    while cause is not None and not isinstance(cause, bc.ClientError):
        cause = cause.__cause__
    return cause


def profile_missing_error(name: str, fix: str, near: str = "") -> ProfileNotFound:
    """Returns the error for a missing profile, or for a pattern that matches none.

    ``near`` is a similar name, or empty.
    """
    from awsprof.profiles import ignored_files

    meant = f" Did you mean {sanitize(near)}?" if near else ""
    if not near and (unread := ignored_files.variables_without_file(os.environ)):
        meant, fix = f" {unread[0].says}", unread[0].fix
    missing_name = "No profile matches" if set("*?[") & set(name) else "There is no profile"
    what = f"{missing_name} {sanitize(name)!r}.{meant}"
    return ProfileNotFound(what, fix, code="env-profile-missing")


def unreadable_file_error(exc: Exception) -> FileProblem:
    """Returns the error for a file that botocore cannot parse, with the line and the reason."""
    from awsprof.profiles.catalog import Catalog

    unreadable = Catalog.load().unreadable
    if not unreadable:
        return FileProblem(sanitize(str(exc)), "awsprof list shows which line")
    file = unreadable[0]
    return FileProblem(f"{file.path}:{file.line}: {file.reason}", file.fix)


def wrong_account_error(expected: str, actual: str, arn: str) -> WrongAccount:
    """Returns the error for credentials of another account."""
    return WrongAccount(
        f"Expected account {sanitize(expected)}, but the credentials are of {sanitize(actual)}"
        f" ({sanitize(arn)}).",
        "name another profile, or correct account=; no other call was made",
        code="wrong-account",
    )
