"""botocore's credential providers for one profile, in botocore's order.

New botocore providers work without changes here. The differences: credential_process lines and MFA
prompts go through ``ProviderHooks``, and keys in the environment never answer for a profile.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

from awsprof import atomic, logs, paths
from awsprof.auth.identity_center.token_cache import read_token_file_at
from awsprof.auth.session_options import PLAIN, SessionOptions
from awsprof.awsapi import subprocesses
from awsprof.awsapi.child_environment import clean_environment
from awsprof.awsapi.clients import Clients, Parsed
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.errors.refused_value import note_assume_role
from awsprof.errors import CredentialsError
from awsprof.profiles.model import Profile
from awsprof.secret import Secret
from awsprof.text import sanitize

_log = logs.get_logger(__name__)
_PROCESS_LIMIT: Final = 45  # seconds; SDKs give awsprof one minute
# METHODs of the providers that botocore tries after those of the profile.
_ELSEWHERE: Final = frozenset({"ec2-credentials-file", "boto-config", "container-role", "iam-role"})


class ProcessResult:
    """The part of Popen that botocore's ProcessProvider uses."""

    def __init__(self, stdout: bytes, stderr: bytes, returncode: int) -> None:
        self._output = (stdout, stderr)
        self.returncode = returncode

    def communicate(self) -> tuple[bytes, bytes]:
        """Returns stdout and stderr."""
        return self._output


AnswerLine = Callable[[list[str], str], ProcessResult]
"""Answers the words of a credential_process line, for the named profile."""


def run_process(words: list[str]) -> ProcessResult:
    """Runs an external credential_process. Raises CredentialsError if it cannot be started."""
    try:
        done = subprocesses.run_program(words, limit_s=_PROCESS_LIMIT, env=clean_environment())
    except OSError as exc:
        raise _not_run(words[0], exc) from exc
    return ProcessResult(done.stdout, done.complaint.encode(errors="replace"), done.code)


def _not_run(program: str, exc: OSError) -> CredentialsError:
    """Returns the error for a program that cannot be started; SDKs expand neither ~ nor $HOME."""
    meant = paths.expand_as_botocore(program)
    shown = sanitize(program)
    if meant != program and Path(meant).is_file():
        return CredentialsError(
            f"The credential_process {shown} did not run: SDKs expand neither ~ nor variables.",
            f"write its full path in credential_process: {sanitize(meant)}",
            code="process-missing",
        )
    return CredentialsError(
        f"The credential_process {shown} did not run: {sanitize(exc.strerror or str(exc))}.",
        "check the command: awsprof list shows which profile has it",
        code="process-missing",
    )


@dataclass(frozen=True)
class FinalRole:
    """Session options for the last role of a chain.

    ``times`` is how often the chain assumes that role: the options apply to the last time.
    """

    session_options: SessionOptions = PLAIN
    times: int = 1


@dataclass(frozen=True)
class ProviderHooks:
    """The callbacks and settings that replace parts of botocore's providers.

    - ``answer``: answers credential_process lines.
    - ``prompter``: returns an MFA code for a prompt.
    - ``source``: returns the credentials of a source profile; None leaves them to botocore.
    - ``sign_in``: renews the Identity Center session when botocore reaches the SSO provider.
    - ``renewing``: a lock to hold while an ``aws login`` session is renewed.
    - ``region``: the STS region.
    - ``top``: the session options of the last role.
    - ``changed``: values that override the profile's own; None removes a key.
    """

    answer: AnswerLine
    prompter: Callable[[str], str]
    source: Callable[[str], Credentials | None]
    sign_in: Callable[[], None]
    renewing: Callable[[str], AbstractContextManager[None]]
    region: str
    top: FinalRole = FinalRole()
    changed: Mapping[str, str | None] = field(default_factory=dict)

    def beneath(self, profile: Profile, name: str) -> Any:
        """Returns the botocore credentials of a source profile; None leaves them to botocore."""
        found = self.source(name) if name != profile.name else None
        return None if found is None else _theirs(found)


def _shaping(profile: Profile, top: FinalRole) -> Callable[..., dict[str, Any]]:
    """Returns a function that adds the session options to the chain's last AssumeRole."""
    left = [top.times]

    def shaped(params: dict[str, Any]) -> dict[str, Any]:
        if params.get("RoleArn") != profile.get("role_arn"):
            return params
        left[0] -= 1
        return params if left[0] else {**params, **top.session_options.parameters()}

    return shaped


class _Shaped:
    """An STS client that adds the session options to AssumeRole."""

    def __init__(self, client: Any, shaped: Callable[..., dict[str, Any]]) -> None:
        self._client = client
        self._shaped = shaped

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def assume_role(self, **params: Any) -> Any:
        """Calls AssumeRole; an error says with what."""
        given = self._shaped(params)
        try:
            return self._client.assume_role(**given)
        except Exception as exc:
            note_assume_role(exc, given)
            raise


def load_from_providers(
    profile: Profile, clients: Clients, asking: ProviderHooks
) -> Credentials | None:
    """Returns the credentials of the first provider that has any, else None.

    Raises botocore's errors.
    """
    for providers in (_providers(clients, profile, asking), _elsewhere(clients, profile)):
        for provider in providers:
            loaded = provider.load()
            if loaded is not None:
                _log.debug("profile %s: provider %s", sanitize(profile.name), loaded.method)
                return from_botocore(loaded)
    _log.debug("profile %s: no provider has credentials", sanitize(profile.name))
    return None


def _tokens() -> Any:
    """Returns a read-only Identity Center token cache for botocore: awsprof renews tokens itself.

    botocore would use a refresh token before it knows that it can write the new one, and cannot
    read a file with a byte order mark.
    """
    from botocore.utils import JSONFileCache

    class Tokens(JSONFileCache):  # type: ignore[misc]  # botocore has no types
        def __getitem__(self, cache_key: str) -> Any:
            token = read_token_file_at(paths.sso_cache_dir() / f"{cache_key}.json")
            if not token:
                raise KeyError(cache_key)
            return {key: value for key, value in token.items() if key != "refreshToken"}

        def __setitem__(self, cache_key: str, value: Any) -> None:
            """Writes nothing: only awsprof writes tokens."""

    return Tokens(working_dir=str(paths.sso_cache_dir()))


def _providers(clients: Clients, profile: Profile, asking: ProviderHooks) -> list[Any]:
    from botocore import credentials as bc

    session = clients.session(profile)
    tokens = _tokens()
    builder = _builder(clients.parsed, profile, asking)(
        session, cache={}, region_name=asking.region, sso_token_cache=tokens
    )

    shaped = _shaping(profile, asking.top)

    def create_client(name: str, **kwargs: Any) -> Any:
        kwargs.setdefault("region_name", asking.region)
        client = session.create_client(name, **kwargs)
        return _Shaped(client, shaped) if name == "sts" else client

    class Role(bc.AssumeRoleProvider):  # type: ignore[misc]  # botocore has no types
        def _load_creds_via_assume_role(self, profile_name: str) -> Any:
            found = asking.beneath(profile, profile_name)
            return super()._load_creds_via_assume_role(profile_name) if found is None else found

    role = Role(
        load_config=lambda: _changed(session.full_config, profile.name, asking.changed),
        client_creator=create_client,
        cache={},
        profile_name=profile.name,
        prompter=asking.prompter,
        credential_sourcer=bc.CanonicalNameCredentialSourcer(_of_machine(clients)),
        profile_provider_builder=builder,
    )
    return [role, *builder.providers(profile.name, disable_env_vars=True)]


class _Renewed:
    """botocore's ``aws login`` provider, which renews its session under a lock."""

    def __init__(self, provider: Any, renewing: Callable[[], AbstractContextManager[None]]) -> None:
        self.METHOD = provider.METHOD
        self._provider = provider
        self._renewing = renewing

    def load(self) -> Any:
        """Loads the credentials, renewed if necessary."""
        with self._renewing():
            found = self._provider.load()
            if found is not None:
                found.get_frozen_credentials()
        return found


class _Known:
    """A provider of credentials that are there already."""

    METHOD = None  # as botocore's base class has it

    def __init__(self, found: Any) -> None:
        self._found = found

    def load(self) -> Any:
        """Returns the credentials."""
        return self._found


class _SignedIn:
    """botocore's SSO provider, which renews the session only if the chain reaches it."""

    def __init__(self, provider: Any, sign_in: Callable[[], None]) -> None:
        self.METHOD = provider.METHOD
        self._provider = provider
        self._sign_in = sign_in

    def load(self) -> Any:
        """Loads the credentials. Raises InteractionRequired if the session has expired."""
        found = self._provider.load()
        if found is not None:
            self._sign_in()
        return found


def _builder(parsed: Parsed, profile: Profile, asking: ProviderHooks) -> Any:
    """Returns botocore's ProfileProviderBuilder over the parsed files and the hooks."""
    from botocore import credentials as bc
    from botocore.utils import FileWebIdentityTokenLoader

    class Builder(bc.ProfileProviderBuilder):  # type: ignore[misc]  # botocore has no types
        def providers(self, profile_name: str, disable_env_vars: bool = False) -> Any:
            found = asking.beneath(profile, profile_name)
            own = super().providers
            return own(profile_name, disable_env_vars) if found is None else [_Known(found)]

        def _create_sso_provider(self, profile_name: str) -> Any:
            return _SignedIn(super()._create_sso_provider(profile_name), asking.sign_in)

        def _create_login_provider(self, profile_name: str) -> Any:
            provider = super()._create_login_provider(profile_name)
            return _Renewed(provider, lambda: asking.renewing(profile_name))

        def _create_web_identity_provider(self, profile_name: str, disable_env_vars: bool) -> Any:
            provider = super()._create_web_identity_provider(profile_name, disable_env_vars)
            provider._token_loader_cls = partial(FileWebIdentityTokenLoader, _open=_open_file)
            return provider

        def _create_process_provider(self, profile_name: str) -> Any:
            def popen(words: list[str], **_: Any) -> ProcessResult:
                return asking.answer(words, profile_name)

            return bc.ProcessProvider(profile_name, lambda: parsed.full, popen=popen)

        def _create_shared_credential_provider(self, profile_name: str) -> Any:
            path = paths.credentials_text()
            return bc.SharedCredentialProvider(path, profile_name, lambda _: parsed.credentials)

        def _create_config_provider(self, profile_name: str) -> Any:
            return bc.ConfigProvider(paths.config_text(), profile_name, lambda _: parsed.config)

    return Builder


def load_web_identity(clients: Clients, profile: str, region: str) -> Credentials:
    """Returns the credentials of the role and token file in the environment, as boto3 gets them.

    ``profile`` is the one that boto3 takes a missing AWS_ROLE_ARN from. Raises botocore's errors.
    """
    from botocore.credentials import AssumeRoleWithWebIdentityProvider
    from botocore.utils import FileWebIdentityTokenLoader

    session = clients.session(None)
    provider = AssumeRoleWithWebIdentityProvider(
        load_config=lambda: session.full_config,
        client_creator=partial(session.create_client, region_name=region),
        profile_name=profile,
        token_loader_cls=partial(FileWebIdentityTokenLoader, _open=_open_file),
    )
    return from_botocore(provider.load())


def _open_file(path: str) -> IO[str]:
    """Opens a token's file. Raises FileError for a pipe or device, which may have no end."""
    atomic.refuse_endless(Path(path))
    return Path(path).open()


def _elsewhere(clients: Clients, profile: Profile) -> list[Any]:
    """Returns the machine's own providers, which botocore tries if the profile has nothing."""
    from botocore.credentials import create_credential_resolver

    every = create_credential_resolver(clients.session(profile)).providers
    return [provider for provider in every if provider.METHOD in _ELSEWHERE]


def _of_machine(clients: Clients) -> list[Any]:
    """Returns the providers for ``credential_source``: the environment, a container, EC2."""
    from botocore.credentials import create_credential_resolver

    if not clients.parsed.of_machine:
        return []
    # A session without a profile: with one, botocore has no environment provider.
    machine = create_credential_resolver(clients.session(None)).providers
    return [p for p in machine if p.METHOD in {"env", "container-role", "iam-role"}]


def _changed(config: dict[str, Any], name: str, values: Mapping[str, str | None]) -> dict[str, Any]:
    """Returns the parsed config with ``values`` over the profile's own."""
    if not values:
        return config
    laid = {**config["profiles"][name], **values}
    kept = {key: value for key, value in laid.items() if value is not None}
    return {**config, "profiles": {**config["profiles"], name: kept}}


def _theirs(found: Credentials) -> Any:
    from botocore.credentials import Credentials as BotocoreCredentials

    token = found.token.reveal() if found.token else None
    return BotocoreCredentials(
        found.access_key_id, found.secret.reveal(), token, account_id=found.account
    )


def from_botocore(loaded: Any) -> Credentials:
    """Converts botocore credentials to Credentials. Raises botocore's errors."""
    frozen = loaded.get_frozen_credentials()  # a deferred provider calls AssumeRole here
    expires: datetime | None = getattr(loaded, "_expiry_time", None)
    return Credentials(
        frozen.access_key,
        Secret(frozen.secret_key),
        Secret(frozen.token) if frozen.token else None,
        expires.astimezone(UTC) if expires else None,
        _account(getattr(frozen, "account_id", None)),
    )


def _account(given: str | int | None) -> str | None:
    """Returns the account as 12 digits: some programs print a number, which boto3 accepts."""
    return str(given).zfill(12) if isinstance(given, int) else given
