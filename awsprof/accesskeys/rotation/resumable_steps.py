"""The steps of a rotation, which continues where it was cut short: ``Rotation.resume``.

The vault's index records the progress; each run finds out what was done from IAM, the vault and the
files. The new secret is in the vault before anything else happens, so nothing is ever lost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from awsprof.accesskeys import new_key
from awsprof.accesskeys.describe_keys import describe_age, describe_last_use, join_names
from awsprof.accesskeys.key_context import (
    KeyContext,
    drop_secret,
    is_unknown,
    record_user,
    require_listed_keys,
)
from awsprof.accesskeys.key_users import rotated_profile
from awsprof.accesskeys.propagation import wait_until_accepted
from awsprof.accesskeys.rotation import orphans
from awsprof.accesskeys.rotation.stale_sessions import forget_sessions_of_key
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.iam import AccessKey, Iam, LastUsed
from awsprof.awsapi.sts import Identity, get_caller_identity
from awsprof.errors import AwsprofError, CredentialsError
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.provider_order import key_in_vault, signs_in_with_mfa
from awsprof.shells import arguments
from awsprof.vault.index import Index
from awsprof.vault.rotation_records import RotationRecord

_T = TypeVar("_T")


class Rotation:
    """Runs the steps of one rotation; ``catalog`` is reloaded before and after the switch."""

    def __init__(self, key_context: KeyContext, record: RotationRecord, catalog: Catalog) -> None:
        self._context = key_context
        self.record = record
        self.catalog = catalog
        self._iam_by_key: dict[str, Iam] = {}
        self._inactive = {record.old} if record.waiting is not None else set[str]()

    def resume(self) -> None:
        """Runs all steps that are left, up to the deactivation of the old key."""
        if self.record.waiting is not None:
            return
        keys = self._list_keys()
        new = self.record.new or self._create_key(keys)
        if new in keys and not keys[new].active:
            self._iam().set_active(self.record.user, new, active=True)
            self._inactive.discard(new)
            self._context.terminal.ok(f"{new} is active again")
        self._verify(new)
        self._switch(new)
        self._forget_sessions()
        self._deactivate_old()

    def finish(self, *, at_once: bool) -> bool:
        """Deletes the old key if nothing uses it; False if you decline.

        ``at_once`` does not check its last use. Raises CredentialsError if something used it and
        --yes was given.
        """
        old, key_context = self.record.old, self._context
        self._verify(self.record.new or "", in_a_row=1)
        if old in self._list_keys():  # otherwise an earlier run deleted it
            self._require_unnamed_old()
            if not at_once and not self._agreed_to_delete():
                return False
            self._retry_iam(lambda iam: iam.delete_access_key(self.record.user, old))
        drop_secret(key_context, old)
        Index.load().end_rotation(old)
        key_context.terminal.ok(f"{old} deleted, in IAM and in {key_context.vault().title}")
        return True

    def reverse(self) -> bool:
        """Swaps the two keys, so that ``resume`` switches back; False if there is no new key."""
        old = self.record.old
        keys = self._list_keys()
        new = self.record.new or self._adopt_stored_key(keys)
        if new is None:
            self._offer_deletion(keys)
            Index.load().end_rotation(old)
            return False
        if old not in keys:
            raise CredentialsError(
                f"{old} does not exist any more, so there is no way back.",
                f"awsprof keys rotate {self._arguments('--continue')} ends the rotation",
            )
        back = replace(self.record, old=new, new=old, switched=None, waiting=None)
        Index.load().note_rotation(back, instead_of=old)
        self.record = back
        return True

    def _arguments(self, flags: str = "") -> str:
        """Returns the profile and flags, quoted for a command."""
        return arguments(rotated_profile(self.record, self.catalog), flags=flags)

    def _update(self, **changes: Any) -> None:
        self.record = replace(self.record, **changes)
        Index.load().note_rotation(self.record)

    def _iam(self) -> Iam:
        """Returns IAM signed with the key that the profiles have now, or with this run's session.

        An MFA session outlives the deactivation of its key, and saves a second code.
        """
        for iam in self._iam_by_key.values():
            if iam.temporary:
                return iam
        name, key_id = self._signing_profile()
        if key_id not in self._iam_by_key:
            self._iam_by_key[key_id] = (
                self._iam_of_stored_key(key_id)
                if name is None
                else self._context.iam(name, self.catalog)
            )
        return self._iam_by_key[key_id]

    def _iam_of_stored_key(self, key_id: str) -> Iam:
        """Returns IAM signed with a key that no profile has, with the rotated profile's device."""
        profile = self.catalog.profiles.get(rotated_profile(self.record, self.catalog))
        if profile is not None and signs_in_with_mfa(profile):
            resolver = self._context.resolver(self.catalog)
            return Iam(resolver.credentials(profile.name, key_id=key_id), profile=profile)
        return Iam(Credentials(key_id, self._context.vault().get(key_id)), profile=profile)

    def _signing_profile(self) -> tuple[str | None, str]:
        """Returns a profile with one of the two keys, and that key; None: no profile has it.

        An inactive key cannot sign.
        """
        both = [key for key in (self.record.new, self.record.old) if key]
        keys = [key for key in both if key not in self._inactive] or both
        users = [
            (name, key)
            for key in keys
            for name in self.catalog.users_of_key(key)
            if key_in_vault(self.catalog.get(name)) == key  # another source may take precedence
        ]
        users.sort(key=lambda user: user[0] != rotated_profile(self.record, self.catalog))
        return users[0] if users else (None, keys[0])

    def _retry_iam(self, call: Callable[[Iam], _T]) -> _T:
        """Returns the result of ``call``, retried: IAM may know the new key later than STS."""
        return wait_until_accepted(lambda: call(self._iam()), in_a_row=1)

    def _list_keys(self) -> Mapping[str, AccessKey]:
        found = self._retry_iam(lambda iam: iam.access_keys(self.record.user))
        keys = {key.id: key for key in require_listed_keys(found)}
        self._inactive = {key.id for key in keys.values() if not key.active}
        return keys

    def _create_key(self, keys: Mapping[str, AccessKey]) -> str:
        """Returns the ID of the new key, in the vault: a new one, or an interrupted run's."""
        key_context, user, old = self._context, self.record.user, self.record.old
        adopted = self._adopt_stored_key(keys)
        if adopted is not None:
            return adopted
        orphans.delete_orphaned_keys(key_context, self.catalog, self._iam(), self._creator(), keys)
        try:
            new = new_key.create_stored_key(
                key_context,
                self.catalog,
                self.catalog.users_of_key(old),
                old,
                lambda: orphans.create_noted_key(
                    self._iam(), user, lambda when: self._update(creating=when)
                ),
                lambda key_id: self._iam().delete_access_key(user, key_id),
            )
        except CredentialsError as exc:
            if exc.code != "LimitExceeded":
                raise
            profile = self._arguments()
            raise CredentialsError(
                f"{self.record.user} has two keys, the most that IAM allows.",
                f"awsprof keys list {profile} shows both; delete one, then"
                f" awsprof keys rotate {profile} continues",
                code=exc.code,
            ) from exc
        self._record_new(new)
        key_context.terminal.ok(f"{new} created, and stored in {key_context.vault().title}")
        return new

    def _adopt_stored_key(self, keys: Mapping[str, AccessKey]) -> str | None:
        """Returns the key that an interrupted run stored, now recorded as the new one, or None."""
        adopted = orphans.find_stored_key(self._context, self.catalog, self._creator(), keys)
        if adopted is not None:
            self._record_new(adopted)
        return adopted

    def _offer_deletion(self, keys: Mapping[str, AccessKey]) -> None:
        """Offers to delete what an interrupted run created; names a key that stays."""
        iam, creator = self._iam(), self._creator()
        try:
            orphans.delete_orphaned_keys(self._context, self.catalog, iam, creator, keys)
        except AwsprofError as exc:
            self._context.terminal.warn(exc.message)
            self._context.terminal.detail(exc.fix)

    def _creator(self) -> orphans.KeyCreator:
        record = self.record

        def delete(key_id: str) -> None:
            self._iam().delete_access_key(record.user, key_id)

        return orphans.KeyCreator(
            record.user,
            (*record.known, record.old),
            f"awsprof keys rotate {self._arguments()}",
            delete,
            record.creating,
        )

    def _record_new(self, new: str) -> None:
        """Records in the index whose key the new one is, and the progress."""
        record_user(self._context, new, self.record.arn)
        self._update(new=new, creating=None)

    def _verify(self, new: str, *, in_a_row: int = 3) -> None:
        """Calls GetCallerIdentity with the new key until AWS knows it everywhere."""
        key_context = self._context
        profile = self.catalog.profiles.get(rotated_profile(self.record, self.catalog))
        bare = Credentials(new, key_context.vault().get(new))
        announced = False

        def ask() -> Identity:
            nonlocal announced
            try:
                return get_caller_identity(bare, profile=profile)
            except CredentialsError as exc:
                if is_unknown(exc) and not announced:
                    announced = True
                    key_context.terminal.say("   waiting until AWS knows the key everywhere")
                raise

        who = wait_until_accepted(ask, in_a_row=in_a_row)
        if who.arn != self.record.arn:
            raise CredentialsError(
                f"{new} is a key of {who.arn}, not of {self.record.arn}.",
                f"look at both: awsprof keys list; awsprof keys rotate"
                f" {self._arguments('--back')} switches back",
            )
        if in_a_row > 1:
            key_context.terminal.ok(f"{new} is {who.arn}")

    def _switch(self, new: str) -> None:
        """Switches every profile that names the old key to the new one, in one change."""
        self.catalog = self._context.catalog()  # AWS took its time, or you were asked for a code
        names = self.catalog.users_of_key(self.record.old)
        if names:
            new_key.switch_profiles(self._context, self.catalog, names, self.record.old, new)
            self._context.terminal.ok(f"{join_names(names)}: switched to {new}")
            self.catalog = self._context.catalog()
        if self.record.switched is None:
            self._update(switched=_now())

    def _forget_sessions(self) -> None:
        forget_sessions_of_key(self._context, self.catalog, self.record.old, self.record.new or "")

    def _deactivate_old(self) -> None:
        old = self.record.old
        keys = self._list_keys()
        if old in keys and keys[old].active:
            self._require_unnamed_old()
            deactivate = partial(Iam.set_active, user=self.record.user, key_id=old, active=False)
            self._retry_iam(deactivate)
            self._context.terminal.ok(f"{old} is inactive")
        self._update(waiting=_now())

    def _require_unnamed_old(self) -> None:
        """Raises CredentialsError if profiles still name the old key: they would stop working."""
        old = self.record.old
        names = self.catalog.users_of_key(old)
        if names:
            raise CredentialsError(
                f"{join_names(names)}: the profile's credential_process names the old key, {old},"
                " which would stop working.",
                f"awsprof show {arguments(names[0])} shows the line;"
                f" awsprof keys rotate {self._arguments('--back')} goes back to that key",
            )

    def _agreed_to_delete(self) -> bool:
        old, key_context = self.record.old, self._context
        last = self._retry_iam(lambda iam: iam.last_used(old))
        since = self.record.switched or self.record.began
        if isinstance(last, LastUsed) and last.when is not None and last.when > since:
            key_context.terminal.warn(
                f"{old} was used after the switch ({describe_last_use(last)}): something still"
                " uses it."
            )
            back = f"awsprof keys rotate {self._arguments('--back')}"
            if key_context.yes:
                raise CredentialsError(
                    f"{old} was not deleted: something used it after the switch.",
                    f"find out what still uses it, or switch back: {back}; to delete it anyway, add"
                    " --now",
                )
            key_context.terminal.detail(f"to switch back: {back}")
            return key_context.agree(f"Delete {old} anyway?", False)
        known = describe_last_use(last)
        key_context.terminal.say(
            f"{old} has been inactive for {describe_age(self.record.waiting or since)}"
        )
        if known:
            key_context.terminal.say(f"   last used: {known}")
        return key_context.agree(f"Delete {old} permanently?", True)


def _now() -> datetime:
    return datetime.now(UTC)
