"""``awsprof.whoami``, ``awsprof.credentials`` and ``awsprof.list_profiles``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Unpack

from awsprof.errors import UsageError
from awsprof.factory.exceptions import CredentialsUnavailable, translate_errors
from awsprof.factory.options import SessionArguments
from awsprof.factory.session import session as create_session

if TYPE_CHECKING:
    import boto3

    from awsprof.awsapi.credentials import Credentials
    from awsprof.awsapi.sts import Identity
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
    """Returns every profile of ``~/.aws``, in the order of the files, without calling AWS.

    Raises FileProblem if a file cannot be read.

    ```python
    import awsprof

    for profile in awsprof.list_profiles():
        print(profile.name, profile.kind, profile.account)
    ```
    """
    from awsprof.profiles.catalog import Catalog

    with translate_errors():
        catalog = Catalog.load()
    return tuple(_summary(profile) for profile in catalog.profiles.values())


def _summary(profile: Profile) -> ProfileSummary:
    from awsprof.profiles import kinds
    from awsprof.vault.key_accounts import account_of

    facts = kinds.profile_facts(profile)
    account = facts.account or account_of(profile)
    return ProfileSummary(profile.name, facts.kind, account, facts.role, facts.region, facts.source)


def whoami(
    session: boto3.Session | str | None = None, **options: Unpack[SessionArguments]
) -> Identity:
    """Returns the caller's ``arn``, ``account`` and ``user_id`` (STS GetCallerIdentity).

    ``session`` is an awsprof or boto3 session, or a profile's name (None: ``awsprof.session()``)
    with the options of ``awsprof.session``. The call needs no IAM permission. Raises the errors
    that ``awsprof.session`` raises on first use.

    ```python
    import awsprof

    print(awsprof.whoami("admin-role").account)
    ```
    """
    from awsprof.awsapi import sts
    from awsprof.awsapi.sts import Identity

    if session is None or isinstance(session, str):
        target = create_session(session, **options)
    elif options:
        raise UsageError(
            f"{', '.join(options)}: the session exists, and cannot take options any more.",
            "give them to awsprof.session, or name the profile instead of the session",
        )
    else:
        target = session
    _botocore_credentials(target)
    region = target.region_name or sts.sts_region(None)
    with translate_errors(target.profile_name):
        answer = target.client("sts", region_name=region).get_caller_identity()
    return Identity(answer["Arn"], answer["Account"], answer["UserId"])


def credentials(name: str | None = None, **options: Unpack[SessionArguments]) -> Credentials:
    """Returns a profile's current credentials, for code that takes keys instead of a Session.

    They do not renew. ``secret`` and ``token`` never print; ``reveal()`` returns their text. Takes
    the options of ``awsprof.session``, and raises the errors that it raises on first use.

    ```python
    import awsprof

    keys = awsprof.credentials("admin-role")
    print(keys.access_key_id, keys.expires)
    ```
    """
    from awsprof.auth import botocore_providers

    target = create_session(name, **options)
    loaded = _botocore_credentials(target)
    with translate_errors(target.profile_name):
        return botocore_providers.from_botocore(loaded)


def _botocore_credentials(session: boto3.Session) -> Any:
    """Returns the session's botocore credentials. Raises CredentialsUnavailable without any."""
    loaded = session.get_credentials()
    if loaded is None:
        raise CredentialsUnavailable(
            "There are no credentials: no profile, environment variables or instance role.",
            "name a profile: awsprof list shows them all, awsprof setup creates the first one",
            code="source-without-credentials",
        )
    return loaded
