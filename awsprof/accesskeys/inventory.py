"""Lists access keys: in the vault, in plain text, and the other keys of their users in IAM."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from awsprof.accesskeys.key_identity import DELETE_ROOT_KEY
from awsprof.accesskeys.key_users import dependents_of, profiles_with
from awsprof.auth.resolver import Resolver
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.iam import AccessKey, Iam, LastUsed, NotPermitted
from awsprof.awsapi.sts import Identity, get_caller_identity
from awsprof.awsapi.thread_pool import DaemonPool
from awsprof.errors import AwsprofError, InteractionRequired
from awsprof.key_ids import is_temporary
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.key_shapes import is_swapped
from awsprof.profiles.model import Profile
from awsprof.profiles.provider_order import key_in_process_line
from awsprof.secret import Secret
from awsprof.shells import arguments
from awsprof.vault.index import Index
from awsprof.vault.vault import Vault

_AT_ONCE: Final = 8


@dataclass(frozen=True)
class KeyRow:
    """An access key and what is known about it.

    ``kept`` is where its secret is: "vault", "plain text", or "elsewhere" for a key that IAM lists
    and this machine does not have. ``status`` is "active", "inactive", "refused" (AWS rejects it)
    or "unknown" (AWS denies the calls). ``note`` says what is wrong with it.
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
class _KeyReport:
    """What AWS reports when a key asks: who it is, and which keys its user has."""

    arn: str | None = None
    keys: tuple[AccessKey, ...] = ()
    used: Mapping[str, LastUsed | NotPermitted] | None = None
    status: str = "unknown"
    note: str = ""


@dataclass(frozen=True)
class Unlisted:
    """A key in plain text that is not listed by its ID: it has no valid one, or is temporary."""

    profile: str
    where: str
    why: str
    fix: str


def unlisted_keys(catalog: Catalog, only: Iterable[str] = ()) -> tuple[Unlisted, ...]:
    """Returns the keys in plain text that are not rows, of all profiles or those in ``only``."""
    names = set(only)
    listed = {profile.name for profile in catalog.plaintext_keys()}
    return tuple(
        _unlisted(profile, value.text, str(value.origin))
        for name, profile in catalog.profiles.items()
        if name not in listed and (not names or name in names)
        if (value := profile.values.get("aws_access_key_id")) and value.text
    )


def _unlisted(profile: Profile, key_id: str, where: str) -> Unlisted:
    name = arguments(profile.name)
    if is_swapped(key_id, profile.get("aws_secret_access_key") or ""):
        why = "its ID and its secret are swapped, so no SDK can use it"
        return Unlisted(profile.name, where, why, "awsprof doctor --fix key-id-shape")
    if is_temporary(key_id):
        return Unlisted(profile.name, where, "it is temporary", f"awsprof show {name}")
    return Unlisted(
        profile.name, where, "it is not a complete long-term key", f"awsprof doctor {name}"
    )


class KeyInventory:
    """The keys of a catalog and a vault; calls AWS for several keys at once."""

    def __init__(self, catalog: Catalog, vault: Callable[[], Vault], resolver: Resolver) -> None:
        self._catalog = catalog
        self._vault = vault
        self._resolver = resolver

    def rows(self, only: Iterable[str] = ()) -> tuple[KeyRow, ...]:
        """Returns all keys, or those of the profiles in ``only`` and their users' others."""
        names = set(only)
        local = [row for row in self._local_keys() if not names or names & set(row.profiles)]
        self._open_vault(local)
        with DaemonPool(_AT_ONCE) as pool:
            reports = list(pool.map(self._ask, local))
        rows = {row.id: _reported(row, report) for row, report in zip(local, reports, strict=True)}
        for report in reports:
            for key in report.keys:
                if key.id not in rows:
                    row = KeyRow(key.id, profiles_with(key.id, self._catalog), "elsewhere", "")
                    rows[key.id] = _listed(row, key, report)
                elif rows[key.id].status in {"unknown", "refused"}:
                    rows[key.id] = _listed(rows[key.id], key, report)
        replaced = {r.old for r in Index.load().rotations() if r.waiting is not None}
        return tuple(_deactivated(row) if row.id in replaced else row for row in rows.values())

    def _open_vault(self, rows: Iterable[KeyRow]) -> None:
        """Opens the vault before there are threads, which would all prompt for its passphrase."""
        stored = next((row for row in rows if row.kept == "vault"), None)
        if stored is not None:
            with suppress(AwsprofError):  # each row reports it
                self._vault().holds(stored.id)

    def _local_keys(self) -> Iterable[KeyRow]:
        """Returns the keys on this machine, each once."""
        catalog, index = self._catalog, Index.load()
        rows: dict[str, KeyRow] = {}
        for profile in catalog.plaintext_keys():
            key_id = profile.get("aws_access_key_id") or ""
            where = str(profile.values["aws_access_key_id"].origin)
            rows.setdefault(key_id, self._row(key_id, "plain text", where))
        named = [line_id for p in catalog.profiles.values() if (line_id := key_in_process_line(p))]
        for key_id in dict.fromkeys([*named, *(entry.key_id for entry in index.entries())]):
            entry = index.find(key_id)
            row = self._row(key_id, "vault", entry.backend if entry else "")
            rows.setdefault(key_id, replace(row, arn=entry.arn if entry else None))
        return rows.values()

    def _row(self, key_id: str, kept: str, where: str) -> KeyRow:
        names = profiles_with(key_id, self._catalog)
        return KeyRow(key_id, names, kept, where, dependents_of(names, self._catalog))

    def _ask(self, row: KeyRow) -> _KeyReport:
        profile = self._catalog.profiles[row.profiles[0]] if row.profiles else None
        try:
            bare = Credentials(row.id, self._secret(row, profile))
            # First, since every other call counts as a use of the key.
            last = Iam(bare, profile=profile).last_used(row.id)
            who = get_caller_identity(bare, profile=profile)
        except AwsprofError as exc:
            refused = exc.code in {"InvalidClientTokenId", "SignatureDoesNotMatch"}
            return _KeyReport(status="refused" if refused else "unknown", note=exc.message)
        if who.is_root:
            note = f"a key of root: {DELETE_ROOT_KEY}"
            return _KeyReport(who.arn, status="active", note=note)
        try:
            return self._from_iam(row, bare, profile, who, last)
        except AwsprofError as exc:
            return _KeyReport(who.arn, status="active", note=exc.message)

    def _from_iam(
        self,
        row: KeyRow,
        bare: Credentials,
        profile: Profile | None,
        who: Identity,
        last: LastUsed | NotPermitted,
    ) -> _KeyReport:
        iam = Iam(self._signer(row, bare, profile), profile=profile)
        if isinstance(last, NotPermitted):
            last = iam.last_used(row.id)
        keys = iam.access_keys(who.user_name)
        if isinstance(keys, NotPermitted):
            return _KeyReport(who.arn, used={row.id: last}, status="active")
        used = {key.id: last if key.id == row.id else iam.last_used(key.id) for key in keys}
        return _KeyReport(who.arn, keys, used)

    def _signer(self, row: KeyRow, bare: Credentials, profile: Profile | None) -> Credentials:
        """Returns an MFA session if one is cached, else the bare key; never prompts for a code."""
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


def _reported(row: KeyRow, report: _KeyReport) -> KeyRow:
    """Returns the row with the key's own report."""
    for key in report.keys:
        if key.id == row.id:
            return _listed(row, key, report)
    return replace(
        row,
        arn=report.arn or row.arn,
        status=report.status,
        note=report.note,
        last_used=(report.used or {}).get(row.id),
    )


def _deactivated(row: KeyRow) -> KeyRow:
    """Returns the row of a key that a rotation deactivated: that AWS refuses it is no news."""
    return replace(row, status="inactive", note="") if row.status == "refused" else row


def _listed(row: KeyRow, key: AccessKey, report: _KeyReport) -> KeyRow:
    """Returns the row with the key as IAM lists it, in the report of any key of its user."""
    return replace(
        row,
        arn=report.arn,
        status="active" if key.active else "inactive",
        created=key.created,
        last_used=(report.used or {}).get(key.id),
        note="",
    )
