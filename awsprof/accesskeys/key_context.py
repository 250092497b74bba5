"""The dependencies of the access-key flows, from the command line or the wizard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from awsprof.arn import Arn
from awsprof.awsapi.iam import MANAGE_OWN_KEYS, AccessKey, Iam, NotPermitted, iam_denied
from awsprof.errors import AwsprofError
from awsprof.vault.index import Index
from awsprof.vault.session_cache import SessionCache

if TYPE_CHECKING:
    from awsprof.auth.logout import ForgettableSessions
    from awsprof.auth.resolver import Resolver
    from awsprof.editing.change_flow import ChangeFlow
    from awsprof.editing.command_context import CommandContext
    from awsprof.profiles.catalog import Catalog
    from awsprof.terminal import Terminal
    from awsprof.vault.vault import Vault

_UNKNOWN: Final = "InvalidClientTokenId"


@dataclass(frozen=True)
class KeyContext:
    """Terminal, vault, profiles and confirmation.

    - ``catalog``: reads both files now.
    - ``resolver``: gets credentials; ``caching_resolver`` also uses cached role sessions, and
      ``unattended_resolver`` never prompts for a code.
    - ``agree``: asks a question, with the answer that Enter gives.
    - ``flow``: shows a change, asks, writes it, and rolls it back.
    - ``yes``: you confirmed everything in advance, except what cannot be undone.
    - ``dry_run``: write nothing.
    """

    terminal: Terminal
    vault: Callable[[], Vault]
    catalog: Callable[[], Catalog]
    resolver: Callable[[Catalog], Resolver]
    caching_resolver: Callable[[Catalog], Resolver]
    unattended_resolver: Callable[[Catalog], Resolver]
    sessions: Callable[[], ForgettableSessions]
    agree: Callable[[str, bool], bool]
    flow: ChangeFlow
    yes: bool = False
    dry_run: bool = False

    def iam(self, name: str, catalog: Catalog) -> Iam:
        """Returns IAM signed by the profile, with an MFA session if it has a device."""
        credentials = self.resolver(catalog).credentials(name)
        return Iam(credentials, profile=catalog.get(name))


def key_context_of(
    context: CommandContext,
    flow: ChangeFlow,
    *,
    agree: Callable[[str, bool], bool],
    yes: bool = False,
) -> KeyContext:
    """Returns the dependencies of the access-key flows, for one command or for the wizard."""
    return KeyContext(
        terminal=context.terminal,
        vault=context.vault,
        catalog=context.catalog,
        resolver=context.resolver,
        caching_resolver=partial(context.resolver, keep_roles=True),
        unattended_resolver=partial(context.resolver, ask=False),
        sessions=lambda: SessionCache(context.vault),
        agree=agree,
        flow=flow,
        yes=yes,
        dry_run=flow.dry_run,
    )


def require_listed_keys(keys: tuple[AccessKey, ...] | NotPermitted) -> tuple[AccessKey, ...]:
    """Returns a user's keys. Raises CredentialsError, with the policy to ask for, if denied."""
    if isinstance(keys, NotPermitted):
        raise iam_denied("ListAccessKeys", MANAGE_OWN_KEYS)
    return keys


def is_unknown(exc: AwsprofError) -> bool:
    """True if AWS does not know the key: any more, yet, or everywhere."""
    return exc.code == _UNKNOWN


def drop_secret(key_context: KeyContext, key_id: str) -> None:
    """Deletes the secret of a key that AWS has deleted, and notes that the key is gone."""
    if key_context.vault().holds(key_id):
        key_context.vault().delete(key_id)
    Index.load().note_deleted(key_id)


def record_user(key_context: KeyContext, key_id: str, arn: str) -> None:
    """Records in the vault's index whose key it is; this connects the keys of one user."""
    parsed = Arn.parse(arn)
    account = parsed.account if parsed else None
    Index.load().record(key_id, account, arn, backend=key_context.vault().backend)
