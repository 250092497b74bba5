"""``awsprof.session``, ``awsprof.assume`` and the ``Session`` that they return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Unpack

import boto3
import botocore.session
from botocore import exceptions as bc

from awsprof import paths
from awsprof.errors import UsageError
from awsprof.factory import botocore_plugin
from awsprof.factory.exceptions import profile_missing_error, unreadable_file_error
from awsprof.factory.options import (
    AssumeArguments,
    Code,
    Duration,
    Missing,
    SessionConfig,
    Tags,
    build_session_options,
    session_config,
)
from awsprof.factory.shared_source import SharedSource
from awsprof.profiles.current import variable_in_use

_MISSING_FIX: Final = (
    "awsprof list shows them all; on_missing='default' uses boto3's own search instead"
)


class Session(boto3.Session):  # type: ignore[misc]  # boto3 has types by its stubs alone
    """A ``boto3.Session`` whose credentials come from awsprof and renew automatically.

    It takes boto3's arguments, and everything that boto3 documents about a Session applies:
    clients, resources and events are boto3's own. ``awsprof.session`` has more options.
    """

    def __init__(
        self,
        aws_access_key_id: str | None = None,
        aws_secret_access_key: str | None = None,
        aws_session_token: str | None = None,
        region_name: str | None = None,
        botocore_session: botocore.session.Session | None = None,
        profile_name: str | None = None,
        aws_account_id: str | None = None,
    ) -> None:
        if aws_access_key_id and not aws_secret_access_key:
            raise UsageError(
                "awsprof.Session takes an access key ID and a secret first, as boto3.Session does.",
                "for a profile: awsprof.session(NAME)",
            )
        own = botocore_session
        if own is None:
            own = botocore_plugin.LazySession()
            own.shared = SharedSource(SessionConfig())
            profile_name = existing_profile(own, profile_name, "error")
        super().__init__(
            aws_access_key_id=aws_access_key_id,
            aws_secret_access_key=aws_secret_access_key,
            aws_session_token=aws_session_token,
            region_name=region_name,
            botocore_session=own,
            profile_name=profile_name,
            **({"aws_account_id": aws_account_id} if aws_account_id else {}),
        )

    def assume(self, role_arn: str, **options: Unpack[AssumeArguments]) -> Session:
        """Returns a session that assumes a role: ``awsprof.assume(self, role_arn, …)``."""
        return assume(self, role_arn, **options)


def session(
    name: str | None = None,
    *,
    region: str | None = None,
    mfa: Code | None = None,
    mfa_serial: str | None = None,
    interactive: bool = True,
    account: str | None = None,
    duration: Duration | None = None,
    session_policy: Mapping[str, Any] | str | None = None,
    policy_arns: Sequence[str] | None = None,
    tags: Tags | None = None,
    transitive_tag_keys: Sequence[str] | None = None,
    source_identity: str | None = None,
    on_missing: Missing = "error",
    profile_name: str | None = None,
    region_name: str | None = None,
    aws_access_key_id: str | None = None,
    aws_secret_access_key: str | None = None,
    aws_session_token: str | None = None,
    aws_account_id: str | None = None,
    botocore_session: botocore.session.Session | None = None,
) -> Session:
    """Returns a boto3 Session for a profile; it asks for an MFA code once and renews for hours.

    No call is made yet: like boto3, the session gets its credentials on first use, for example in
    ``client.list_buckets()``, and raises the errors below there. Temporary credentials are cached
    and shared with the command line and other processes, so a second run asks for nothing.

    - ``name``: the profile. Default: AWS_DEFAULT_PROFILE, then AWS_PROFILE, then ``default``, as on
      the command line. boto3's search order applies: keys in the environment come first, container
      and instance roles last. If there is no profile, this is ``boto3.Session()`` and awsprof's
      vault is not opened.
    - ``region``: as boto3's ``region_name``. Default: boto3's own search.
    - ``mfa``: a function ``mfa(profile, device)`` that returns six digits, or six digits, which
      can be used once. Otherwise the code comes from the profile's ``mfa_process``, the setting
      ``mfa``, the terminal, or a GUI prompt, in that order.
    - ``mfa_serial``: the MFA device, in place of the profile's own: an ARN, or the serial number
      of a hardware token. For a role, or a key in the vault.
    - ``interactive``: False never prompts; MfaRequired or SignInRequired is raised at once.
    - ``account``: the expected account ID, 12 digits. GetCallerIdentity checks it before the
      credentials are used, at each renewal; raises WrongAccount if it differs.
    - ``duration`` (seconds or a timedelta), ``session_policy`` (a dict or JSON), ``policy_arns``
      (a list of ARNs), ``tags`` (a dict or AWS's list), ``transitive_tag_keys`` (a list of their
      keys), ``source_identity``: parameters of AssumeRole. For a key with MFA, only ``duration``
      applies.
    - ``on_missing``: "default" continues as if you gave no name if the profile does not exist, for
      scripts that run both on your machine and in CI.
    - ``profile_name``, ``region_name`` and the rest are boto3's. Explicit keys take precedence over
      the profile, as in boto3.

    Differences from boto3: when an MFA session expires, a new code is requested instead of raising
    RefreshWithMFAUnsupportedError; renewal starts 15 minutes before expiry, and if it fails, the
    credentials are used until 1 minute before expiry (boto3: 10 minutes); a profile with
    ``mfa_serial`` and no role signs in with MFA; errors say how to fix the problem.

    Raises ProfileNotFound, FileProblem, or UsageError if arguments contradict each other. On first
    use, raises MfaRequired, SignInRequired, WrongAccount, CredentialsRejected or
    CredentialsUnavailable.

    ```python
    import awsprof

    s = awsprof.session("admin-role", region="eu-west-1", account="210987654321")
    print(s.client("sts").get_caller_identity()["Arn"])
    ```
    """
    if name and profile_name and name != profile_name:
        raise UsageError(
            f"name is {name!r} and profile_name is {profile_name!r}.", "give one profile"
        )
    config = session_config(
        {
            "mfa": mfa,
            "mfa_serial": mfa_serial,
            "interactive": interactive,
            "account": account,
            "duration": duration,
            "session_policy": session_policy,
            "policy_arns": policy_arns,
            "tags": tags,
            "transitive_tag_keys": transitive_tag_keys,
            "source_identity": source_identity,
        }
    )
    shared = SharedSource(config)
    keys = {
        "aws_access_key_id": aws_access_key_id,
        "aws_secret_access_key": aws_secret_access_key,
        "aws_session_token": aws_session_token,
        "aws_account_id": aws_account_id,
    }
    own = botocore_session or botocore_plugin.LazySession()
    # An empty name, as of an unset variable, is a profile that does not exist, as in boto3.
    name = existing_profile(own, profile_name if name is None else name, on_missing)
    result = _create_session(
        own,
        profile_name=name,
        region_name=region or region_name,
        **{k: v for k, v in keys.items() if v},
    )
    if any(keys.values()) and config.shapes_session:
        raise config.session_options.refused("explicit keys", "they belong to no profile")
    if isinstance(own, botocore_plugin.LazySession):
        own.shared = shared
    else:
        botocore_plugin.insert_provider(own, shared)
    if config.account and (any(keys.values()) or botocore_session):  # it may have credentials
        credentials = result.get_credentials()
        if credentials is not None and credentials.method != botocore_plugin.Provider.METHOD:
            shared.source.check_foreign(credentials, own)
    return result


def existing_profile(own: Any, name: str | None, on_missing: Missing) -> str | None:
    """Returns the profile's name if it exists; None if boto3 should search.

    Raises ProfileNotFound unless ``on_missing`` is "default", and UsageError for another type.
    """
    if not isinstance(name, str | None):
        raise UsageError(f"A profile cannot be {name!r}.", "name it by a text, such as 'default'")
    if on_missing not in ("error", "default"):
        raise UsageError(f"on_missing cannot be {on_missing!r}.", "use error or default")
    if name is not None or variable_in_use() is not None:
        paths.reveal_files_to_session(own)
    names = known_profiles(own)
    if name is None or name in names:
        return name
    if on_missing == "default":
        return None
    raise profile_missing_error(name, _MISSING_FIX, similar_name(name, names))


def similar_name(name: str, names: Sequence[str]) -> str:
    """Returns the one of ``names`` that is most like ``name``, or "" if none is."""
    from awsprof.near_names import nearest_name

    return nearest_name(name, names) or ""


def known_profiles(own: Any) -> list[str]:
    """Returns the profiles that a botocore session knows. Raises FileProblem if it cannot."""
    try:
        return list(own.available_profiles)
    except bc.ConfigParseError as exc:
        raise unreadable_file_error(exc) from exc


def _create_session(own: Any, **arguments: Any) -> Session:
    try:
        return Session(botocore_session=own, **arguments)
    except bc.ProfileNotFound as exc:  # the one that AWS_PROFILE names
        name, variable = str(exc.kwargs.get("profile", "")), variable_in_use() or "AWS_PROFILE"
        fix = f"set {variable} to another profile, or unset it; awsprof list shows them all"
        raise profile_missing_error(name, fix) from exc


def fanout_session(name: str, region: str | None, shared: SharedSource) -> Session:
    """Returns a session of a fan-out; all of them share one credential source and parsed files."""
    own = botocore_plugin.LazySession()
    paths.reveal_files_to_session(own)
    shared.share_config(own, name)
    result = _create_session(own, profile_name=name, region_name=region)
    own.shared = shared
    return result


def assume(
    session: boto3.Session,
    role_arn: str,
    *,
    region: str | None = None,
    role_session_name: str | None = None,
    external_id: str | None = None,
    mfa: Code | None = None,
    mfa_serial: str | None = None,
    interactive: bool = True,
    duration: Duration | None = None,
    session_policy: Mapping[str, Any] | str | None = None,
    policy_arns: Sequence[str] | None = None,
    tags: Tags | None = None,
    transitive_tag_keys: Sequence[str] | None = None,
    source_identity: str | None = None,
) -> Session:
    """Returns a session that assumes a role with the credentials of ``session``.

    ``session`` is an awsprof or boto3 session. The new one renews automatically as long as
    ``session`` can. If ``session`` has temporary credentials, AWS limits each renewal to one hour
    (role chaining). ``region`` defaults to that of ``session``. ``mfa_serial`` is for a role whose
    trust policy asks for a code; ``session`` must then have long-term keys, since AWS checks no
    code that comes with temporary credentials. Other options are those of ``awsprof.session``.
    Raises the same errors on first use.

    ```python
    import awsprof

    audit = awsprof.session("base").assume("arn:aws:iam::345678901234:role/Audit", duration=3600)
    print(awsprof.whoami(audit).arn)
    ```
    """
    from awsprof.factory.assume import AssumedRole, AssumeRoleRequest

    own = botocore.session.get_session()
    paths.reveal_files_to_session(own)
    source_profile = session.profile_name
    result = _create_session(
        own,
        profile_name=source_profile if source_profile in known_profiles(own) else None,
        region_name=region or session.region_name,
    )
    role = AssumeRoleRequest(
        role_arn,
        role_session_name or source_identity or "awsprof",
        external_id,
        build_session_options(
            {
                "duration": duration,
                "session_policy": session_policy,
                "policy_arns": policy_arns,
                "tags": tags,
                "transitive_tag_keys": transitive_tag_keys,
                "source_identity": source_identity,
            }
        ),
        mfa_serial,
    )
    assumed = AssumedRole(session, role, SessionConfig(mfa, interactive if mfa_serial else False))
    own.register_component(
        "credential_provider", botocore_plugin.static_resolver(assumed.credentials())
    )
    botocore_plugin.retry_rejected(own, assumed.can_retry)
    return result
