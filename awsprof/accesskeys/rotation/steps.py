"""Rotating a key, a step at a time; each can be the last one of a process, and none is lost.

How far it is stands in the vault's index; what is done is found out anew at each run, from IAM, the
vault and the files. The new secret is in the vault before anything else happens.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from awsprof.accesskeys import new_key
from awsprof.accesskeys.context import (
    KeyContext,
    drop_secret,
    is_unknown,
    record_user,
    require_permitted,
)
from awsprof.accesskeys.format import describe_age, describe_last_use, join_names, rotated_profile
from awsprof.accesskeys.propagation import until_known
from awsprof.accesskeys.rotation import orphans
from awsprof.accesskeys.rotation.stale_sessions import forget_sessions_of_key
from awsprof.awsapi.caller_identity import Identity, whoami
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.iam import AccessKey, Iam, LastUsed
from awsprof.errors import CredentialsError
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.form import key_in_vault
from awsprof.shells import arguments
from awsprof.vault.index import Index, RotationRecord

_T = TypeVar("_T")


class Rotation:
    """Carries one rotation out, step by step."""

    def __init__(self, key_context: KeyContext, rotation: RotationRecord) -> None:
        self._desk = key_context
        self.rotation = rotation
        self._held: dict[str, Iam] = {}

    def advance(self) -> None:
        """From wherever it is to where the old key is inactive, and waits to be deleted."""
        if self.rotation.waiting is not None:
            return
        keys = self._listed()
        new = self.rotation.new or self._made(keys)
        if new in keys and not keys[new].active:
            self._iam().set_active(self.rotation.user, new, active=True)
            self._desk.terminal.ok(f"{new} is active again")
        self._verify(new)
        self._switch(new)
        self._forget()
        self._switch_off()

    def finish(self, *, at_once: bool) -> bool:
        """Delete the old key, when nothing needs it; False where the person would not yet.

        ``at_once`` looks at no last use. CredentialsError where ``yes`` cannot decide it.
        """
        old, key_context = self.rotation.old, self._desk
        self._verify(self.rotation.new or "", in_a_row=1)
        if old in self._listed():  # else an earlier run came as far as that
            if not at_once and not self._agreed_to_delete():
                return False
            self._iam_after_switch(lambda iam: iam.delete_access_key(self.rotation.user, old))
        drop_secret(key_context, old)
        Index.load().end_rotation(old)
        key_context.terminal.ok(f"{old} is deleted, at AWS and in {key_context.vault().title}")
        return True

    def turn_back(self) -> bool:
        """Have it go the other way from now on; False where there is no new key to turn from."""
        new, old = self.rotation.new, self.rotation.old
        if new is None:
            self._settle(self._listed())
            Index.load().end_rotation(old)
            return False
        if old not in self._listed():
            raise CredentialsError(
                f"{old} is not there any more, so there is no way back.",
                f"awsprof keys rotate {self._typed('--continue')} ends the rotation",
            )
        back = replace(self.rotation, old=new, new=old, switched=None, waiting=None)
        Index.load().note_rotation(back, instead_of=old)
        self.rotation = back
        return True

    def _typed(self, flags: str = "") -> str:
        """The profile, and flags, as they are typed in a command."""
        return arguments(rotated_profile(self.rotation, self._desk.catalog()), flags=flags)

    def _note(self, **news: Any) -> None:
        self.rotation = replace(self.rotation, **news)
        Index.load().note_rotation(self.rotation)

    def _iam(self) -> Iam:
        """IAM by the key that the profiles have now; a session of this run signs to its end.

        A session with MFA goes on when its key is inactive, and needs no second code.
        """
        for held in self._held.values():
            if held.temporary:
                return held
        name, key_id = self._signer(self._desk.catalog())
        if key_id not in self._held:
            if name is None:
                bare = Credentials(key_id, self._desk.vault().get(key_id))
                self._held[key_id] = Iam(bare)
            else:
                self._held[key_id] = self._desk.iam(name)
        return self._held[key_id]

    def _signer(self, catalog: Catalog) -> tuple[str | None, str]:
        """A profile with one of the two keys, and which it is; None: the bare key will have to."""
        ours = [key for key in (self.rotation.new, self.rotation.old) if key]
        users = [
            (name, key)
            for key in ours
            for name in catalog.users_of_key(key)
            if key_in_vault(catalog.get(name)) == key  # what hides the line would sign
        ]
        users.sort(key=lambda user: user[0] != rotated_profile(self.rotation, catalog))
        return users[0] if users else (None, ours[0])

    def _iam_after_switch(self, call: Callable[[Iam], _T]) -> _T:
        """IAM may know the new key a little later than STS."""
        return until_known(lambda: call(self._iam()), in_a_row=1)

    def _listed(self) -> Mapping[str, AccessKey]:
        found = self._iam_after_switch(lambda iam: iam.access_keys(self.rotation.user))
        return {key.id: key for key in require_permitted(found, "ListAccessKeys")}

    def _made(self, keys: Mapping[str, AccessKey]) -> str:
        """The new key, in the vault: made now, or by a run that came no further than that."""
        key_context, user, old = self._desk, self.rotation.user, self.rotation.old
        adopted = self._settle(keys)
        if adopted is not None:
            self._noted(adopted)  # the index may not know of it yet
            return adopted
        names = key_context.catalog().users_of_key(old)
        try:
            new = new_key.create_stored_key(
                key_context,
                names,
                old,
                lambda: self._iam().create_access_key(user),
                lambda key_id: self._iam().delete_access_key(user, key_id),
            )
        except CredentialsError as exc:
            if exc.code != "LimitExceeded":
                raise
            typed = self._typed()
            raise CredentialsError(
                f"{self.rotation.user} has two keys, and may not have more.",
                f"awsprof keys list {typed} shows both; with one deleted,"
                f" awsprof keys rotate {typed} goes on",
                code=exc.code,
            ) from exc
        self._noted(new)
        key_context.terminal.ok(f"{new} is made, and in {key_context.vault().title}")
        return new

    def _settle(self, keys: Mapping[str, AccessKey]) -> str | None:
        rotation = self.rotation

        def delete(key_id: str) -> None:
            self._iam().delete_access_key(rotation.user, key_id)

        flow = orphans.KeyFlow(
            rotation.user,
            (*rotation.known, rotation.old),
            f"awsprof keys rotate {self._typed()}",
            delete,
        )
        return orphans.settle_orphan(self._desk, self._iam(), flow, keys)

    def _noted(self, new: str) -> None:
        """In the index: whose the new key is, for both are the user's now, and how far it is."""
        record_user(self._desk, new, self.rotation.arn)
        self._note(new=new)

    def _verify(self, new: str, *, in_a_row: int = 3) -> None:
        """GetCallerIdentity by the new key itself, until AWS knows it everywhere."""
        key_context = self._desk
        profile = key_context.catalog().profiles.get(
            rotated_profile(self.rotation, key_context.catalog())
        )
        bare = Credentials(new, key_context.vault().get(new))
        told = False

        def ask() -> Identity:
            nonlocal told
            try:
                return whoami(bare, profile=profile)
            except CredentialsError as exc:
                if is_unknown(exc) and not told:
                    told = True
                    key_context.terminal.say("   waiting until AWS knows the key everywhere")
                raise

        who = until_known(ask, in_a_row=in_a_row)
        if who.arn != self.rotation.arn:
            raise CredentialsError(
                f"{new} is a key of {who.arn}, and not of {self.rotation.arn}.",
                f"look at both: awsprof keys list; awsprof keys rotate"
                f" {self._typed('--back')} undoes it",
            )
        if in_a_row > 1:
            key_context.terminal.ok(f"{new} is {who.arn}")

    def _switch(self, new: str) -> None:
        """Every profile that names the old key goes over to the new one, in one edit."""
        catalog, key_context = self._desk.catalog(), self._desk
        names = catalog.users_of_key(self.rotation.old)
        if names:
            new_key.switch_profiles(key_context, names, self.rotation.old, new)
            key_context.terminal.ok(f"{new} serves {join_names(names)}")
        if self.rotation.switched is None:
            self._note(switched=_now())

    def _forget(self) -> None:
        forget_sessions_of_key(self._desk, self.rotation.old, self.rotation.new or "")

    def _switch_off(self) -> None:
        old = self.rotation.old
        keys = self._listed()
        if old in keys and keys[old].active:
            off = partial(Iam.set_active, user=self.rotation.user, key_id=old, active=False)
            self._iam_after_switch(off)
            self._desk.terminal.ok(f"{old} is inactive")
        self._note(waiting=_now())

    def _agreed_to_delete(self) -> bool:
        old, key_context = self.rotation.old, self._desk
        last = self._iam_after_switch(lambda iam: iam.last_used(old))
        since = self.rotation.switched or self.rotation.began
        if isinstance(last, LastUsed) and last.when is not None and last.when > since:
            key_context.terminal.warn(
                f"{old} was used after the switch ({describe_last_use(last)}): something still"
                " has it."
            )
            back = f"awsprof keys rotate {self._typed('--back')}"
            if key_context.yes:
                raise CredentialsError(
                    f"{old} is not deleted: something used it after the switch.",
                    f"find what still has it, or switch back: {back}; --now deletes it all the"
                    " same",
                )
            key_context.terminal.detail(f"switch back with {back}")
            return key_context.agree(f"Delete {old} all the same?", False)
        known = describe_last_use(last)
        key_context.terminal.say(
            f"{old} has been inactive for {describe_age(self.rotation.waiting or since)}"
        )
        if known:
            key_context.terminal.say(f"   last used: {known}")
        return key_context.agree(f"Delete {old} for good?", True)


def _now() -> datetime:
    return datetime.now(UTC)
