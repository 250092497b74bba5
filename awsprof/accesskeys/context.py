"""What every flow on access keys works with; the command line and the wizard each hand it in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from awsprof.awsapi.iam import MANAGE_OWN_KEYS, Iam, NotPermitted, iam_denied
from awsprof.errors import AwsprofError
from awsprof.vault.index import Index

if TYPE_CHECKING:
    from awsprof.auth.logout import ForgettableSessions
    from awsprof.auth.resolver import Resolver
    from awsprof.diff import ChangeResult
    from awsprof.editing.change import Change
    from awsprof.profiles.catalog import Catalog
    from awsprof.terminal import Terminal
    from awsprof.vault.keyring_vault import Vault

_T = TypeVar("_T")
Proof: TypeAlias = Callable[[], object]
"""Raises where what is about to be written does not work."""
_UNKNOWN: Final = "InvalidClientTokenId"


@dataclass(frozen=True)
class KeyContext:
    """Where it is shown, who agrees, and what is worked on.

    ``keeping`` gives the resolver that knows what is kept of roles, too; ``unattended`` one that
    asks nobody for a code.
    ``agree`` takes a question and what Enter means; with ``yes`` the person agreed beforehand, to
    all but what cannot be taken back; with ``dry_run`` nothing is to be written. ``write`` shows a
    change, asks, and makes it: the proof stands between the vault and the files.
    """

    terminal: Terminal
    vault: Callable[[], Vault]
    catalog: Callable[[], Catalog]
    resolver: Callable[[Catalog], Resolver]
    keeping: Callable[[Catalog], Resolver]
    unattended: Callable[[Catalog], Resolver]
    sessions: Callable[[], ForgettableSessions]
    agree: Callable[[str, bool], bool]
    write: Callable[[Change, Proof | None], ChangeResult | None]
    yes: bool = False
    dry_run: bool = False

    def iam(self, name: str) -> Iam:
        """IAM as the profile sees it: with an MFA session where it has a device."""
        catalog = self.catalog()
        credentials = self.resolver(catalog).credentials(name)
        return Iam(credentials, profile=catalog.get(name))


def require_permitted(found: _T | NotPermitted, operation: str) -> _T:
    """What one was allowed to see; CredentialsError, with the policy to ask for, where one was
    not.
    """
    if isinstance(found, NotPermitted):
        raise iam_denied(operation, MANAGE_OWN_KEYS)
    return found


def is_unknown(exc: AwsprofError) -> bool:
    """Whether AWS does not know the key: not any more, not yet, or not everywhere."""
    return exc.code == _UNKNOWN


def drop_secret(key_context: KeyContext, key_id: str) -> None:
    """Forget the secret of a key that AWS has no more, and note that it is gone."""
    if key_context.vault().holds(key_id):
        key_context.vault().delete(key_id)
    Index.load().note_deleted(key_id)


def record_user(key_context: KeyContext, key_id: str, arn: str) -> None:
    """Note whose key it is that the vault holds: keys of one user belong together."""
    Index.load().record(key_id, arn.split(":")[4], arn, backend=key_context.vault().backend)
