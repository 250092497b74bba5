"""From a profile to credentials, as botocore would resolve that profile, through the vault.

Lines of ours are answered in-process and never start awsprof again; codes come from ``mfa``; and
sessions are cached, and made once, under a lock across processes and threads.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import local
from typing import TYPE_CHECKING, Final, Protocol

from awsprof import locks, paths
from awsprof.asking import Asker
from awsprof.clean import clean
from awsprof.errors import AwsprofError, FileProblem, SignInFailed
from awsprof.profiles import ownline
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.kinds.keys import key_in_vault
from awsprof.profiles.model import Profile
from awsprof.signin import mfa, providers, sts
from awsprof.signin.credentials import Credentials, from_json
from awsprof.signin.explain import explain
from awsprof.signin.identity_center import renewal

if TYPE_CHECKING:
    from awsprof.vault.longterm import Vault

_PERSON_LIMIT: Final = 180  # seconds that others wait while somebody looks for a code
_SOON: Final = timedelta(minutes=5)  # what lasts less is of no use to whoever asks
# Which AWS it is; regions shape nothing, and nobody gives a code again for changing one.
_SHAPING: Final = (
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_STS",
    "AWS_ENDPOINT_URL_SSO",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
)
_SHAPES_NOTHING: Final = frozenset({"region", "output", "mfa_process"})


class Cache(Protocol):
    """Where sessions are kept by key, until they end (``vault.sessions`` is the real one)."""

    def get(self, key: str) -> bytes | None:
        """What was put, while it is of use."""
        ...

    def put(self, key: str, payload: bytes, expires: datetime, *, needs_person: bool) -> object:
        """Keep it until about ``expires``; what needed a person is dropped last."""
        ...


@dataclass(frozen=True)
class Way:
    """How a profile gets its credentials; ``key`` is what they are kept under, if they are."""

    make: Callable[[], Credentials]
    key: str | None = None
    needs_person: bool = False


class Resolver:
    """Answers for every profile of a catalog; made for one command, shared by its threads.

    ``keep_roles``: sessions of roles are kept and used again too, and not only those that a person
    gave a code for. Whoever wants to know what AWS says now leaves it off.
    """

    def __init__(
        self,
        catalog: Catalog,
        vault: Callable[[], Vault],
        asker: Asker,
        *,
        cache: Cache | None,
        keep_roles: bool = False,
    ) -> None:
        self.catalog = catalog
        self._vault = vault
        self._asker = asker
        self._cache = cache
        self._keep_roles = keep_roles
        self._used = mfa.Used(cache)
        self._mine: dict[str, bytes] = {}  # where the cache keeps nothing
        self._under_way = local()

    def credentials(self, name: str, *, key_id: str | None = None) -> Credentials:
        """The credentials of a profile; ``key_id`` names its key where its line does.

        SignInFailed, PersonNeeded or VaultError say why there are none, and what to do.
        """
        profile = self.catalog.get(name)
        chain = self.catalog.chain(name)
        if chain.fault and key_id is None:
            fix = chain.fix or f"awsprof show {clean(name)}"
            raise SignInFailed(chain.fault, fix, code="source-missing")
        try:
            return self._kept(self.way(profile, key_id))
        except AwsprofError:
            raise
        except Exception as exc:
            raise explain(exc, profile=clean(name)) from exc

    def way(self, profile: Profile, key_id: str | None = None) -> Way:
        """How the profile gets its credentials; nothing is called yet."""
        if profile.get("role_arn"):
            links = self.catalog.chain(profile.name).links
            asked = any(link.get("role_arn") and link.get("mfa_serial") for link in links)
            key = self._chain_key(profile) if asked or self._keeps(profile) else None
            return Way(lambda: self._provided(profile), key, asked)
        key_id = key_id or key_in_vault(profile)
        if key_id:
            return self._way_of_key(profile, key_id)
        key = self._chain_key(profile) if self._keeps(profile) else None
        return Way(lambda: self._provided(profile), key)

    def _keeps(self, profile: Profile) -> bool:
        """Whether what the profile gets may be kept: all that shapes it is in the two files."""
        last = self.catalog.chain(profile.name).links[-1]
        known = last.get("sso_session") or last.get("aws_access_key_id") or key_in_vault(last)
        temporary = profile.get("role_arn") or profile.get("sso_session")
        return bool(self._keep_roles and known and temporary)

    def _way_of_key(self, profile: Profile, key_id: str) -> Way:
        """A key in the vault: as it is, or signed in with MFA where the profile has a device."""
        device = profile.get("mfa_serial")
        if not device:
            return Way(lambda: Credentials(key_id, self._vault().get(key_id)))

        def sign_in() -> Credentials:
            source = Credentials(key_id, self._vault().get(key_id))
            code = self._code(profile, device)
            return sts.get_session_token(sts.session_for(profile), source, profile, code)

        shape = [key_id, device, profile.get("duration_seconds")]
        return Way(sign_in, _digest("mfa", shape), needs_person=True)

    def _chain_key(self, profile: Profile) -> str:
        chain = self.catalog.chain(profile.name)
        parts = [link.values for link in chain.links]
        if chain.session is not None:
            parts.append(chain.session.values)
        shape: list[object] = [
            sorted(
                (k, v.text) for k, v in part.items() if not v.secret and k not in _SHAPES_NOTHING
            )
            for part in parts
        ]
        if chain.links[-1].get("credential_source") == "Environment":
            shape.append(os.environ.get("AWS_ACCESS_KEY_ID"))  # whose session it is
        return _digest("role", shape)

    def _kept(self, way: Way) -> Credentials:
        """From the cache, or made once while others wait."""
        if way.key is None:
            return way.make()
        found = self._in_hand(way.key)
        if found is not None:
            return found
        lock = paths.locks_dir() / f"{way.key.replace('/', '-')}.lock"
        with locks.hold(lock, purpose="signing in", timeout=_PERSON_LIMIT):
            found = self._in_hand(way.key)
            if found is not None:
                return found
            made = way.make()
            if made.expires is not None:
                self._keep(way, made, made.expires)
            return made

    def _keep(self, way: Way, made: Credentials, expires: datetime) -> None:
        key = way.key or ""
        payload = made.process_json().encode()
        self._mine[key] = payload
        if self._cache is not None:
            self._cache.put(key, payload, expires, needs_person=way.needs_person)

    def _in_hand(self, key: str) -> Credentials | None:
        """What is kept, where it lives on for a while yet."""
        payload = (self._cache.get(key) if self._cache else None) or self._mine.get(key)
        found = from_json(payload) if payload else None
        if found is None or found.expires is None:
            return found
        return found if found.expires - datetime.now(UTC) > _SOON else None

    def _provided(self, profile: Profile) -> Credentials:
        """Through botocore's providers for that profile."""
        chain = self.catalog.chain(profile.name)
        links = chain.links
        if chain.session is not None:
            renewal.usable(chain.session)  # botocore would renew it too, but without a lock

        def answer(words: list[str], name: str) -> providers.Answer:
            # With temporary credentials a code is never sent: a role that asks for one itself
            # stands on the key as it is.
            above = [link for link in links if link.get("source_profile") == name]
            bare = any(link.get("mfa_serial") for link in above)
            return self._answer(words, name, bare=bare)

        def prompter(prompt: str) -> str:
            devices = {link.get("mfa_serial") or "": link for link in reversed(links)}
            device = max((d for d in devices if d in prompt), key=len)
            return self._code(devices[device], device)

        found = providers.load(profile, answer, prompter)
        if found is None:
            called = clean(profile.name)
            raise SignInFailed(
                f"{called} has no credentials: no key, role, session or process.",
                f"awsprof show {called} shows what it has; awsprof sets it up",
                code="source-without-credentials",
            )
        return found

    def _code(self, profile: Profile, device: str) -> str:
        return mfa.code_for(profile, device, self._asker, self._used, vault=self._vault)

    def _answer(self, words: list[str], profile_name: str, *, bare: bool) -> providers.Answer:
        """What a credential_process line gives: ours in-process, another's by running it."""
        line = ownline.of_words(words)
        if line is None:
            self._refuse_writable(profile_name)
            return providers.run(words)
        under_way: set[str] = getattr(self._under_way, "names", set())
        if line.profile in under_way:
            raise SignInFailed(
                f"The credential_process of {clean(profile_name)} leads back to itself.",
                f"awsprof show {clean(profile_name)}",
                code="process-calls-itself",
            )
        self._under_way.names = under_way | {line.profile}
        try:
            if bare and line.key_id:
                made = Credentials(line.key_id, self._vault().get(line.key_id))
            else:
                made = self.credentials(line.profile, key_id=line.key_id)
        finally:
            self._under_way.names = under_way
        return providers.Answer(made.process_json().encode(), b"", 0)

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


def _digest(kind: str, shape: object) -> str:
    """A name for what shapes credentials: the files' part of it, and the variables'."""
    whole = json.dumps([shape, [os.environ.get(name) for name in _SHAPING]])
    return f"{kind}/{hashlib.sha256(whole.encode()).hexdigest()}"
