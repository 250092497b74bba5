"""Every access key there is to see: in the vault, in plain text, and the users' others at IAM."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from awsprof.accesskeys.format import dependents_of, profiles_with
from awsprof.accesskeys.key_owner import DELETE_ROOT_KEY
from awsprof.auth.resolver import Resolver
from awsprof.awsapi.caller_identity import Identity, whoami
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.iam import AccessKey, Iam, LastUsed, NotPermitted
from awsprof.awsapi.thread_pool import DaemonPool
from awsprof.errors import AwsprofError, InteractionRequired
from awsprof.key_ids import is_temporary
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.form import key_of_line
from awsprof.profiles.key_shapes import is_swapped
from awsprof.profiles.model import Profile
from awsprof.secret import Secret
from awsprof.shells import arguments
from awsprof.vault.index import Index
from awsprof.vault.keyring_vault import Vault

_AT_ONCE: Final = 8


@dataclass(frozen=True)
class KeyRow:
    """One access key, and what is known of it.

    ``kept`` says where its secret is: "vault", "plain text", or "elsewhere" for a key that IAM
    knows and this machine does not have. ``status`` is "active", "inactive", "refused" (AWS does
    not take it) or "unknown" (one may not look). ``note`` says what is wrong with it.
    """

    id: str
    profiles: tuple[str, ...]
    kept: str
    where: str
    relied_on_by: tuple[str, ...] = ()
    status: str = "unknown"
    created: datetime | None = None
    last_used: LastUsed | NotPermitted | None = None
    arn: str | None = None
    note: str = ""


@dataclass(frozen=True)
class _Asked:
    """What AWS says to one key: who it is, and which keys its user has."""

    arn: str | None = None
    keys: tuple[AccessKey, ...] = ()
    used: Mapping[str, LastUsed | NotPermitted] | None = None
    status: str = "unknown"
    note: str = ""


@dataclass(frozen=True)
class Unlisted:
    """A key in plain text that cannot be listed by its id: it has none, or ends by itself."""

    profile: str
    where: str
    why: str
    fix: str


def unlisted_keys(catalog: Catalog, only: Iterable[str] = ()) -> tuple[Unlisted, ...]:
    """The keys in plain text, of all profiles or those in ``only``, that are no rows."""
    wanted = set(only)
    listed = {profile.name for profile in catalog.plaintext_keys()}
    return tuple(
        _unlisted(profile, value.text, str(value.origin))
        for name, profile in catalog.profiles.items()
        if name not in listed and (not wanted or name in wanted)
        if (value := profile.values.get("aws_access_key_id")) and value.text
    )


def _unlisted(profile: Profile, key_id: str, where: str) -> Unlisted:
    name = arguments(profile.name)
    if is_swapped(key_id, profile.get("aws_secret_access_key") or ""):
        why = "its id and its secret stand in each other's place, so no SDK can use it"
        return Unlisted(profile.name, where, why, "awsprof doctor --fix key-id-shape")
    if is_temporary(key_id):
        return Unlisted(profile.name, where, "it is temporary", f"awsprof show {name}")
    return Unlisted(profile.name, where, "it is no whole long-term key", f"awsprof doctor {name}")


class KeyInventory:
    """The keys of a catalog and a vault; asks AWS for several at once."""

    def __init__(self, catalog: Catalog, vault: Callable[[], Vault], resolver: Resolver) -> None:
        self._catalog = catalog
        self._vault = vault
        self._resolver = resolver

    def rows(self, only: Iterable[str] = ()) -> tuple[KeyRow, ...]:
        """All keys, or those of the profiles named in ``only`` and their users' others."""
        wanted = set(only)
        here = [row for row in self._here() if not wanted or wanted & set(row.profiles)]
        self._open_once(here)
        with DaemonPool(_AT_ONCE) as pool:
            asked = list(pool.map(self._ask, here))
        rows = {row.id: _with(row, answer) for row, answer in zip(here, asked, strict=True)}
        for answer in asked:
            for key in answer.keys:
                if key.id not in rows:
                    row = KeyRow(key.id, profiles_with(key.id, self._catalog), "elsewhere", "")
                    rows[key.id] = _listed(row, key, answer)
                elif rows[key.id].status in {"unknown", "refused"}:
                    rows[key.id] = _listed(rows[key.id], key, answer)
        return tuple(rows.values())

    def _open_once(self, rows: Iterable[KeyRow]) -> None:
        """The vault asks for its passphrase before there are threads, which would all ask."""
        kept = next((row for row in rows if row.kept == "vault"), None)
        if kept is not None:
            with suppress(AwsprofError):  # each row tells it
                self._vault().holds(kept.id)

    def _here(self) -> Iterable[KeyRow]:
        """The keys on this machine, each once."""
        catalog, index = self._catalog, Index.load()
        seen: dict[str, KeyRow] = {}
        for profile in catalog.plaintext_keys():
            key_id = profile.get("aws_access_key_id") or ""
            where = str(profile.values["aws_access_key_id"].origin)
            seen.setdefault(key_id, self._row(key_id, "plain text", where))
        named = [kept for p in catalog.profiles.values() if (kept := key_of_line(p))]
        for key_id in dict.fromkeys([*named, *(entry.key_id for entry in index.entries())]):
            entry = index.find(key_id)
            row = self._row(key_id, "vault", entry.backend if entry else "")
            seen.setdefault(key_id, replace(row, arn=entry.arn if entry else None))
        return seen.values()

    def _row(self, key_id: str, kept: str, where: str) -> KeyRow:
        names = profiles_with(key_id, self._catalog)
        return KeyRow(key_id, names, kept, where, dependents_of(names, self._catalog))

    def _ask(self, row: KeyRow) -> _Asked:
        profile = self._catalog.profiles[row.profiles[0]] if row.profiles else None
        try:
            bare = Credentials(row.id, self._secret(row, profile))
            # First, since every other call of ours is a use of the key itself.
            last = Iam(bare, profile=profile).last_used(row.id)
            who = whoami(bare, profile=profile)
        except AwsprofError as exc:
            refused = exc.code in {"InvalidClientTokenId", "SignatureDoesNotMatch"}
            return _Asked(status="refused" if refused else "unknown", note=exc.message)
        if who.is_root:
            note = f"a key of root: {DELETE_ROOT_KEY}"
            return _Asked(who.arn, status="active", note=note)
        try:
            return self._from_iam(row, bare, profile, who, last)
        except AwsprofError as exc:
            return _Asked(who.arn, status="active", note=exc.message)

    def _from_iam(
        self,
        row: KeyRow,
        bare: Credentials,
        profile: Profile | None,
        who: Identity,
        last: LastUsed | NotPermitted,
    ) -> _Asked:
        iam = Iam(self._signer(row, bare, profile), profile=profile)
        if isinstance(last, NotPermitted):
            last = iam.last_used(row.id)
        keys = iam.access_keys(who.arn.rsplit("/", 1)[-1])
        if isinstance(keys, NotPermitted):
            return _Asked(who.arn, used={row.id: last}, status="active")
        used = {key.id: last if key.id == row.id else iam.last_used(key.id) for key in keys}
        return _Asked(who.arn, keys, used)

    def _signer(self, row: KeyRow, bare: Credentials, profile: Profile | None) -> Credentials:
        """A session with MFA where there is one already; nobody is asked for a code."""
        if profile is None or row.kept != "vault" or not profile.get("mfa_serial"):
            return bare
        try:
            return self._resolver.credentials(profile.name)
        except InteractionRequired:
            return bare

    def _secret(self, row: KeyRow, profile: Profile | None) -> Secret:
        if row.kept == "plain text" and profile is not None:
            return Secret(profile.get("aws_secret_access_key") or "")
        return self._vault().get(row.id)


def _with(row: KeyRow, answer: _Asked) -> KeyRow:
    for key in answer.keys:
        if key.id == row.id:
            return _listed(row, key, answer)
    return replace(
        row,
        arn=answer.arn or row.arn,
        status=answer.status,
        note=answer.note,
        last_used=(answer.used or {}).get(row.id),
    )


def _listed(row: KeyRow, key: AccessKey, answer: _Asked) -> KeyRow:
    return replace(
        row,
        arn=answer.arn,
        status="active" if key.active else "inactive",
        created=key.created,
        last_used=(answer.used or {}).get(key.id),
        note="",
    )
