"""A leaked key: whose it is, which profiles have it, who can stop it, and how far that is.

A profile's name means another key once the new one serves it. So the leaked key's id is noted
before anything is done, and a name is looked up in those notes before it is in the files.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from awsprof.accesskeys.context import KeyContext, is_unknown
from awsprof.accesskeys.format import dependents_of, join_names, long_term_key_of, profiles_naming
from awsprof.accesskeys.propagation import until_known
from awsprof.accesskeys.signer import (
    IamSigner,
    bare_key,
    profile_with_key,
    signer_for_key,
    signer_for_profile,
    signer_for_stored_key,
)
from awsprof.awsapi.caller_identity import Identity
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.iam import LastUsed, NotPermitted
from awsprof.errors import CredentialsError, SecretNotFound, UsageError
from awsprof.key_ids import display_id, is_access_key_id, is_long_term
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.model import Profile
from awsprof.text import sanitize
from awsprof.vault.index import Index, StopRecord

_NEW_KNOWN_S = 30.0  # that are waited for AWS to know the key of an earlier run


@dataclass
class Incident:
    """A leaked key and what is done about it.

    ``hand`` signs the calls; None where an earlier run has stopped the only key that could.
    ``resumed`` says that an earlier run began it. ``done`` and ``failed`` are what came of this
    run, a sentence each.
    """

    stop: StopRecord
    signer: IamSigner | None
    profiles: tuple[str, ...]
    above: tuple[str, ...]
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
        """The key in its place, where there is one."""
        return self.stop.new

    @property
    def profile(self) -> Profile | None:
        """The profile whose hand it is; its region and its CA file count."""
        return self.signer.profile if self.signer is not None else None

    @property
    def own(self) -> bool:
        """Whether the hand is one of the user's own."""
        return self.signer is not None and _is(self.signer.who, self.stop)

    @property
    def by_itself(self) -> bool:
        """Whether the hand is the leaked key as it is, which ends with it."""
        signer = self.signer
        return signer is not None and not signer.iam.temporary and signer.iam.key_id == self.key_id


def finished_stop(key_context: KeyContext, target: str) -> StopRecord | None:
    """The stop that ended with the key that the profile ``target`` has now; None for an id."""
    catalog = key_context.catalog()
    if target not in catalog.profiles:
        return None
    key_id = long_term_key_of(target, catalog)
    stop = Index.load().stop_that_made(key_id) if key_id else None
    return stop if stop is not None and stop.finished else None


def find_incident(key_context: KeyContext, target: str, using: str | None) -> Incident:
    """The incident that ``target`` means, an id or a profile, and who can stop it.

    That is the profile ``using``, else the key itself, else another key of its user in the vault.
    CredentialsError where nobody here can.
    """
    catalog, index = key_context.catalog(), Index.load()
    key_id = _leaked(target, catalog, index)
    noted = index.stop_of(key_id)
    signer = (
        signer_for_profile(key_context, using) if using else _own_signer(key_context, key_id, noted)
    )
    if noted is not None:
        stop = replace(noted, finished=None)
        if signer is not None and signer.who.account != stop.account:
            raise CredentialsError(
                f"{key_id} is a key of account {stop.account}, and {signer.who.arn} is of another.",
                f"awsprof keys stop {key_id} with --using and a profile that may, of that account",
            )
    else:
        stop = _begun(key_id, signer, index, foreign=using is not None)
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
        _quarantine(signer, stop.user),
        _bare(key_context, key_id),
        resumed=noted is not None,
    )


def _leaked(target: str, catalog: Catalog, index: Index) -> str:
    """The id of the leaked key. UsageError where nothing can be stopped by that name."""
    named = target not in catalog.profiles and is_access_key_id(target)
    key_id = target if named else long_term_key_of(target, catalog)
    if key_id is None:
        links = catalog.chain(target).links
        below = sanitize(links[-1].name)
        raise UsageError(
            f"{sanitize(target)} has no access key of its own.",
            f"awsprof keys stop {below}" if len(links) > 1 else "awsprof keys list shows them",
        )
    if not is_long_term(key_id):
        raise UsageError(
            f"{sanitize(display_id(key_id))} is the key of a session, which has no switch.",
            "stop the key, or the role, that it came from; awsprof logout forgets it here",
        )
    made = None if named else index.stop_that_made(key_id)
    return made.leaked if made is not None else key_id


def _begun(key_id: str, signer: IamSigner | None, index: Index, *, foreign: bool) -> StopRecord:
    """A stop that nobody noted yet; a rotation under way has made the new key already."""
    if signer is None:
        raise _no_signer_error(key_id)
    user = _user(key_id, signer, foreign=foreign)
    partition = signer.who.arn.split(":")[1]
    arn = f"arn:{partition}:iam::{signer.who.account}:user/{user}"
    if _is(signer.who, StopRecord(key_id, arn, datetime.now(UTC))):
        arn = signer.who.arn
    stop = StopRecord(key_id, arn, datetime.now(UTC))
    rotation = index.rotation_of(key_id)
    if rotation is None or rotation.old != key_id:
        return stop
    return replace(stop, known=(key_id, *rotation.known), new=rotation.new)


def _is(who: Identity, stop: StopRecord) -> bool:
    same = who.account == stop.account and who.arn.rsplit("/", 1)[-1] == stop.user
    return same and ":user/" in who.arn


def _bare(key_context: KeyContext, key_id: str) -> Credentials | None:
    """The key as it is, where its secret is here."""
    profile = profile_with_key(key_id, key_context.catalog())
    if profile is not None:
        return bare_key(key_context, profile)
    kept = Index.load().find(key_id) is not None and key_context.vault().holds(key_id)
    return Credentials(key_id, key_context.vault().get(key_id)) if kept else None


def _quarantine(signer: IamSigner | None, user: str) -> tuple[str, ...]:
    """The policies that AWS attaches where it finds a key in public."""
    attached = signer.iam.attached_policies(user) if signer is not None else ()
    if isinstance(attached, NotPermitted):
        return ()
    return tuple(name for name in attached if name.startswith("AWSCompromisedKeyQuarantine"))


def _no_signer_error(key_id: str) -> CredentialsError:
    return CredentialsError(
        f"Nothing here can sign for {key_id}.",
        "name a profile that may by --using: what it needs is in awsprof policy stop-keys",
    )


def _own_signer(key_context: KeyContext, key_id: str, noted: StopRecord | None) -> IamSigner | None:
    """The key itself, or where AWS takes it no more another key of its user.

    None where a stop was begun, and no key that is here is left to go on with it.
    """
    nobody = _no_signer_error(key_id)
    for one in _keys_of_user(key_id, noted):
        try:
            return _signer_of(key_context, one, key_id, noted)
        except SecretNotFound:
            if one == key_id and noted is None:
                raise
        except CredentialsError as exc:
            if not is_unknown(exc):
                raise
            nobody = CredentialsError(f"{exc.message} {nobody.message}", nobody.fix, code=exc.code)
    if noted is not None:
        return None
    raise nobody


def _keys_of_user(key_id: str, noted: StopRecord | None) -> Iterator[str]:
    """The leaked key, then those that may sign in its stead."""
    index = Index.load()
    entry = index.find(key_id)
    arn = noted.arn if noted else entry.arn if entry else None
    new = [noted.new] if noted and noted.new else []
    others = [e.key_id for e in index.entries() if arn and e.arn == arn]
    yield from dict.fromkeys([key_id, *new, *others])


def _signer_of(
    key_context: KeyContext, one: str, key_id: str, noted: StopRecord | None
) -> IamSigner:
    profile = profile_with_key(one, key_context.catalog())
    stored = noted is not None or Index.load().find(one) is not None
    if profile is None and not (stored and key_context.vault().holds(one)):
        raise CredentialsError(f"The secret of {one} is not here.", code="InvalidClientTokenId")

    def signer() -> IamSigner:
        if profile is not None:
            return signer_for_key(key_context, profile)
        like = profile_with_key(
            key_id, key_context.catalog()
        )  # the profile that is to have it, with its device
        return signer_for_stored_key(key_context, one, like)

    if noted is not None and one == noted.new:  # AWS may not know it everywhere yet
        return until_known(signer, in_a_row=1, limit_s=_NEW_KNOWN_S)
    return signer()


def _user(key_id: str, signer: IamSigner, *, foreign: bool) -> str:
    """Whose key it is: IAM says so; else it is one's own."""
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
            f"{signer.who.arn} may not see whose key {key_id} is, or it is of another account.",
            "awsprof keys audit tells the account; what is needed there: awsprof policy stop-keys",
        )
    return signer.user


def stop_plan(incident: Incident, *, new_key: bool) -> tuple[str, ...]:
    """What will be done, in order."""
    key_id, new = incident.key_id, incident.new
    steps = [f"Deny {sanitize(incident.user)} all that older sessions of {key_id} may do."]
    if new is not None:
        steps.append(f"See that AWS takes {new}, which was made already.")
    elif new_key:
        steps.append("Make a new key, and keep it in the vault.")
    steps.append(f"Switch {key_id} off.")
    if new_key:
        steps.append(f"Give {join_names(incident.profiles)} the new key.")
    if new_key or not incident.by_itself:
        steps.append("Deny what sessions were made until then.")
    steps.append("Forget the sessions kept here.")
    return tuple(steps)
