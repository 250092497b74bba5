"""Who a session is, what a profile's credentials are, and which profiles there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Unpack

from awsprof.factory.exceptions import CredentialsUnavailable, translate_errors
from awsprof.factory.options import SessionArguments
from awsprof.factory.session import session as make

if TYPE_CHECKING:
    import boto3

    from awsprof.awsapi.caller_identity import Identity
    from awsprof.awsapi.credentials import Credentials
    from awsprof.profiles.catalog import Catalog
    from awsprof.profiles.model import Profile


@dataclass(frozen=True)
class ProfileSummary:
    """A profile as ``awsprof list`` shows it.

    - ``name``: the profile's name.
    - ``kind``: "keys", "role", "sso" or "process"; None for other forms.
    - ``account``: 12 digits, from the files and the vault's index, without calling AWS; None if
      neither has it.
    - ``role``: the role's name (of an ARN or of Identity Center), or None.
    - ``region``: the profile's own region, or None.
    - ``source``: what its credentials come from: a profile's name or an sso-session's, or None.
    """

    name: str
    kind: str | None
    account: str | None
    role: str | None
    region: str | None
    source: str | None


def list_profiles() -> tuple[ProfileSummary, ...]:
    """Every profile of ``~/.aws``, in the order of the files; nothing is called.

    FileProblem where a file cannot be read.

    ```python
    import awsprof

    for profile in awsprof.list_profiles():
        print(profile.name, profile.kind, profile.account)
    ```
    """
    from awsprof.profiles.catalog import Catalog

    with translate_errors():
        catalog = Catalog.load()
    return tuple(_listed(catalog, profile) for profile in catalog.profiles.values())


def _listed(catalog: Catalog, profile: Profile) -> ProfileSummary:
    from awsprof.profiles import kinds
    from awsprof.vault.key_accounts import account_of

    facts = kinds.profile_facts(profile)
    account = facts.account or account_of(profile)
    return ProfileSummary(profile.name, facts.kind, account, facts.role, facts.region, facts.source)


def whoami(
    session: boto3.Session | str | None = None, **options: Unpack[SessionArguments]
) -> Identity:
    """Who a session is, as STS GetCallerIdentity says: ``arn``, ``account``, ``user_id``.

    ``session`` is one of awsprof's or boto3's, or a profile's name (None: ``awsprof.session()``),
    which takes the options of ``awsprof.session``. It succeeds whatever policies deny.
    Raises what ``awsprof.session`` does at first use.

    ```python
    import awsprof

    print(awsprof.whoami("admin-role").account)
    ```
    """
    from awsprof.awsapi import sts
    from awsprof.awsapi.caller_identity import Identity

    asked = make(session, **options) if session is None or isinstance(session, str) else session
    _loaded(asked)
    region = asked.region_name or sts.sts_region(None)
    with translate_errors(asked.profile_name):
        answer = asked.client("sts", region_name=region).get_caller_identity()
    return Identity(answer["Arn"], answer["Account"], answer["UserId"])


def credentials(name: str | None = None, **options: Unpack[SessionArguments]) -> Credentials:
    """The credentials of a profile now, for what takes keys and no Session.

    ``access_key_id``, ``secret`` and ``token`` (whose text ``reveal()`` gives, and nothing else
    shows), ``expires`` (UTC; None: never) and ``account``, where it is known. They do not renew.
    Takes the options of ``awsprof.session``, and raises what that does at first use.

    ```python
    import awsprof

    found = awsprof.credentials("admin-role")
    print(found.access_key_id, found.expires)
    ```
    """
    from awsprof.auth import botocore_providers

    asked = make(name, **options)
    loaded = _loaded(asked)
    with translate_errors(asked.profile_name):
        return botocore_providers.from_botocore(loaded)


def _loaded(session: boto3.Session) -> Any:
    """The session's botocore credentials; CredentialsUnavailable where it has none."""
    found = session.get_credentials()
    if found is None:
        raise CredentialsUnavailable(
            "There are no credentials: no profile, no variables, no role of this machine.",
            "name a profile: awsprof list shows them all, awsprof setup makes the first one",
            code="source-without-credentials",
        )
    return found
