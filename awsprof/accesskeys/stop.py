"""Stops a leaked key, in an order that does not cut off the credentials that do it.

Sessions outlive their key by up to 36 hours, so a policy on the user denies them first; then the
key is deactivated; sessions that it created in between are denied last, when awsprof needs no older
one any more. A step that AWS does not allow is reported, and the next one still runs.

Each step is idempotent, and the leaked key's ID is recorded before the first: the same command
continues an interrupted run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar

from awsprof.accesskeys import new_key
from awsprof.accesskeys.describe_keys import join_names
from awsprof.accesskeys.iam_policies import older_sessions
from awsprof.accesskeys.incident import Incident, is_user_of, retry_command
from awsprof.accesskeys.key_context import KeyContext, is_unknown, record_user
from awsprof.accesskeys.key_users import profiles_naming, profiles_with
from awsprof.accesskeys.propagation import wait_until_accepted, wait_until_rejected
from awsprof.accesskeys.rotation import orphans, stale_sessions
from awsprof.accesskeys.rotation.flows import rotation_lock
from awsprof.accesskeys.rotation.stale_sessions import profiles_with_old_key
from awsprof.auth.logout import forget_profile_sessions
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.iam import AccessKey, NotPermitted
from awsprof.awsapi.iam_users import IamUsers
from awsprof.awsapi.sts import get_caller_identity
from awsprof.errors import AwsprofError, CredentialsError
from awsprof.profiles.catalog import Catalog
from awsprof.text import clock_time, sanitize
from awsprof.vault.index import Index

_T = TypeVar("_T")
POLICY: Final = "AwsprofDenyOlderSessions"  # an inline policy of the user, replaced each time
# If nothing is left to sign a second denial, the first one covers this much more time, for the
# sessions that the key creates until it is inactive.
_MARGIN: Final = timedelta(minutes=2)

_SECOND: Final = timedelta(seconds=1)  # the precision of times in policies


def stop_key(key_context: KeyContext, incident: Incident, *, new_key: bool) -> None:
    """Runs all steps; a step that fails does not prevent the others.

    Raises LockTimeout while a rotation or another stop runs.
    """
    with rotation_lock():
        _begin(key_context, incident, new_key or incident.new is not None)
        _StopRun(key_context, incident).run()
        if not incident.failed:
            _note(incident, finished=datetime.now(UTC))


def _begin(key_context: KeyContext, incident: Incident, new_key: bool) -> None:
    """Records the stop before anything else, and ends a rotation of the key.

    Raises AwsprofError if another process continued the stop in the meantime.
    """
    index = Index.load()
    recorded = index.stop_of(incident.key_id)
    if recorded is not None and (recorded.began, recorded.new) != (
        incident.stop.began,
        incident.new,
    ):
        raise AwsprofError(
            f"Another process continued stopping {incident.key_id} at the same time.",
            f"awsprof keys stop {incident.key_id} shows what is left",
        )
    _note(incident, new_key=new_key)
    if index.find(incident.key_id) is not None:  # the ARN connects the user's other keys
        record_user(key_context, incident.key_id, incident.stop.arn)
    rotation = index.rotation_of(incident.key_id)
    if rotation is not None:
        index.end_rotation(rotation.old)


def _note(incident: Incident, **changes: Any) -> None:
    incident.stop = replace(incident.stop, **changes)
    Index.load().note_stop(incident.stop)


class _StopRun:
    """One run of all steps."""

    def __init__(self, key_context: KeyContext, incident: Incident) -> None:
        self._context = key_context
        self._incident = incident
        self._denies_once = incident.signs_itself and not incident.stop.new_key

    def run(self) -> None:
        incident, before = self._incident, self._context.catalog()
        denied = self._step(
            "Sessions of the key stay valid, for up to 36 hours", self._deny_sessions
        )
        if incident.stop.new_key:
            self._step("The profiles get no new key", self._replace_key)
        inactive = self._step(f"{incident.key_id} IS STILL ACTIVE", self._deactivate)
        if incident.new:
            self._step("The profiles still have the old key", self._switch_profiles)
        can_sign = incident.signer is not None and not (
            incident.signs_itself and incident.new is None
        )
        if inactive and denied and can_sign:  # without the first denial a second would fail too
            self._step("Sessions of the last minutes stay valid", self._deny_later_sessions)
        self._forget_sessions(before)

    def _step(self, failure: str, action: Callable[[], str]) -> bool:
        """Runs a step and shows its result or ``failure``; True if it succeeded."""
        incident, key_context = self._incident, self._context
        try:
            result = action()
        except AwsprofError as exc:
            retry = retry_command(incident.key_id)
            if exc.code == "AccessDenied":
                fix = (
                    f"run it with a profile that has the permission, at once: {retry}; or in the"
                    f" console: IAM, Users, {sanitize(incident.user)}, Security credentials. The"
                    " permissions to ask for: awsprof policy stop-keys"
                )
            else:
                fix = exc.fix or retry
            incident.failed.append(f"{failure}: {exc.message}")
            key_context.terminal.failed(incident.failed[-1], fix)
            return False
        incident.done.append(result)
        key_context.terminal.ok(result)
        return True

    def _call(self, call: Callable[[IamUsers], _T]) -> _T:
        """Returns the result of ``call``, retried: IAM may know a new key later than STS."""
        signer = self._incident.signer
        if signer is None:
            raise CredentialsError(
                f"Nothing here can sign for {self._incident.key_id} any more.",
                retry_command(self._incident.key_id),
            )
        if signer.iam.key_id == self._incident.new:
            return wait_until_accepted(lambda: signer.call(call), in_a_row=1)
        return signer.call(call)

    def _deny_sessions(self) -> str:
        """Denies older sessions, but not the user's session that signs this call."""
        incident = self._incident
        result = f"older sessions of {sanitize(incident.user)} are denied everything"
        if incident.signer is None and incident.stop.denied:
            return result
        bare = incident.signer.iam if incident.signer is not None else None

        def call(iam: IamUsers) -> None:
            if iam.temporary and incident.is_own_signer and bare is not None:
                until = bare.aws_time  # of the bare key's denial: the session is newer
            else:
                iam.access_keys(incident.user)  # only for the time in the response
                until = iam.aws_time + _SECOND + (_MARGIN if self._denies_once else timedelta())
                if incident.is_own_signer and incident.signer and incident.signer.sign_in:
                    until = iam.aws_time  # the next call may need a session of this very second
            iam.put_user_policy(incident.user, POLICY, older_sessions(until))

        self._call(call)
        _note(incident, denied=True)
        return result

    def _replace_key(self) -> str:
        """Makes sure that there is a new key, in the vault and known to AWS."""
        incident, key_context = self._incident, self._context
        catalog, vault = key_context.catalog(), key_context.vault()
        new = incident.new if incident.new and vault.holds(incident.new) else None
        if new is not None:
            self._activate(new)
        else:
            if not profiles_naming(incident.key_id, catalog):
                return "no profile has the leaked key, so none needs a new one"
            new = self._new_key(catalog)
            _note(incident, new=new, creating=None)
        record_user(key_context, new, incident.stop.arn)
        bare = Credentials(new, vault.get(new))
        who = wait_until_accepted(lambda: get_caller_identity(bare, profile=incident.profile))
        if not is_user_of(who, incident.stop):
            raise CredentialsError(
                f"{new} is a key of {who.arn}, not of {incident.stop.arn}.",
                f"awsprof keys delete {new}",
            )
        return f"{new} created, and stored in {vault.title}"

    def _activate(self, new: str) -> None:
        """Activates the key of an earlier run, if it was deactivated since."""
        key = self._list_keys().get(new)
        if key is not None and not key.active:
            self._call(lambda iam: iam.set_active(self._incident.user, new, active=True))

    def _new_key(self, catalog: Catalog) -> str:
        """Returns the ID of a new key in the vault: an earlier run's, or one created now."""
        incident, key_context = self._incident, self._context
        user, keys = incident.user, self._list_keys()
        if keys and not incident.stop.known:
            _note(incident, known=tuple(keys))
        unused = self._unused_key(keys, catalog)
        if unused is not None:
            return unused

        def delete(key_id: str) -> None:
            self._call(lambda iam: iam.delete_access_key(user, key_id))

        signer = incident.signer
        if keys and signer is not None:
            continue_command = f"awsprof keys stop {incident.key_id}"
            creator = orphans.KeyCreator(
                user, incident.stop.known, continue_command, delete, incident.stop.creating
            )
            orphans.delete_orphaned_keys(key_context, catalog, signer.iam, creator, keys)
        names = profiles_naming(incident.key_id, catalog)
        create = partial(
            self._call,
            lambda iam: orphans.create_noted_key(
                iam, user, lambda when: _note(incident, creating=when)
            ),
        )
        try:
            return new_key.create_stored_key(
                key_context, catalog, names, incident.key_id, create, delete
            )
        except CredentialsError as exc:
            if exc.code != "LimitExceeded":
                raise
            others = [key for key in keys if key != incident.key_id]
            raise CredentialsError(
                f"{sanitize(user)} has two keys, the most that IAM allows.",
                f"if nothing needs it: awsprof keys delete {(others or [incident.key_id])[0]};"
                f" then awsprof keys stop {incident.key_id} continues",
                code=exc.code,
            ) from exc

    def _list_keys(self) -> dict[str, AccessKey]:
        """Returns the user's keys; empty if AWS denies it."""
        signer, user = self._incident.signer, self._incident.user
        keys = signer.read(lambda iam: iam.access_keys(user)) if signer is not None else ()
        return {} if isinstance(keys, NotPermitted) else {key.id: key for key in keys}

    def _unused_key(self, keys: dict[str, AccessKey], catalog: Catalog) -> str | None:
        """Returns an active key of the user in the vault that no profile uses, or None."""
        vault = self._context.vault()
        for key in keys.values():
            unused = (
                key.id != self._incident.key_id
                and key.active
                and not profiles_with(key.id, catalog)
            )
            known = key.id in self._incident.stop.known
            if unused and (not known or Index.load().find(key.id)) and vault.holds(key.id):
                return key.id
        return None

    def _deactivate(self) -> str:
        incident = self._incident
        user, leaked = incident.user, incident.key_id
        if incident.signer is None and incident.bare is not None:
            try:
                get_caller_identity(incident.bare)
            except CredentialsError as exc:
                if is_unknown(exc):
                    return f"{leaked} is inactive: AWS rejects it"
                raise
        self._call(lambda iam: iam.set_active(user, leaked, active=False))
        return f"{leaked} is inactive"

    def _switch_profiles(self) -> str:
        incident, key_context = self._incident, self._context
        catalog = key_context.catalog()
        names = profiles_naming(incident.key_id, catalog)
        if names:
            self._forget_sessions_of(catalog)  # while the files still name the old key
            new_key.switch_profiles(
                key_context, catalog, names, incident.key_id, incident.new or ""
            )
        return f"{join_names(incident.profiles)}: switched to the new key"

    def _deny_later_sessions(self) -> str:
        """Denies newer sessions too; the last call, since it may cut off its own session."""
        incident = self._incident
        result = "sessions that were created meanwhile are denied too"
        if incident.bare is not None:
            wait_until_rejected(incident.bare, incident.profile)
        if incident.signer is None:
            return result
        iam = incident.signer.iam
        if incident.signs_itself and incident.new:
            secret = self._context.vault().get(incident.new)
            iam = IamUsers(Credentials(incident.new, secret), profile=incident.signer.profile)

        def put_policy() -> None:
            iam.access_keys(incident.user)  # only for the time in the response
            until = iam.aws_time + _SECOND
            iam.put_user_policy(incident.user, POLICY, older_sessions(until))

        wait_until_accepted(put_policy, in_a_row=1)
        return result

    def _forget_sessions(self, before: Catalog) -> None:
        """Deletes cached sessions; an earlier run may have switched the profiles already."""
        incident = self._incident
        catalogs = [before]
        if incident.new:
            now = self._context.catalog()
            catalogs.append(profiles_with_old_key(now, incident.key_id, incident.new))
        deleted = [self._forget_sessions_of(catalog) for catalog in catalogs]
        roles = [role for name in incident.dependents if (role := before.get(name).get("role_arn"))]
        stale_sessions.clear_sessions(stale_sessions.sessions_of_roles(roles))
        if all(deleted):
            self._context.terminal.ok("sessions on this machine deleted")

    def _forget_sessions_of(self, catalog: Catalog) -> bool:
        """Deletes awsprof's sessions of the profiles; False if some are still here.

        Warns about those that AWS still accepts.
        """
        incident, key_context = self._incident, self._context
        names = (*incident.profiles, *incident.dependents)
        forgotten = forget_profile_sessions(
            key_context.caching_resolver(catalog), key_context.sessions(), names
        )
        if forgotten.failure is not None:
            key_context.terminal.error(forgotten.failure)
        for session in forgotten.still_valid:
            if session.profile not in incident.profiles or not incident.stop.denied:
                until = clock_time(session.expires)
                key_context.terminal.warn(
                    f"{sanitize(session.profile)}: AWS accepts its session until {until}"
                )
        return forgotten.failure is None
