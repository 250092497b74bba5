"""The check of a profile that has two keys: one in a file, which hides the other in the vault."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from awsprof import key_ids
from awsprof.awsapi.caller_identity import whoami
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.errors import rejected_key
from awsprof.doctor.check_helpers import profile_fault, with_key
from awsprof.doctor.findings import Fault, Severity, offline_check
from awsprof.errors import AwsprofError, SecretNotFound
from awsprof.profiles.form import CredentialForm, credential_form, key_of_line
from awsprof.shells import arguments

if TYPE_CHECKING:
    from awsprof.doctor.context import CheckContext, LiveResult
    from awsprof.profiles.model import Profile, Value

_ID: Final = "aws_access_key_id"
_STATIC: Final = (_ID, "aws_secret_access_key", "aws_session_token", "aws_security_token")
_DEAD: Final = rejected_key.CODES | {"ExpiredToken", "ExpiredTokenException"}


@offline_check(Severity.ERROR)
def vault_key_hidden(context: CheckContext) -> Iterator[Fault]:
    """Keys in the credentials file hide the profile's line that hands out a key of the vault.

    boto3 and the AWS CLI take the keys in the file; the Rust SDK runs the line first. One profile
    is two identities, and either key may be the one that is meant.

    Keep the key that works: take the keys out of the file, or take out the line. Where AWS can be
    asked, awsprof doctor says which of the two it still takes, and how to keep that one; where it
    takes both, or cannot be asked, you choose. awsprof undo takes either back.
    """
    for profile, value in with_key(context, _ID):
        kept = key_of_line(profile)
        if (
            kept is None
            or kept == value.text
            or credential_form(profile, as_source=True) is not CredentialForm.KEYS
        ):
            continue
        hidden = _Hidden(context, profile, kept, value)
        yield hidden.fault(hidden.either, asked=hidden.answered)


@dataclass(frozen=True)
class _Hidden:
    """A key of the vault, hidden by another one in the credentials file."""

    context: CheckContext
    profile: Profile
    kept: str
    value: Value

    def fault(
        self,
        fix: str,
        asked: Callable[[LiveResult], Fault] | None = None,
        more: str = "",
    ) -> Fault:
        """It, with what is known of the two keys."""
        told = (
            f"boto3 takes {key_ids.display_id(self.value.text)}, at {self.value.origin}, and not"
            f" {self.kept}, which the vault has for this profile{more}."
        )
        return replace(profile_fault(self.profile, _ID, told, fix), asked=asked)

    @property
    def keep_file(self) -> str:
        """The command that keeps the key in the file."""
        return f"awsprof unset {arguments(self.profile.name)} credential_process"

    @property
    def keep_vault(self) -> str:
        """The commands that keep the key of the vault."""
        present = [
            key for key in _STATIC if self.context.catalog.files_with(self.profile.name, key)
        ]
        return " && ".join(f"awsprof unset {arguments(self.profile.name)} {key}" for key in present)

    @property
    def either(self) -> str:
        """Both, where only the person knows which is meant."""
        return (
            f"to keep the key in the file: {self.keep_file}; to keep the key of the vault:"
            f" {self.keep_vault}"
        )

    def answered(self, answered: LiveResult) -> Fault:
        """The same, once AWS was asked: the file's key answers for the profile, or does not."""
        file_works = key_works(answered.error) if answered.identity is None else True
        vault_works = self._vault_works()
        if None in (file_works, vault_works):
            return self.fault(self.either)
        if file_works == vault_works:
            more = "; AWS takes both" if file_works else "; AWS takes neither"
            return self.fault(self.either, more=more)
        keep = self.keep_file if file_works else self.keep_vault
        return self.fault(keep, more=f"; AWS takes the {'first' if file_works else 'second'} alone")

    def _vault_works(self) -> bool | None:
        try:
            bare = Credentials(self.kept, self.context.vault().get(self.kept))
            whoami(bare, profile=self.profile)
        except AwsprofError as exc:
            return key_works(exc)
        return True


def key_works(error: AwsprofError | None) -> bool | None:
    """False where the key is dead or not there, None where that cannot be told from the error."""
    dead = isinstance(error, SecretNotFound) or (error is not None and error.code in _DEAD)
    return False if dead else None
