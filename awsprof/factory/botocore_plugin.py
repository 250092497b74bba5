"""Adds awsprof to botocore's credential providers, in its own sessions or another tool's."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from botocore import credentials as bc
from botocore.session import Session

from awsprof.errors import UsageError
from awsprof.factory.options import Code, SessionConfig
from awsprof.factory.shared_source import SharedSource
from awsprof.fork_safety import ForkSafeLock

if TYPE_CHECKING:
    from awsprof.awsapi.credentials import Credentials

_INSERT_BEFORE: Final = "assume-role"  # botocore's first provider that reads a profile
# Profiles with these keys are left to botocore: machines use them, and it handles them fully.
_BOTOCORE_KEYS: Final = frozenset({"web_identity_token_file", "login_session", "credential_source"})
_AWSPROF_KEYS: Final = frozenset(
    {"role_arn", "sso_account_id", "sso_role_name", "credential_process"}  # any of these
)
_ENVIRONMENT_KEY: Final = "AWS_ACCESS_KEY_ID"  # of botocore's provider before ours
_WEB_IDENTITY: Final = "AWS_WEB_IDENTITY_TOKEN_FILE"


class Provider(bc.CredentialProvider):  # type: ignore[misc]  # botocore has no types
    """Provides credentials for profiles with a role, Identity Center or a credential_process.

    Without a profile, or with one that has only keys, botocore's own providers continue, and
    awsprof's files are not read.
    """

    METHOD = "awsprof"

    def __init__(self, session: Session, shared: SharedSource) -> None:
        super().__init__(session)
        self._shared = shared

    def load(self) -> Any:
        """Returns credentials that renew; None to leave the profile to botocore."""
        name, values = _profile_of(self.session)
        config = self._shared.config
        if values is None and config.shapes_session:
            why = "there is no profile with a role to assume"
            raise config.session_options.refused("no profile", why)
        if values is None:
            return None
        cached = self._shared.cached_session(name) if _is_role(values) else None
        if cached is not None:
            return cached
        if not (config.shapes_session or self._is_ours(name, values)):
            return None
        return self._shared.source.load(name)

    def _is_ours(self, name: str, values: dict[str, Any]) -> bool:
        if _BOTOCORE_KEYS & values.keys() or not _AWSPROF_KEYS & values.keys():
            return False
        from awsprof.profiles.catalog import Catalog
        from awsprof.profiles.provider_order import ProviderType, provider_type

        profile = Catalog.load().profiles.get(name)
        provider = provider_type(profile) if profile is not None else ProviderType.NONE
        if provider is not ProviderType.ROLE and self._has_web_identity():
            return False
        return provider in (ProviderType.ROLE, ProviderType.SSO, ProviderType.PROCESS)

    def _has_web_identity(self) -> bool:
        """True if the environment has a web identity that botocore would use.

        botocore ignores it if the profile was named explicitly instead of by a variable.
        """
        named = self.session.instance_variables().get("profile") is not None
        return bool(not named and os.environ.get(_WEB_IDENTITY))


def _profile_of(session: Session) -> tuple[str, dict[str, Any] | None]:
    """Returns the session's profile, and what botocore read of it; None without a profile."""
    name = session.get_config_variable("profile") or "default"
    return name, session.full_config.get("profiles", {}).get(name)


def _is_role(values: dict[str, Any]) -> bool:
    """True if the values alone show that the profile is a role for awsprof to assume."""
    return "role_arn" in values and not _BOTOCORE_KEYS & values.keys()


class AsyncProvider(Provider):
    """``Provider`` for aiobotocore sessions; blocking work runs in a thread."""

    async def load(self) -> Any:
        """Returns credentials with awaitable methods; None to leave the profile to aiobotocore."""
        import asyncio

        credentials = await asyncio.to_thread(super().load)
        return None if credentials is None else _AsyncCredentials(credentials)


class _AsyncCredentials:
    """botocore credentials with aiobotocore's interface: freezing, which may renew, is awaited."""

    def __init__(self, credentials: Any) -> None:
        self.credentials = credentials

    def __getattr__(self, name: str) -> Any:
        return getattr(self.credentials, name)

    async def get_frozen_credentials(self) -> Any:
        """Renews in a thread if needed, without blocking the event loop."""
        import asyncio

        return await asyncio.to_thread(self.credentials.get_frozen_credentials)

    async def get_account_id(self) -> Any:
        """Returns the account ID if known, for account-based endpoints."""
        return (await self.get_frozen_credentials()).account_id


class AccountGuard(bc.CredentialResolver):  # type: ignore[misc]  # botocore has no types
    """Wraps a resolver's providers, and checks the account of the credentials that they return."""

    def __init__(self, providers: list[Any], session: Session, shared: SharedSource) -> None:
        super().__init__(providers)
        self._session = session
        self._shared = shared

    def load_credentials(self) -> Any:
        """Returns the credentials. Raises WrongAccount if they are of another account."""
        credentials = super().load_credentials()
        # Provider checks its own at each renewal.
        if credentials is not None and credentials.method != Provider.METHOD:
            self._shared.source.check_foreign(credentials, self._session)
        return credentials


class AsyncAccountGuard(AccountGuard):
    """``AccountGuard`` for aiobotocore sessions; the check's call runs in a thread."""

    async def load_credentials(self) -> Any:
        """Returns the credentials. Raises WrongAccount if they are of another account."""
        import asyncio

        for provider in self.providers:
            credentials = await provider.load()
            if credentials is None:
                continue
            if credentials.method != Provider.METHOD:
                frozen = await credentials.get_frozen_credentials()
                found = bc.Credentials(frozen.access_key, frozen.secret_key, frozen.token)
                await asyncio.to_thread(self._shared.source.check_foreign, found, self._session)
            return credentials
        return None


class StaticProvider(bc.CredentialProvider):  # type: ignore[misc]  # botocore has no types
    """Returns the credentials that it was created with."""

    METHOD = "awsprof"

    def __init__(self, credentials: Any) -> None:
        super().__init__()
        self._credentials = credentials

    def load(self) -> Any:
        """Returns the credentials."""
        return self._credentials


class LazySession(Session):  # type: ignore[misc]  # botocore has no types
    """A botocore session that inserts awsprof's provider when credentials are first needed.

    Not earlier: that creates botocore's own providers too, which take the region of the first
    client. Threads that need credentials meanwhile wait, so that none skips the account guard.
    """

    def __init__(self) -> None:
        super().__init__()
        self.lazy_register_component("data_loader", self._create_loader)
        self.shared: SharedSource | None = None  # until the provider is inserted
        self._one_at_a_time = ForkSafeLock()

    def _create_loader(self) -> Any:
        from awsprof.awsapi.model_files import create_loader

        return create_loader(self.get_config_variable("data_path"))

    def get_component(self, name: str) -> Any:
        """Inserts our provider before botocore's credential providers are returned."""
        if name == "credential_provider":
            self._insert_provider()
        return super().get_component(name)

    def get_credentials(self) -> Any:
        """Returns the role's cached session, if there is one; else loads as botocore does.

        A cached session saves the creation of botocore's providers. Without one, our provider is
        inserted first.
        """
        with self._one_at_a_time:
            if self._credentials is None:
                self._credentials: Any = self._cached_session()
            if self._credentials is None:
                self._insert_provider()
            return super().get_credentials()

    def _cached_session(self) -> Any:
        """Returns the role's cached session, unless a provider before ours takes precedence."""
        shared = self.shared
        named = self.instance_variables().get("profile") is not None
        if shared is None or not (named or not os.environ.get(_ENVIRONMENT_KEY)):
            return None
        name, values = _profile_of(self)
        if values is None or not _is_role(values):
            return None
        found = shared.cached_session(name)
        if found is not None:
            retry_rejected(self, shared.can_retry)
        return found

    def _insert_provider(self) -> None:
        with self._one_at_a_time:
            if self.shared is not None:
                _insert(self, self.shared, super().get_component("credential_provider"))
                self.shared = None  # last: an interrupted insertion is repeated


def insert_provider(session: Session, shared: SharedSource) -> None:
    """Inserts awsprof's provider after environment keys and before providers that read profiles.

    With session options it goes first: they cannot apply to keys of the environment.
    """
    _insert(session, shared, session.get_component("credential_provider"))


def _insert(session: Session, shared: SharedSource, resolver: Any) -> None:
    is_async = inspect.iscoroutinefunction(resolver.load_credentials)
    provider = AsyncProvider(session, shared) if is_async else Provider(session, shared)
    methods = [provider.METHOD for provider in resolver.providers]
    if shared.config.shapes_session:
        resolver.providers.insert(0, provider)
    elif _INSERT_BEFORE in methods:
        resolver.insert_before(_INSERT_BEFORE, provider)
    else:  # another tool removed it
        resolver.providers.append(provider)
    retry_rejected(session, shared.can_retry, is_async=is_async)
    if shared.config.account:
        kind = AsyncAccountGuard if is_async else AccountGuard
        guard = kind(resolver.providers, session, shared)
        session.register_component("credential_provider", guard)


def retry_rejected(
    session: Session, can_retry: Callable[[Any, Credentials], bool], *, is_async: bool = False
) -> None:
    """Retries a call once if AWS rejects cached credentials of awsprof.

    They are dropped from the cache, for every process, and the retry uses new ones. If they were
    new, or not from awsprof, the error is raised. ``can_retry`` decides whether new ones may work;
    for aiobotocore (``is_async``) it runs in a thread.
    """

    def remember_signer(request: Any, request_signer: Any, **_: Any) -> None:
        request.context["awsprof_signed_by"] = request_signer._credentials

    def retry_if_rejected(response: Any, request_dict: dict[str, Any], **_: Any) -> int | None:
        from awsprof.awsapi.errors import classification
        from awsprof.factory.refreshable import RefreshableCredentials

        code = response[1].get("Error", {}).get("Code") if response else None
        context = request_dict.get("context", {})
        signer = context.get("awsprof_signed_by")
        if isinstance(signer, _AsyncCredentials):
            signer = signer.credentials
        if code not in classification.REJECTION_CODES or not isinstance(
            signer, RefreshableCredentials
        ):
            return None
        if context.get("awsprof_once_more"):
            return None
        context["awsprof_once_more"] = True
        return 0 if signer.should_retry(lambda rejected: can_retry(signer, rejected)) else None

    async def retry_if_rejected_async(**arguments: Any) -> int | None:
        import asyncio

        return await asyncio.to_thread(retry_if_rejected, **arguments)

    session.register("before-sign", remember_signer, unique_id="awsprof-signed")
    handler = retry_if_rejected_async if is_async else retry_if_rejected
    session.register("needs-retry", handler, unique_id="awsprof-refused")


def install(
    botocore_session: Session, *, mfa: Code | None = None, interactive: bool = True
) -> None:
    """Adds awsprof's credential provider to a botocore session, for tools built on botocore.

    Call it after setting the session's profile and before creating its first client. It has no
    effect on a session without a profile, or if called again. ``mfa`` and ``interactive`` are those
    of ``awsprof.session``.

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


def _botocore_session(session: Any) -> Any:
    """Returns the botocore session in the argument. Raises UsageError if there is none."""
    inner = getattr(session, "_session", session)  # boto3 and aioboto3 wrap one
    if not isinstance(inner, Session):
        raise UsageError(
            f"install() takes a session of botocore, boto3 or aiobotocore, not a"
            f" {type(session).__name__}.",
            "pass the session before you create its first client",
        )
    return inner


def static_resolver(credentials: Any) -> Any:
    """Returns a resolver that always returns these credentials."""
    return bc.CredentialResolver([StaticProvider(credentials)])
