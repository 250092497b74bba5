"""Stopping a key that has leaked, in an order that does not cut off the hand that does it.

Sessions outlive their key by up to 36 hours, so they are denied first, by a policy on the user;
then the key goes; and what sessions it made meanwhile are denied last, when nothing of ours needs
an older one any more. What AWS does not allow is told, and the next step is done all the same.

Each step can be done twice, and the leaked key's id is noted before the first: a run that was cut
short is gone on with by the same command.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar

from awsprof.accesskeys import aws_cli_cache, new_key
from awsprof.accesskeys.context import KeyContext, is_unknown, record_user
from awsprof.accesskeys.format import join_names, profiles_naming, profiles_with
from awsprof.accesskeys.iam_policies import older_sessions
from awsprof.accesskeys.incident import Incident
from awsprof.accesskeys.propagation import until_known, until_refused
from awsprof.accesskeys.rotation import orphans
from awsprof.accesskeys.rotation.run import rotation_lock
from awsprof.accesskeys.rotation.stale_sessions import profiles_with_old_key
from awsprof.auth.logout import forget_profile_sessions
from awsprof.awsapi.caller_identity import whoami
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.iam import AccessKey, NotPermitted
from awsprof.awsapi.iam_users import IamUsers
from awsprof.errors import AwsprofError, CredentialsError
from awsprof.local_time import clock_time
from awsprof.profiles.catalog import Catalog
from awsprof.text import sanitize
from awsprof.vault.index import Index

_T = TypeVar("_T")
POLICY: Final = "AwsprofDenyOlderSessions"  # of the user; one stands in place of the last
# Where no hand is left for a second denial, the first is for this much longer: what the key makes
# in its last moments is denied too.
_MARGIN: Final = timedelta(minutes=2)
_SECOND: Final = timedelta(seconds=1)  # times in policies have no parts of one


def stop_key(key_context: KeyContext, incident: Incident, *, new_key: bool) -> None:
    """Do it, a step at a time; a step that fails keeps no other one from being done.

    Busy where a rotation or another stop goes on.
    """
    with rotation_lock():
        _begin(key_context, incident, new_key or incident.new is not None)
        _Stopping(key_context, incident).run()
        if not incident.failed:
            _note(incident, finished=datetime.now(UTC))


def _begin(key_context: KeyContext, incident: Incident, new_key: bool) -> None:
    """Note what is stopped, before anything else; a rotation of that key is over by it.

    AwsprofError where another process went on with it since it was looked for.
    """
    index = Index.load()
    noted = index.stop_of(incident.key_id)
    if noted is not None and (noted.began, noted.new) != (incident.stop.began, incident.new):
        raise AwsprofError(
            f"Another process went on with stopping {incident.key_id} at the same time.",
            f"awsprof keys stop {incident.key_id} shows how far it is",
        )
    _note(incident, new_key=new_key)
    if index.find(incident.key_id) is not None:  # its user's other keys are found by that
        record_user(key_context, incident.key_id, incident.stop.arn)
    rotation = index.rotation_of(incident.key_id)
    if rotation is not None:
        index.end_rotation(rotation.old)


def _note(incident: Incident, **news: Any) -> None:
    incident.stop = replace(incident.stop, **news)
    Index.load().note_stop(incident.stop)


class _Stopping:
    """One run over all the steps."""

    def __init__(self, key_context: KeyContext, incident: Incident) -> None:
        self._desk = key_context
        self._incident = incident
        self._last = incident.by_itself and not incident.stop.new_key

    def run(self) -> None:
        incident, before = self._incident, self._desk.catalog()
        new_key = incident.stop.new_key
        # Who may not deny it once may not do it twice.
        again = self._step("The sessions of the key go on, 36 hours at most", self._deny)
        if new_key:
            self._step("The profiles get no new key", self._renew)
        off = self._step(f"{incident.key_id} IS STILL ACTIVE", self._switch_off)
        if incident.new:
            self._step("The profiles have the old key still", self._hand_over)
        alone = incident.by_itself and incident.new is None
        if off and again and not alone and incident.signer is not None:
            self._step("Sessions made in the last minutes go on", self._deny_again)
        self._forget(before)

    def _step(self, unless: str, do: Callable[[], str]) -> bool:
        """One step: told where it is done, and where it is not, with who could."""
        incident, key_context = self._incident, self._desk
        try:
            done = do()
        except AwsprofError as exc:
            who = f"awsprof keys stop {incident.key_id} with --using and a profile that may"
            if exc.code == "AccessDenied":
                mend = (
                    f"somebody who may, at once: {who}; or in the console: IAM, Users,"
                    f" {sanitize(incident.user)}, Security credentials. To ask for it: awsprof"
                    " policy"
                    " stop-keys"
                )
            else:
                mend = exc.fix or who
            incident.failed.append(f"{unless}: {exc.message}")
            key_context.terminal.failed(incident.failed[-1], mend)
            return False
        incident.done.append(done)
        key_context.terminal.ok(done)
        return True

    def _do(self, call: Callable[[IamUsers], _T]) -> _T:
        """What the call gives, by whoever signs; IAM may know a new key later than STS."""
        signer = self._incident.signer
        if signer is None:
            raise CredentialsError(
                f"Nothing here can sign for {self._incident.key_id} any more.",
                f"awsprof keys stop {self._incident.key_id} with --using and a profile that may",
            )
        if signer.iam.key_id == self._incident.new:
            return until_known(lambda: signer.do(call), in_a_row=1)
        return signer.do(call)

    def _deny(self) -> str:
        """Before the key goes. A session of the user that does it is not to be cut off by it."""
        incident = self._incident
        done = f"older sessions of {sanitize(incident.user)} are denied everything"
        if incident.signer is None and incident.stop.denied:
            return done
        bare = incident.signer.iam if incident.signer is not None else None

        def call(iam: IamUsers) -> None:
            if iam.temporary and incident.own and bare is not None:
                until = bare.told  # when the key as it is was denied it: the session came after
            else:
                iam.access_keys(incident.user)  # whatever it says, it says when it is
                until = iam.told + _SECOND + (_MARGIN if self._last else timedelta())
                if incident.own and incident.signer is not None and incident.signer.sign_in:
                    until = iam.told  # a session of this very second may be ours, of the next call
            iam.put_user_policy(incident.user, POLICY, older_sessions(until))

        self._do(call)
        _note(incident, denied=True)
        return done

    def _renew(self) -> str:
        """A key in its place, in the vault, which AWS knows: made now, or by an earlier run."""
        incident, key_context = self._incident, self._desk
        vault = key_context.vault()
        new = incident.new if incident.new and vault.holds(incident.new) else None
        if new is not None:
            self._switch_on(new)
        else:
            if not profiles_naming(incident.key_id, key_context.catalog()):
                return "no profile has the leaked key, so none needs a new one"
            new = self._made()
            _note(incident, new=new)
        record_user(key_context, new, incident.stop.arn)
        bare = Credentials(new, vault.get(new))
        who = until_known(lambda: whoami(bare, profile=incident.profile))
        if (who.account, who.arn.rsplit("/", 1)[-1]) != (incident.stop.account, incident.user):
            raise CredentialsError(
                f"{new} is a key of {who.arn}, and not of {incident.stop.arn}.",
                f"awsprof keys delete {new}",
            )
        return f"{new} is made, and in {vault.title}"

    def _switch_on(self, new: str) -> None:
        """A key of an earlier run, which somebody may have switched off since."""
        found = self._listed().get(new)
        if found is not None and not found.active:
            self._do(lambda iam: iam.set_active(self._incident.user, new, active=True))

    def _made(self) -> str:
        """The id of a new key of the user, in the vault: of an earlier run, or made now."""
        incident, key_context = self._incident, self._desk
        user, keys = incident.user, self._listed()
        if keys and not incident.stop.known:
            _note(incident, known=tuple(keys))
        waiting = self._waiting(keys)
        if waiting is not None:
            return waiting

        def delete(key_id: str) -> None:
            self._do(lambda iam: iam.delete_access_key(user, key_id))

        signer = incident.signer
        if keys and signer is not None:
            again = f"awsprof keys stop {incident.key_id}"
            flow = orphans.KeyFlow(user, incident.stop.known, again, delete)
            orphans.settle_orphan(key_context, signer.iam, flow, keys)
        names = profiles_naming(incident.key_id, key_context.catalog())
        create = partial(self._do, lambda iam: iam.create_access_key(user))
        try:
            return new_key.create_stored_key(key_context, names, incident.key_id, create, delete)
        except CredentialsError as exc:
            if exc.code != "LimitExceeded":
                raise
            others = [key for key in keys if key != incident.key_id]
            raise CredentialsError(
                f"{sanitize(user)} has two keys, and may not have more.",
                f"where nothing needs it: awsprof keys delete {(others or [incident.key_id])[0]};"
                f" then awsprof keys stop {incident.key_id} goes on",
                code=exc.code,
            ) from exc

    def _listed(self) -> dict[str, AccessKey]:
        """The user's keys; none where one may not look."""
        signer, user = self._incident.signer, self._incident.user
        found = signer.look(lambda iam: iam.access_keys(user)) if signer is not None else ()
        return {} if isinstance(found, NotPermitted) else {key.id: key for key in found}

    def _waiting(self, keys: dict[str, AccessKey]) -> str | None:
        """An active key of the user in the vault, which no profile has."""
        catalog, vault = self._desk.catalog(), self._desk.vault()
        for key in keys.values():
            free = (
                key.id != self._incident.key_id
                and key.active
                and not profiles_with(key.id, catalog)
            )
            known = key.id in self._incident.stop.known
            if free and (not known or Index.load().find(key.id)) and vault.holds(key.id):
                return key.id
        return None

    def _switch_off(self) -> str:
        incident = self._incident
        user, leaked = incident.user, incident.key_id
        if incident.signer is None and incident.bare is not None:
            try:
                whoami(incident.bare)
            except CredentialsError as exc:
                if is_unknown(exc):
                    return f"{leaked} is inactive: AWS takes it no more"
                raise
        self._do(lambda iam: iam.set_active(user, leaked, active=False))
        return f"{leaked} is inactive"

    def _hand_over(self) -> str:
        incident, key_context = self._incident, self._desk
        names = profiles_naming(incident.key_id, key_context.catalog())
        if names:
            self._sessions_of(key_context.catalog())  # while the files say which those are
            new_key.switch_profiles(key_context, names, incident.key_id, incident.new or "")
        return f"{join_names(incident.profiles)}: the new key serves"

    def _deny_again(self) -> str:
        """The last call: it may cut off the very session that makes it."""
        incident = self._incident
        if incident.bare is not None:  # its secret is here to try it by
            until_refused(incident.bare, incident.profile)
        if incident.signer is None:
            return "what was signed in meanwhile is denied too"
        iam = incident.signer.iam
        if incident.by_itself and incident.new:
            secret = self._desk.vault().get(incident.new)
            iam = IamUsers(Credentials(incident.new, secret), profile=incident.signer.profile)

        def put() -> None:
            iam.access_keys(incident.user)  # whatever it says, it says when it is
            until = iam.told + _SECOND
            iam.put_user_policy(incident.user, POLICY, older_sessions(until))

        until_known(put, in_a_row=1)
        return "what was signed in meanwhile is denied too"

    def _forget(self, before: Catalog) -> None:
        """The sessions kept here, as the files were; an earlier run may have changed them."""
        incident = self._incident
        self._sessions_of(before)
        if incident.new:
            self._sessions_of(
                profiles_with_old_key(self._desk.catalog(), incident.key_id, incident.new)
            )
        roles = [role for name in incident.above if (role := before.get(name).get("role_arn"))]
        aws_cli_cache.clear_sessions(aws_cli_cache.sessions_of_roles(roles))
        self._desk.terminal.ok("the sessions kept here are forgotten")

    def _sessions_of(self, catalog: Catalog) -> None:
        """Forget ours, and tell which live on."""
        incident, key_context = self._incident, self._desk
        names = (*incident.profiles, *incident.above)
        for ended in forget_profile_sessions(
            key_context.keeping(catalog), key_context.sessions(), names
        ):
            if ended.profile not in incident.profiles or not incident.stop.denied:
                until = clock_time(ended.expires)
                key_context.terminal.warn(
                    f"{sanitize(ended.profile)}: AWS honours its session until {until}"
                )
