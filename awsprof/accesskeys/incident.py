"""A leaked key: whose it is, which profiles have it, who can stop it, and how far that is.

A profile's name means another key once the new one serves it. So the leaked key's id is noted
before anything is done, and a name is looked up in those notes before it is in the files.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from awsprof.accesskeys.desk import Desk, is_unknown
from awsprof.accesskeys.hand import Hand, bare_key, holding, of_key, of_profile, of_stored
from awsprof.accesskeys.propagation import until_known
from awsprof.accesskeys.words import in_a_row, key_of, naming, on_top
from awsprof.clean import clean
from awsprof.errors import EntryMissing, SignInFailed, UsageError
from awsprof.key_ids import is_access_key_id, is_long_term, shown
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.model import Profile
from awsprof.signin.credentials import Credentials
from awsprof.signin.iam import LastUsed, NotPermitted
from awsprof.signin.whoami import Identity
from awsprof.vault.index import Index, Stop

_NEW_KNOWN_S = 30.0  # that are waited for AWS to know the key of an earlier run


@dataclass
class Incident:
    """A leaked key and what is done about it.

    ``hand`` signs the calls; None where an earlier run has stopped the only key that could.
    ``resumed`` says that an earlier run began it. ``done`` and ``failed`` are what came of this
    run, a sentence each.
    """

    stop: Stop
    hand: Hand | None
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
        return self.hand.profile if self.hand is not None else None

    @property
    def own(self) -> bool:
        """Whether the hand is one of the user's own."""
        return self.hand is not None and _is(self.hand.who, self.stop)

    @property
    def by_itself(self) -> bool:
        """Whether the hand is the leaked key as it is, which ends with it."""
        hand = self.hand
        return hand is not None and not hand.iam.temporary and hand.iam.key_id == self.key_id


def finished(desk: Desk, target: str) -> Stop | None:
    """The stop that ended with the key that the profile ``target`` has now; None for an id."""
    catalog = desk.catalog()
    if target not in catalog.profiles:
        return None
    key_id = key_of(target, catalog)
    stop = Index.load().stop_that_made(key_id) if key_id else None
    return stop if stop is not None and stop.finished else None


def find(desk: Desk, target: str, using: str | None) -> Incident:
    """The incident that ``target`` means, an id or a profile, and who can stop it.

    That is the profile ``using``, else the key itself, else another key of its user in the vault.
    SignInFailed where nobody here can.
    """
    catalog, index = desk.catalog(), Index.load()
    key_id = _leaked(target, catalog, index)
    noted = index.stop_of(key_id)
    hand = of_profile(desk, using) if using else _own_hand(desk, key_id, noted)
    if noted is not None:
        stop = replace(noted, finished=None)
        if hand is not None and hand.who.account != stop.account:
            raise SignInFailed(
                f"{key_id} is a key of account {stop.account}, and {hand.who.arn} is of another.",
                f"awsprof keys stop {key_id} with --using and a profile that may, of that account",
            )
    else:
        stop = _begun(key_id, hand, index, foreign=using is not None)
    names = tuple(dict.fromkeys([*naming(key_id, catalog), *naming(stop.new or "", catalog)]))
    return Incident(
        stop,
        hand,
        names,
        on_top(names, catalog),
        _quarantine(hand, stop.user),
        _bare(desk, key_id),
        resumed=noted is not None,
    )


def _leaked(target: str, catalog: Catalog, index: Index) -> str:
    """The id of the leaked key. UsageError where nothing can be stopped by that name."""
    named = target not in catalog.profiles and is_access_key_id(target)
    key_id = target if named else key_of(target, catalog)
    if key_id is None:
        links = catalog.chain(target).links
        below = clean(links[-1].name)
        raise UsageError(
            f"{clean(target)} has no access key of its own.",
            f"awsprof keys stop {below}" if len(links) > 1 else "awsprof keys list shows them",
        )
    if not is_long_term(key_id):
        raise UsageError(
            f"{clean(shown(key_id))} is the key of a session, which has no switch.",
            "stop the key, or the role, that it came from; awsprof logout forgets it here",
        )
    made = None if named else index.stop_that_made(key_id)
    return made.leaked if made is not None else key_id


def _begun(key_id: str, hand: Hand | None, index: Index, *, foreign: bool) -> Stop:
    """A stop that nobody noted yet; a rotation under way has made the new key already."""
    if hand is None:
        raise _nobody(key_id)
    user = _user(key_id, hand, foreign=foreign)
    partition = hand.who.arn.split(":")[1]
    arn = f"arn:{partition}:iam::{hand.who.account}:user/{user}"
    if _is(hand.who, Stop(key_id, arn, datetime.now(UTC))):
        arn = hand.who.arn
    stop = Stop(key_id, arn, datetime.now(UTC))
    rotation = index.rotation_of(key_id)
    if rotation is None or rotation.old != key_id:
        return stop
    return replace(stop, known=(key_id, *rotation.known), new=rotation.new)


def _is(who: Identity, stop: Stop) -> bool:
    same = who.account == stop.account and who.arn.rsplit("/", 1)[-1] == stop.user
    return same and ":user/" in who.arn


def _bare(desk: Desk, key_id: str) -> Credentials | None:
    """The key as it is, where its secret is here."""
    profile = holding(key_id, desk.catalog())
    if profile is not None:
        return bare_key(desk, profile)
    kept = Index.load().find(key_id) is not None and desk.vault().holds(key_id)
    return Credentials(key_id, desk.vault().get(key_id)) if kept else None


def _quarantine(hand: Hand | None, user: str) -> tuple[str, ...]:
    """The policies that AWS attaches where it finds a key in public."""
    attached = hand.iam.attached_policies(user) if hand is not None else ()
    if isinstance(attached, NotPermitted):
        return ()
    return tuple(name for name in attached if name.startswith("AWSCompromisedKeyQuarantine"))


def _nobody(key_id: str) -> SignInFailed:
    return SignInFailed(
        f"Nothing here can sign for {key_id}.",
        "name a profile that may by --using: what it needs is in awsprof policy stop-keys",
    )


def _own_hand(desk: Desk, key_id: str, noted: Stop | None) -> Hand | None:
    """The key itself, or where AWS takes it no more another key of its user.

    None where a stop was begun, and no key that is here is left to go on with it.
    """
    nobody = _nobody(key_id)
    for one in _keys_of_user(key_id, noted):
        try:
            return _hand_of(desk, one, key_id, noted)
        except EntryMissing:
            if one == key_id and noted is None:
                raise
        except SignInFailed as exc:
            if not is_unknown(exc):
                raise
            nobody = SignInFailed(f"{exc.message} {nobody.message}", nobody.fix, code=exc.code)
    if noted is not None:
        return None
    raise nobody


def _keys_of_user(key_id: str, noted: Stop | None) -> Iterator[str]:
    """The leaked key, then those that may sign in its stead."""
    index = Index.load()
    entry = index.find(key_id)
    arn = noted.arn if noted else entry.arn if entry else None
    new = [noted.new] if noted and noted.new else []
    others = [e.key_id for e in index.entries() if arn and e.arn == arn]
    yield from dict.fromkeys([key_id, *new, *others])


def _hand_of(desk: Desk, one: str, key_id: str, noted: Stop | None) -> Hand:
    profile = holding(one, desk.catalog())
    stored = noted is not None or Index.load().find(one) is not None
    if profile is None and not (stored and desk.vault().holds(one)):
        raise SignInFailed(f"The secret of {one} is not here.", code="InvalidClientTokenId")

    def hand() -> Hand:
        if profile is not None:
            return of_key(desk, profile)
        like = holding(key_id, desk.catalog())  # the profile that is to have it, with its device
        return of_stored(desk, one, like)

    if noted is not None and one == noted.new:  # AWS may not know it everywhere yet
        return until_known(hand, in_a_row=1, limit_s=_NEW_KNOWN_S)
    return hand()


def _user(key_id: str, hand: Hand, *, foreign: bool) -> str:
    """Whose key it is: IAM says so; else it is one's own."""
    try:
        last: LastUsed | NotPermitted = hand.iam.last_used(key_id)
    except SignInFailed as exc:
        if exc.code != "NoSuchEntity":
            raise
        last = NotPermitted()
    if isinstance(last, LastUsed) and last.user:
        return last.user
    if foreign:
        raise SignInFailed(
            f"{hand.who.arn} may not see whose key {key_id} is, or it is of another account.",
            "awsprof keys audit tells the account; what is needed there: awsprof policy stop-keys",
        )
    return hand.user


def plan(incident: Incident, *, new_key: bool) -> tuple[str, ...]:
    """What will be done, in order."""
    key_id, new = incident.key_id, incident.new
    steps = [f"Deny {clean(incident.user)} all that older sessions of {key_id} may do."]
    if new is not None:
        steps.append(f"See that AWS takes {new}, which was made already.")
    elif new_key:
        steps.append("Make a new key, and keep it in the vault.")
    steps.append(f"Switch {key_id} off.")
    if new_key:
        steps.append(f"Give {in_a_row(incident.profiles)} the new key.")
    if new_key or not incident.by_itself:
        steps.append("Deny what sessions were made until then.")
    steps.append("Forget the sessions kept here.")
    return tuple(steps)
