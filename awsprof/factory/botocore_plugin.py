"""Our place among botocore's credential providers, in a session of ours or of another tool's."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from botocore import credentials as bc
from botocore.session import Session

from awsprof.errors import UsageError
from awsprof.factory.options import Code, SessionConfig
from awsprof.fork_safety import lazy_attribute

if TYPE_CHECKING:
    from awsprof.awsapi.credentials import Credentials
    from awsprof.factory.provider import CredentialSource

_BEFORE: Final = "assume-role"  # the first of botocore's that reads a profile
# Keys of profiles that botocore serves as well by itself, and machines use.
_LEFT_ALONE: Final = frozenset({"web_identity_token_file", "login_session", "credential_source"})
_TELLING: Final = frozenset(
    {"role_arn", "sso_account_id", "sso_role_name", "credential_process"}  # of those, any
)
_WEB_IDENTITY: Final = "AWS_WEB_IDENTITY_TOKEN_FILE"


class SharedSource:
    """A session config, and its credential source: made on first use, shared by its sessions."""

    def __init__(self, config: SessionConfig) -> None:
        self.config = config

    @lazy_attribute
    def source(self) -> CredentialSource:
        """What gets the credentials; its imports cost nothing until then."""
        from awsprof.factory.provider import CredentialSource

        return CredentialSource(self.config)


class Provider(bc.CredentialProvider):  # type: ignore[misc]  # botocore has no types
    """Answers for the session's profile, where awsprof does so better than botocore.

    That is a profile that stands on a role, on Identity Center or on a process. Where there is no
    profile, or one with keys alone, botocore goes on, and nothing of ours was looked at.
    """

    METHOD = "awsprof"

    def __init__(self, session: Session, shared: SharedSource) -> None:
        super().__init__(session)
        self._shared = shared

    def load(self) -> Any:
        """Credentials that renew by themselves; None where this profile is not our business."""
        name = self.session.get_config_variable("profile") or "default"
        values = self.session.full_config.get("profiles", {}).get(name)
        session_options = self._shared.config.session_options
        if values is None and session_options:
            raise session_options.refused("no profile", "there is no profile to assume a role by")
        if values is None or not (session_options or self._is_ours(name, values)):
            return None
        return self._shared.source.load(name)

    def _is_ours(self, name: str, values: dict[str, Any]) -> bool:
        if _LEFT_ALONE & values.keys() or not _TELLING & values.keys():
            return False
        from awsprof.profiles.catalog import Catalog
        from awsprof.profiles.form import CredentialForm, credential_form

        profile = Catalog.load().profiles.get(name)
        found = credential_form(profile) if profile is not None else CredentialForm.NONE
        if found is not CredentialForm.ROLE and self._has_web_identity():
            return False
        return found in (CredentialForm.ROLE, CredentialForm.SSO, CredentialForm.PROCESS)

    def _has_web_identity(self) -> bool:
        """Whether the environment's web identity comes first, as it does but for a role.

        botocore overlooks it where the profile was named outright, and not by a variable.
        """
        named = self.session.instance_variables().get("profile") is not None
        return bool(not named and os.environ.get(_WEB_IDENTITY))


class AsyncProvider(Provider):
    """The same in a session of aiobotocore; what blocks is done in a thread."""

    async def load(self) -> Any:
        """Credentials whose use is awaited; None as there."""
        import asyncio

        found = await asyncio.to_thread(super().load)
        return None if found is None else _Awaited(found)


class _Awaited:
    """botocore credentials as aiobotocore has them: freezing them, and so renewing, is awaited."""

    def __init__(self, credentials: Any) -> None:
        self.credentials = credentials

    def __getattr__(self, name: str) -> Any:
        return getattr(self.credentials, name)

    async def get_frozen_credentials(self) -> Any:
        """As botocore's; one thread renews them while the loop goes on."""
        import asyncio

        return await asyncio.to_thread(self.credentials.get_frozen_credentials)

    async def get_account_id(self) -> Any:
        """The account, where it is known: for endpoints that bear it."""
        return (await self.get_frozen_credentials()).account_id


class AccountGuard(bc.CredentialResolver):  # type: ignore[misc]  # botocore has no types
    """Another resolver's providers; what they give is handed out if it is of the right account."""

    def __init__(self, providers: list[Any], session: Session, shared: SharedSource) -> None:
        super().__init__(providers)
        self._session = session
        self._shared = shared

    def load_credentials(self) -> Any:
        """As botocore's own. WrongAccount where they are another account's."""
        found = super().load_credentials()
        if found is not None and found.method != Provider.METHOD:  # ours are checked at each use
            self._shared.source.check_foreign(found, self._session)
        return found


class StaticProvider(bc.CredentialProvider):  # type: ignore[misc]  # botocore has no types
    """Answers with the one thing that it was given."""

    METHOD = "awsprof"

    def __init__(self, credentials: Any) -> None:
        super().__init__()
        self._credentials = credentials

    def load(self) -> Any:
        """It."""
        return self._credentials


class LazySession(Session):  # type: ignore[misc]  # botocore has no types
    """A botocore session in which we take our place when credentials are first needed.

    Not before: botocore's own providers are made then too, and learn the first client's region.
    """

    def __init__(self) -> None:
        super().__init__()
        self.shared: SharedSource | None = None

    def get_component(self, name: str) -> Any:
        """As botocore's."""
        if name == "credential_provider":
            self._take_place()
        return super().get_component(name)

    def get_credentials(self) -> Any:
        """As botocore's."""
        self._take_place()
        return super().get_credentials()

    def _take_place(self) -> None:
        shared, self.shared = self.shared, None
        if shared is not None:
            insert_provider(self, shared)


def insert_provider(session: Session, shared: SharedSource) -> None:
    """Put us before botocore's providers that read profiles, after the environment's keys.

    Where a shape is asked for we come first of all: those keys cannot be shaped.
    """
    resolver = session.get_component("credential_provider")
    is_async = inspect.iscoroutinefunction(resolver.load_credentials)
    ours = AsyncProvider(session, shared) if is_async else Provider(session, shared)
    methods = [provider.METHOD for provider in resolver.providers]
    if shared.config.session_options:
        resolver.providers.insert(0, ours)
    elif _BEFORE in methods:
        resolver.insert_before(_BEFORE, ours)
    else:  # somebody took it out
        resolver.providers.append(ours)
    retry_rejected(
        session, lambda ours, refused: shared.source.can_retry(ours, refused), is_async=is_async
    )
    if shared.config.account:
        guarded = AccountGuard(resolver.providers, session, shared)
        session.register_component("credential_provider", guarded)


def retry_rejected(
    session: Session, can_retry: Callable[[Any, Credentials], bool], *, is_async: bool = False
) -> None:
    """Have calls of the session's clients made once more where AWS refuses a session of ours.

    It is dropped then, for every process, and a new one signs. Where credentials are new, or not
    ours, the refusal stands. ``heals`` says of ours whether new ones may do better; in a session
    of aiobotocore (``is_async``) it is asked in a thread.
    """

    def signed(request: Any, request_signer: Any, **_: Any) -> None:
        request.context["awsprof_signed_by"] = request_signer._credentials

    def answered(response: Any, request_dict: dict[str, Any], **_: Any) -> int | None:
        from awsprof.awsapi.errors import rejection
        from awsprof.factory.refreshable import RefreshableCredentials

        code = response[1].get("Error", {}).get("Code") if response else None
        context = request_dict.get("context", {})
        by = context.get("awsprof_signed_by")
        if isinstance(by, _Awaited):
            by = by.credentials
        if code not in rejection.CODES or not isinstance(by, RefreshableCredentials):
            return None
        if context.get("awsprof_once_more"):
            return None
        context["awsprof_once_more"] = True
        return 0 if by.refused(lambda made: can_retry(by, made)) else None

    async def answered_later(**given: Any) -> int | None:
        import asyncio

        return await asyncio.to_thread(answered, **given)

    session.register("before-sign", signed, unique_id="awsprof-signed")
    answering = answered_later if is_async else answered
    session.register("needs-retry", answering, unique_id="awsprof-refused")


def install(
    botocore_session: Session, *, mfa: Code | None = None, interactive: bool = True
) -> None:
    """Give a botocore session awsprof's cache and codes, so that a tool built on it has them too.

    Call it once the session's profile is set and before its first client. It does nothing where
    the session is of no profile, or where it has been done already. ``mfa`` and ``interactive`` as
    for ``awsprof.session``.

    ```python
    import awsprof, botocore.session

    tool = botocore.session.Session(profile="admin-role")
    awsprof.install(tool)
    print(tool.create_client("sts").get_caller_identity()["Arn"])
    ```
    """
    own = _botocore_session(botocore_session)
    resolver = own.get_component("credential_provider")
    if Provider.METHOD not in [provider.METHOD for provider in resolver.providers]:
        insert_provider(own, SharedSource(SessionConfig(mfa=mfa, interactive=interactive)))


def _botocore_session(given: Any) -> Any:
    """The botocore session in what ``install`` is given, which may be boto3's. UsageError else."""
    inner = getattr(given, "_session", given)  # boto3 and aioboto3 have it inside
    if not isinstance(inner, Session):
        raise UsageError(
            f"install() takes a session of botocore, boto3 or aiobotocore, and no"
            f" {type(given).__name__}.",
            "give it the session before its first client is made",
        )
    return inner


def static_resolver(credentials: Any) -> Any:
    """A resolver that knows these credentials alone."""
    return bc.CredentialResolver([StaticProvider(credentials)])
