"""From a profile to credentials, as botocore would resolve that profile, through the vault.

botocore's own providers do the work, so that what AWS adds works by itself. What differs: lines
of ours are answered in-process and never start awsprof again; codes come from mfa.py; and sessions
that a code was given for are cached and made once, under a lock across processes.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import local
from typing import TYPE_CHECKING, Any, Final, Protocol

from awsprof import locks, paths
from awsprof.asking import Asker
from awsprof.clean import clean
from awsprof.errors import AwsprofError, FileProblem, SignInFailed
from awsprof.profiles import ownline
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.model import Profile
from awsprof.signin import mfa, sts
from awsprof.signin.credentials import Credentials, from_json
from awsprof.signin.explain import explain

if TYPE_CHECKING:
    from awsprof.vault.longterm import Vault

_PROCESS_LIMIT: Final = 60  # seconds, as the Go SDK has it
_PERSON_LIMIT: Final = 180  # seconds that others wait while somebody looks for a code
_SHAPING: Final = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_REGION", "AWS_DEFAULT_REGION")
_SOON: Final = timedelta(minutes=15)  # botocore asks again for what lasts less


class Cache(Protocol):
    """Where sessions are kept by key, until they end (``vault.sessions`` is the real one)."""

    def get(self, key: str) -> bytes | None:
        """What was put, while it is of use."""
        ...

    def put(self, key: str, payload: bytes, expires: datetime, *, needs_person: bool) -> object:
        """Keep it until about ``expires``; what needed a person is dropped last."""
        ...


class Resolver:
    """Answers for every profile of a catalog; made for one command, shared by its threads."""

    def __init__(
        self,
        catalog: Catalog,
        vault: Callable[[], Vault],
        asker: Asker,
        *,
        cache: Cache | None,
    ) -> None:
        self.catalog = catalog
        self._vault = vault
        self._asker = asker
        self._cache = cache
        self._under_way = local()

    def credentials(self, name: str, *, key_id: str | None = None) -> Credentials:
        """The credentials of a profile; ``key_id`` names its key where its line does.

        SignInFailed, PersonNeeded or VaultError say why there are none, and what to do.
        """
        profile = self.catalog.get(name)
        chain = self.catalog.chain(name)
        if chain.fault and key_id is None:
            raise SignInFailed(
                chain.fault, chain.fix or f"awsprof show {name}", code="source-missing"
            )
        line = ownline.parse(profile.get("credential_process") or "")
        key_id = key_id or (line.key_id if line and not profile.get("role_arn") else None)
        try:
            if key_id and not profile.get("role_arn"):
                return self._key(profile, key_id)
            if profile.get("role_arn") and profile.get("mfa_serial"):
                return self._cached(self._chain_key(profile), lambda: self._provided(profile))
            return self._provided(profile)
        except AwsprofError:
            raise
        except Exception as exc:
            raise explain(exc, profile=clean(name)) from exc

    def _key(self, profile: Profile, key_id: str) -> Credentials:
        """A key in the vault: as it is, or signed in with MFA where the profile has a device."""
        device = profile.get("mfa_serial")
        if not device:
            return Credentials(key_id, self._vault().get(key_id))

        def sign_in() -> Credentials:
            source = Credentials(key_id, self._vault().get(key_id))
            code = mfa.code_for(profile, device, self._asker)
            return sts.get_session_token(sts.session_for(profile), source, profile, code)

        shape = [key_id, device, profile.get("duration_seconds"), profile.get("region")]
        return self._cached(_digest("mfa", shape), sign_in)

    def _chain_key(self, profile: Profile) -> str:
        links = self.catalog.chain(profile.name).links
        shape = [
            [link.name, sorted((k, v.text) for k, v in link.values.items() if not v.secret)]
            for link in links
        ]
        return _digest("role", shape)

    def _cached(self, key: str, make: Callable[[], Credentials]) -> Credentials:
        """From the cache, or made once while others wait."""
        cache = self._cache
        if cache is None:
            return make()
        found = _usable(cache.get(key))
        if found is not None:
            return found
        lock = paths.locks_dir() / f"{key.replace('/', '-')}.lock"
        with locks.hold(lock, purpose="signing in", timeout=_PERSON_LIMIT):
            found = _usable(cache.get(key))
            if found is not None:
                return found
            made = make()
            if made.expires is not None:
                payload = made.process_json().encode()
                cache.put(key, payload, made.expires, needs_person=True)
            return made

    def _provided(self, profile: Profile) -> Credentials:
        """Through botocore's providers for that profile; the environment's keys never answer."""
        session = sts.session_for(profile)
        for provider in _providers(self, session, profile):
            loaded = provider.load()
            if loaded is not None:
                return _ours(loaded)
        raise SignInFailed(
            f"{profile.name} has no credentials: no key, role, session or process.",
            f"awsprof show {profile.name} shows what it has; awsprof sets it up",
            code="source-without-credentials",
        )

    def answer(self, words: list[str], profile_name: str) -> _Answer:
        """What a credential_process line gives: ours in-process, another's by running it."""
        line = ownline.parse(" ".join(words))
        if line is None:
            self._refuse_writable(profile_name)
            return _run(words)
        under_way: set[str] = getattr(self._under_way, "names", set())
        if line.profile in under_way:
            raise SignInFailed(
                f"The credential_process of {clean(profile_name)} leads back to itself.",
                f"awsprof show {profile_name}",
                code="process-calls-itself",
            )
        self._under_way.names = under_way | {line.profile}
        try:
            made = self.credentials(line.profile, key_id=line.key_id)
        finally:
            self._under_way.names = under_way
        return _Answer(made.process_json().encode(), b"", 0)

    def _refuse_writable(self, name: str) -> None:
        """A command is run from no file that others can write."""
        value = self.catalog.get(name).values.get("credential_process")
        if value is None or os.name == "nt":
            return
        path = value.origin.path
        if path.exists() and path.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise FileProblem(
                f"{path} can be written by others, so its credential_process is not run.",
                f"chmod go-w {path}",
                code="file-mode",
            )

    def prompter(self, profile: Profile) -> Callable[[str], str]:
        """What botocore calls for a role's code."""
        device = profile.get("mfa_serial") or ""
        return lambda _prompt: mfa.code_for(profile, device, self._asker)


class _Answer:
    """What botocore's ProcessProvider wants of a finished process."""

    def __init__(self, stdout: bytes, stderr: bytes, returncode: int) -> None:
        self._output = (stdout, stderr)
        self.returncode = returncode

    def communicate(self) -> tuple[bytes, bytes]:
        """stdout and stderr."""
        return self._output


def _run(words: list[str]) -> _Answer:
    try:
        done = subprocess.run(  # noqa: S603  # the person's own config names it, as for any SDK
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PROCESS_LIMIT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        reason = "it took too long" if isinstance(exc, subprocess.TimeoutExpired) else str(exc)
        raise SignInFailed(
            f"The credential_process {clean(words[0])} did not run: {clean(reason)}.",
            "check the command: awsprof list shows which profile has it",
            code="process-missing",
        ) from exc
    return _Answer(
        done.stdout, clean(done.stderr.decode(errors="replace")).encode(), done.returncode
    )


def _providers(resolver: Resolver, session: Any, profile: Profile) -> list[Any]:
    """botocore's providers for one profile, in its order, with our ProcessProvider in each."""
    from botocore import credentials as bc
    from botocore.utils import JSONFileCache

    class Builder(bc.ProfileProviderBuilder):  # type: ignore[misc]  # botocore has no types
        def _create_process_provider(self, profile_name: str) -> Any:
            def popen(words: list[str], **_: Any) -> _Answer:
                return resolver.answer(words, profile_name)

            return bc.ProcessProvider(profile_name, lambda: session.full_config, popen=popen)

    tokens = JSONFileCache(working_dir=str(paths.sso_cache_dir()))
    builder = Builder(session, cache={}, sso_token_cache=tokens)

    def create_client(name: str, **kwargs: Any) -> Any:
        kwargs.setdefault("region_name", sts.region_for(profile))
        return session.create_client(name, **kwargs)

    machine = bc.create_credential_resolver(session).providers
    named = [p for p in machine if p.METHOD in {"env", "container-role", "iam-role"}]
    role = bc.AssumeRoleProvider(
        load_config=lambda: session.full_config,
        client_creator=create_client,
        cache={},
        profile_name=profile.name,
        prompter=resolver.prompter(profile),
        credential_sourcer=bc.CanonicalNameCredentialSourcer(named),
        profile_provider_builder=builder,
    )
    return [role, *builder.providers(profile.name, disable_env_vars=True)]


def _ours(loaded: Any) -> Credentials:
    from awsprof.secret import Secret

    frozen = loaded.get_frozen_credentials()  # assumes the role, where that was put off
    expires: datetime | None = getattr(loaded, "_expiry_time", None)
    return Credentials(
        frozen.access_key,
        Secret(frozen.secret_key),
        Secret(frozen.token) if frozen.token else None,
        expires.astimezone(UTC) if expires else None,
        getattr(frozen, "account_id", None),
    )


def _usable(payload: bytes | None) -> Credentials | None:
    if payload is None:
        return None
    found = from_json(payload)
    if found.expires is not None and found.expires - datetime.now(UTC) < _SOON:
        return None
    return found


def _digest(kind: str, shape: object) -> str:
    """A name for what shapes credentials: the files' part of it, and the variables'."""
    whole = json.dumps([shape, [os.environ.get(name) for name in _SHAPING]])
    return f"{kind}/{hashlib.sha256(whole.encode()).hexdigest()}"
