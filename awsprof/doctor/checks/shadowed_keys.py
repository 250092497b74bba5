"""The check of a profile with two keys: one in a file that hides another in the vault."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from awsprof import key_ids
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.errors import rejected_key
from awsprof.awsapi.sts import get_caller_identity
from awsprof.doctor.check_helpers import has_token, profile_fault, profiles_setting, unset_command
from awsprof.doctor.checks.key_shapes import is_misshapen
from awsprof.doctor.findings import Fault, Severity, offline_check
from awsprof.errors import AwsprofError, SecretNotFound
from awsprof.profiles.provider_order import ProviderType, key_in_process_line, provider_type

if TYPE_CHECKING:
    from awsprof.doctor.check_context import CheckContext, LiveResult
    from awsprof.profiles.model import Profile, Value

_ID: Final = "aws_access_key_id"
_STATIC: Final = (_ID, "aws_secret_access_key", "aws_session_token", "aws_security_token")
_DEAD: Final = rejected_key.REJECTED_KEY_CODES | {"ExpiredToken", "ExpiredTokenException"}


@offline_check(Severity.ERROR)
def vault_key_hidden(context: CheckContext) -> Iterator[Fault]:
    """Keys in the credentials file hide a credential_process that uses a key in the vault.

    boto3 and the AWS CLI use the keys in the file; the Rust SDK runs the process first. So the
    profile is two identities, and either key may be the right one.

    Keep the key that works: remove the keys from the file, or remove credential_process. If AWS can
    be asked, awsprof doctor says which one works and how to keep it; if both work, or AWS cannot be
    asked, the choice is yours. awsprof undo reverts either.
    """
    for profile, value in profiles_setting(context, _ID):
        vault_id = key_in_process_line(profile)
        if (
            vault_id is None
            or vault_id == value.text
            or provider_type(profile, as_source=True) is not ProviderType.KEYS
        ):
            continue
        hidden = _HiddenKey(context, profile, vault_id, value)
        # AWS refuses such a key for how it is written, which does not say that it is dead.
        miswritten = is_misshapen(context, profile) or (
            key_ids.is_long_term(value.text) and has_token(profile)
        )
        yield hidden.fault(hidden.either, refined_by_answer=None if miswritten else hidden.answered)


@dataclass(frozen=True)
class _HiddenKey:
    """A key in the vault that another key in the credentials file hides."""

    context: CheckContext
    profile: Profile
    vault_id: str
    value: Value

    def fault(
        self,
        fix: str,
        refined_by_answer: Callable[[LiveResult], Fault] | None = None,
        more: str = "",
    ) -> Fault:
        """Returns the fault, with ``more`` about the two keys in its message."""
        message = (
            f"boto3 uses {key_ids.display_id(self.value.text)} at {self.value.origin} instead of"
            f" {self.vault_id}, this profile's key in the vault{more}."
        )
        return replace(
            profile_fault(self.profile, _ID, message, fix), refined_by_answer=refined_by_answer
        )

    @property
    def keep_file(self) -> str:
        """The command that keeps the key in the file."""
        return unset_command(self.profile, "credential_process")

    @property
    def keep_vault(self) -> str:
        """The commands that keep the key in the vault."""
        files_with = self.context.catalog.files_with
        present = [key for key in _STATIC if files_with(self.profile.name, key)]
        return unset_command(self.profile, *present)

    @property
    def either(self) -> str:
        """Both commands, if only the user can choose."""
        return (
            f"to keep the key in the file: {self.keep_file}; to keep the key in the vault:"
            f" {self.keep_vault}"
        )

    def answered(self, answered: LiveResult) -> Fault:
        """Returns the fault with AWS's answer: whether each key works."""
        file_works = key_works(answered.error) if answered.identity is None else True
        vault_works = self._vault_works()
        if None in (file_works, vault_works):
            return self.fault(self.either)
        if file_works == vault_works:
            more = "; AWS accepts both" if file_works else "; AWS accepts neither"
            return self.fault(self.either, more=more)
        keep = self.keep_file if file_works else self.keep_vault
        return self.fault(
            keep, more=f"; AWS accepts only the {'first' if file_works else 'second'}"
        )

    def _vault_works(self) -> bool | None:
        try:
            credentials = Credentials(self.vault_id, self.context.vault().get(self.vault_id))
            get_caller_identity(credentials, profile=self.profile)
        except AwsprofError as exc:
            return key_works(exc)
        return True


def key_works(error: AwsprofError | None) -> bool | None:
    """Returns False if the key is dead or missing, None if the error does not say."""
    is_dead = isinstance(error, SecretNotFound) or (error is not None and error.code in _DEAD)
    return False if is_dead else None
