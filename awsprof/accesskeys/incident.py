"""A leaked key: whose it is, which profiles use it, what can sign, and what has been done.

A profile's name means another key once it was switched to the new one. So the leaked key's ID is
recorded before anything is done, and a name is looked up in these records before the files.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from awsprof.accesskeys.describe_keys import join_names
from awsprof.accesskeys.key_context import KeyContext, is_unknown
from awsprof.accesskeys.key_users import dependents_of, long_term_key_of, profiles_naming
from awsprof.accesskeys.propagation import wait_until_accepted
from awsprof.accesskeys.signer import (
    IamSigner,
    bare_key,
    profile_with_key,
    signer_for_key,
    signer_for_profile,
    signer_for_stored_key,
)
from awsprof.arn import Arn
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.iam import LastUsed, NotPermitted
from awsprof.awsapi.sts import Identity
from awsprof.errors import CredentialsError, SecretNotFound, UsageError
from awsprof.key_ids import display_id, is_access_key_id, is_long_term
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.model import Profile
from awsprof.regions import DEFAULT_PARTITION
from awsprof.shells import arguments
from awsprof.text import sanitize
from awsprof.vault.index import Index
from awsprof.vault.rotation_records import StopRecord

QUARANTINE_POLICY = "AWSCompromisedKeyQuarantine"
"""How the names of the policies begin that AWS attaches to a user whose key it finds in public."""
_NEW_KNOWN_S = 30.0  # how long to wait until AWS knows the key of an earlier run


@dataclass
class Incident:
    """A leaked key and what is done about it.

    ``signer`` signs the calls; None if an earlier run deactivated the only key that could.
    ``profiles`` use the key, ``dependents`` have one of them as a source. ``quarantine`` are the
    policies that AWS attached. ``bare`` is the key itself, if its secret is here. ``resumed`` is
    True if an earlier run began. ``done`` and ``failed`` are the results of this run, as sentences.
    """

    stop: StopRecord
    signer: IamSigner | None
    profiles: tuple[str, ...]
    dependents: tuple[str, ...]
    quarantine: tuple[str, ...] = ()
    bare: Credentials | None = field(default=None, repr=False)
    resumed: bool = False
    done: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    @property
    def key_id(self) -> str:
        """The leaked key."""
        return self.stop.leaked

    @property
    def user(self) -> str:
        """The name of the user whose key it is."""
        return self.stop.user

    @property
    def new(self) -> str | None:
        """The key that replaces it, if there is one."""
        return self.stop.new

    @property
    def profile(self) -> Profile | None:
        """The profile that signs, whose region and CA file are used."""
        return self.signer.profile if self.signer is not None else None

    @property
    def is_own_signer(self) -> bool:
        """True if the same user signs."""
        return self.signer is not None and is_user_of(self.signer.who, self.stop)

    @property
    def signs_itself(self) -> bool:
        """True if the leaked key itself signs, which ends when it is deactivated."""
        signer = self.signer
        return signer is not None and not signer.iam.temporary and signer.iam.key_id == self.key_id


def finished_stop(key_context: KeyContext, target: str) -> StopRecord | None:
    """Returns the finished stop that gave the profile ``target`` its key; None for an ID."""
    catalog = key_context.catalog()
    if target not in catalog.profiles:
        return None
    key_id = long_term_key_of(target, catalog)
    stop = Index.load().stop_replaced_by(key_id) if key_id else None
    return stop if stop is not None and stop.finished else None


def find_incident(key_context: KeyContext, target: str, using: str | None) -> Incident:
    """Returns the incident of the key that ``target`` names, an ID or a profile.

    The profile ``using`` signs; by default the key itself, or another key of its user in the vault.
    Raises CredentialsError if nothing here can sign.
    """
    catalog, index = key_context.catalog(), Index.load()
    key_id = _leaked_key(target, catalog, index)
    recorded = index.stop_of(key_id)
    signer = (
        signer_for_profile(key_context, using)
        if using
        else _own_signer(key_context, key_id, recorded)
    )
    if recorded is not None:
        stop = replace(recorded, finished=None)
        if signer is not None and signer.who.account != stop.account:
            raise CredentialsError(
                f"{key_id} is a key of account {stop.account}, and {signer.who.arn} is of another.",
                retry_command(key_id),
            )
    else:
        stop = _new_stop(key_id, signer, index, foreign=using is not None)
    names = tuple(
        dict.fromkeys(
            [*profiles_naming(key_id, catalog), *profiles_naming(stop.new or "", catalog)]
        )
    )
    return Incident(
        stop,
        signer,
        names,
        dependents_of(names, catalog),
        _quarantine_policies(signer, stop.user),
        _stored_key(key_context, key_id),
        resumed=recorded is not None,
    )


def retry_command(key_id: str) -> str:
    """Returns the command that stops the key with other permissions, for a fix."""
    return f"awsprof keys stop {key_id} with --using and a profile that has the permission"


def _leaked_key(target: str, catalog: Catalog, index: Index) -> str:
    """Returns the ID of the leaked key. Raises UsageError if ``target`` has no long-term key."""
    is_id = target not in catalog.profiles and is_access_key_id(target)
    key_id = target if is_id else long_term_key_of(target, catalog)
    if key_id is None:
        links = catalog.chain(target).links
        source = arguments(links[-1].name)
        raise UsageError(
            f"{sanitize(target)} has no access key of its own.",
            f"awsprof keys stop {source}" if len(links) > 1 else "awsprof keys list shows them",
        )
    if not is_long_term(key_id):
        raise UsageError(
            f"{sanitize(display_id(key_id))} is the key of a session, which cannot be deactivated.",
            "stop the access key that created it, or revoke the role's sessions; awsprof logout"
            " deletes the copy on this machine",
        )
    stop = None if is_id else index.stop_replaced_by(key_id)
    return stop.leaked if stop is not None else key_id


def _new_stop(key_id: str, signer: IamSigner | None, index: Index, *, foreign: bool) -> StopRecord:
    """Returns a new record; a rotation in progress may have created the new key already."""
    if signer is None:
        raise _no_signer_error(key_id)
    user = _user(key_id, signer, foreign=foreign)
    caller = Arn.parse(signer.who.arn)
    partition = caller.partition if caller else DEFAULT_PARTITION
    arn = str(Arn(partition, "iam", "", signer.who.account, f"user/{user}"))
    stop = StopRecord(key_id, arn, datetime.now(UTC))
    if is_user_of(signer.who, stop):
        stop = replace(stop, arn=signer.who.arn)  # with the user's path
    rotation = index.rotation_of(key_id)
    if rotation is None or rotation.old != key_id:
        return stop
    return replace(stop, known=(key_id, *rotation.known), new=rotation.new)


def is_user_of(who: Identity, stop: StopRecord) -> bool:
    """True if it is the user whose key is stopped."""
    return (who.account, who.user_name) == (stop.account, stop.user)


def _stored_key(key_context: KeyContext, key_id: str) -> Credentials | None:
    """Returns the key with its secret, if that is here."""
    profile = profile_with_key(key_id, key_context.catalog())
    if profile is not None:
        return bare_key(key_context, profile)
    stored = Index.load().find(key_id) is not None and key_context.vault().holds(key_id)
    return Credentials(key_id, key_context.vault().get(key_id)) if stored else None


def _quarantine_policies(signer: IamSigner | None, user: str) -> tuple[str, ...]:
    """Returns the policies that AWS attaches to a user whose key it finds in public."""
    attached = signer.iam.attached_policies(user) if signer is not None else ()
    if isinstance(attached, NotPermitted):
        return ()
    return tuple(name for name in attached if name.startswith(QUARANTINE_POLICY))


def _no_signer_error(key_id: str) -> CredentialsError:
    return CredentialsError(
        f"Nothing here can sign for {key_id}.",
        "add --using PROFILE; awsprof policy stop-keys prints the permissions that it needs",
    )


def _own_signer(
    key_context: KeyContext, key_id: str, recorded: StopRecord | None
) -> IamSigner | None:
    """Returns a signer with the key itself or, if AWS rejects it, with another key of its user.

    None if a stop was begun, and no key is left here to continue it.
    """
    error = _no_signer_error(key_id)
    for signing_id in _keys_of_user(key_id, recorded):
        try:
            return _signer_of(key_context, signing_id, key_id, recorded)
        except SecretNotFound:
            if signing_id == key_id and recorded is None:
                raise
        except CredentialsError as exc:
            if not is_unknown(exc):
                raise
            error = CredentialsError(f"{exc.message} {error.message}", error.fix, code=exc.code)
    if recorded is not None:
        return None
    raise error


def _keys_of_user(key_id: str, recorded: StopRecord | None) -> Iterator[str]:
    """Yields the leaked key, then those that may sign instead."""
    index = Index.load()
    entry = index.find(key_id)
    arn = recorded.arn if recorded else entry.arn if entry else None
    new = [recorded.new] if recorded and recorded.new else []
    others = [e.key_id for e in index.entries() if arn and e.arn == arn]
    yield from dict.fromkeys([key_id, *new, *others])


def _signer_of(
    key_context: KeyContext, signing_id: str, leaked_id: str, recorded: StopRecord | None
) -> IamSigner:
    catalog = key_context.catalog()
    profile = profile_with_key(signing_id, catalog)
    stored = recorded is not None or Index.load().find(signing_id) is not None
    if profile is None and not (stored and key_context.vault().holds(signing_id)):
        raise CredentialsError(
            f"The secret of {signing_id} is not here.", code="InvalidClientTokenId"
        )

    def signer() -> IamSigner:
        if profile is not None:
            return signer_for_key(key_context, profile)
        # The profile that will use the key has its MFA device.
        return signer_for_stored_key(key_context, signing_id, profile_with_key(leaked_id, catalog))

    if recorded is not None and signing_id == recorded.new:  # AWS may not know it everywhere yet
        return wait_until_accepted(signer, in_a_row=1, limit_s=_NEW_KNOWN_S)
    return signer()


def _user(key_id: str, signer: IamSigner, *, foreign: bool) -> str:
    """Returns whose key it is: IAM's answer, or the caller if ``foreign`` is False."""
    try:
        last: LastUsed | NotPermitted = signer.iam.last_used(key_id)
    except CredentialsError as exc:
        if exc.code != "NoSuchEntity":
            raise
        last = NotPermitted()
    if isinstance(last, LastUsed) and last.user:
        return last.user
    if foreign:
        raise CredentialsError(
            f"{signer.who.arn} may not read whose key {key_id} is, or it is of another account.",
            "awsprof keys audit shows the account; the permissions to ask for there: awsprof policy"
            " stop-keys",
        )
    return signer.user


def stop_plan(incident: Incident, *, new_key: bool) -> tuple[str, ...]:
    """Returns the steps that will be run, in order."""
    key_id, new = incident.key_id, incident.new
    steps = [f"Deny everything to older sessions of {sanitize(incident.user)}."]
    if new is not None:
        steps.append(f"Check that AWS accepts {new}, which was already created.")
    elif new_key:
        steps.append("Create a new key, and store it in the vault.")
    steps.append(f"Deactivate {key_id}.")
    if new_key:
        steps.append(f"Switch {join_names(incident.profiles)} to the new key.")
    if new_key or not incident.signs_itself:
        steps.append("Deny the sessions that were created in between, too.")
    steps.append("Delete the sessions on this machine.")
    return tuple(steps)
