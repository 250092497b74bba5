"""The Session of a script: a boto3.Session whose credentials are awsprof's."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, Unpack

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
)
from awsprof.profiles.current import variable_in_use


class Session(boto3.Session):  # type: ignore[misc]  # boto3 has types by its stubs alone
    """A ``boto3.Session`` whose credentials are awsprof's and renew by themselves.

    All that boto3 documents of a Session holds; clients, resources and events are boto3's own, and
    so are the arguments. ``awsprof.session`` makes one, with options of its own.
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
                "awsprof.Session takes an access key's id first, as boto3.Session does, and its"
                " secret.",
                "for a profile: awsprof.session(NAME)",
            )
        own = botocore_session
        if own is None:
            own = botocore_plugin.LazySession()
            own.shared = botocore_plugin.SharedSource(SessionConfig())
            profile_name = _existing(own, profile_name, "error")
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
        """A session of a role on top of this one: ``awsprof.assume(self, role_arn, …)``."""
        return assume(self, role_arn, **options)


def session(
    name: str | None = None,
    *,
    region: str | None = None,
    mfa: Code | None = None,
    interactive: bool = True,
    account: str | None = None,
    duration: Duration | None = None,
    session_policy: Mapping[str, Any] | str | None = None,
    tags: Tags | None = None,
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
    """A boto3 Session of a profile, that asks for a code once and renews for hours.

    Nothing is called yet: like boto3's, the session gets its credentials at its first use, and the
    errors below come from there, be it inside ``client.list_buckets()``. Sessions are shared with
    the command line and with other processes, so that the second run asks nothing.

    - ``name``: the profile. Without one it is that of AWS_DEFAULT_PROFILE, else of AWS_PROFILE,
      else ``default`` (the command line follows the same rule), in boto3's order
      of search: the environment's keys come first, containers and instances last. Where there is
      no profile this is ``boto3.Session()``, and nothing of awsprof's vault is touched.
    - ``region``: as ``region_name`` of boto3. Without it boto3's search holds too.
    - ``mfa``: a function ``mfa(profile, device)`` that returns six digits, or six digits, which
      are good for one time. Without it, or when that is used up: ``mfa_process`` of the profile,
      the setting ``mfa``, then the terminal or a window.
    - ``interactive``: with False nobody is asked for anything; MfaRequired or SignInRequired come
      at once.
    - ``account``: twelve digits. WrongAccount where GetCallerIdentity says another one; it is
      asked before the credentials are handed out, at each renewal.
    - ``duration`` (seconds, or a timedelta), ``session_policy`` (a dict, or JSON), ``tags`` (a
      dict, or AWS's list), ``source_identity``: of the role's session, as AssumeRole has them. Of
      a key with MFA ``duration`` alone.
    - ``on_missing``: "default" goes on as without a name where the profile does not exist: for
      scripts that run on a person's machine and in CI.
    - ``profile_name``, ``region_name`` and the rest are boto3's own. Keys that are given outright
      win over the profile, as there.

    What differs from boto3: codes are asked for again when a session ends, instead of giving up
    (RefreshWithMFAUnsupportedError); renewing begins with 15 minutes left, and credentials are used
    to their last minute where it fails, instead of 10 minutes less; a profile's ``mfa_serial``
    without a role means that its key signs in with MFA; errors bear a mend.

    Raises ProfileNotFound and FileProblem; UsageError where the arguments contradict each other.
    At first use MfaRequired, SignInRequired, WrongAccount, CredentialsRejected or
    CredentialsUnavailable.

    ```python
    import awsprof

    s = awsprof.session("admin-role", region="eu-west-1", account="210987654321")
    print(s.client("sts").get_caller_identity()["Arn"])
    ```
    """
    if name and profile_name and name != profile_name:
        raise UsageError(
            f"The session would be of {name!r} and of {profile_name!r}.", "name one profile"
        )
    wanted = SessionConfig(
        mfa,
        interactive,
        account,
        build_session_options(duration, session_policy, tags, source_identity),
    )
    shared = botocore_plugin.SharedSource(wanted)
    keys = {
        "aws_access_key_id": aws_access_key_id,
        "aws_secret_access_key": aws_secret_access_key,
        "aws_session_token": aws_session_token,
        "aws_account_id": aws_account_id,
    }
    own = botocore_session or botocore_plugin.LazySession()
    name = _existing(own, name or profile_name, on_missing)
    made = _made(
        own,
        profile_name=name,
        region_name=region or region_name,
        **{k: v for k, v in keys.items() if v},
    )
    if any(keys.values()) and wanted.session_options:
        raise wanted.session_options.refused("keys that are given outright", "they are no profile")
    if isinstance(own, botocore_plugin.LazySession):
        own.shared = shared
    else:
        botocore_plugin.insert_provider(own, shared)
    if wanted.account and (any(keys.values()) or botocore_session):  # there may be some already
        found = made.get_credentials()
        if found is not None and found.method != botocore_plugin.Provider.METHOD:
            shared.source.check_foreign(found, own)
    return made


def _existing(own: Any, name: str | None, on_missing: Missing) -> str | None:
    """The profile's name where there is one; None where boto3 is to search."""
    if on_missing not in ("error", "default"):
        raise UsageError(f"on_missing cannot be {on_missing!r}.", "it is error or default")
    if name is not None or variable_in_use() is not None:
        paths.reveal_files_to_session(own)
    known = known_profiles(own)
    if name is None or name in known:
        return name
    if on_missing == "default":
        return None
    near = difflib.get_close_matches(name, known, n=1)
    raise profile_missing_error(name, near[0] if near else "")


def known_profiles(own: Any) -> list[str]:
    """The profiles that a botocore session knows. FileProblem where it cannot read them."""
    try:
        return list(own.available_profiles)
    except bc.ConfigParseError as exc:
        raise unreadable_file_error(exc) from exc


def _made(own: Any, **arguments: Any) -> Session:
    try:
        return Session(botocore_session=own, **arguments)
    except bc.ProfileNotFound as exc:  # that of AWS_PROFILE
        name, variable = str(exc.kwargs.get("profile", "")), variable_in_use() or "AWS_PROFILE"
        fix = f"set {variable} to another one, or unset it; awsprof list shows them all"
        raise profile_missing_error(name, fix=fix) from exc


def fanout_session(name: str, region: str | None, shared: botocore_plugin.SharedSource) -> Session:
    """One session of a fan-out, which shares its way to credentials with the others."""
    own = botocore_plugin.LazySession()
    made = _made(own, profile_name=name, region_name=region)
    own.shared = shared
    return made


def assume(
    session: boto3.Session,
    role_arn: str,
    *,
    region: str | None = None,
    role_session_name: str | None = None,
    external_id: str | None = None,
    duration: Duration | None = None,
    session_policy: Mapping[str, Any] | str | None = None,
    tags: Tags | None = None,
    source_identity: str | None = None,
) -> Session:
    """A session of a role, on top of a session of awsprof's or of boto3's.

    It renews by itself as long as the session beneath does. Where that has temporary credentials,
    AWS lets it last one hour at a time at most. ``region`` is that of the session beneath unless it
    is given; the rest is as for ``awsprof.session``. Raises at first use what that does.

    ```python
    import awsprof

    audit = awsprof.session("base").assume("arn:aws:iam::345678901234:role/Audit", duration=3600)
    print(awsprof.whoami(audit).arn)
    ```
    """
    from awsprof.factory.assume import AssumedRole, AssumeRoleRequest

    own = botocore.session.get_session()
    paths.reveal_files_to_session(own)
    beneath = session.profile_name
    made = _made(
        own,
        profile_name=beneath if beneath in known_profiles(own) else None,
        region_name=region or session.region_name,
    )
    role = AssumeRoleRequest(
        role_arn,
        role_session_name or source_identity or "awsprof",
        external_id,
        build_session_options(duration, session_policy, tags, source_identity),
    )
    assumed = AssumedRole(session, role)
    own.register_component(
        "credential_provider", botocore_plugin.static_resolver(assumed.credentials())
    )
    botocore_plugin.retry_rejected(own, assumed.can_retry)
    return made
