"""Stopping a key that has leaked, in an order that does not cut off the hand that does it.

Sessions outlive their key by up to 36 hours, so they are denied first, by a policy on the user;
then the key goes; and what sessions it made meanwhile are denied last, when nothing of ours needs
an older one any more. What AWS does not allow is told, and the next step is done all the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from awsprof.accesskeys import clicache, successor
from awsprof.accesskeys.desk import Desk, is_unknown
from awsprof.accesskeys.hand import Hand, bare_key, holding, of_key, of_profile
from awsprof.accesskeys.policies import older_sessions
from awsprof.accesskeys.propagation import until_known
from awsprof.accesskeys.words import holders, in_a_row, key_of, on_top
from awsprof.clean import clean
from awsprof.errors import AwsprofError, SignInFailed, UsageError
from awsprof.profiles.catalog import Catalog
from awsprof.signin.credentials import Credentials
from awsprof.signin.iam import LastUsed, NotPermitted
from awsprof.signin.iam_users import IamUsers
from awsprof.signin.identity import whoami
from awsprof.signin.signout import forget
from awsprof.vault.index import Index

POLICY: Final = "AwsprofDenyOlderSessions"  # of the user; one stands in place of the last
# Where no hand is left for a second denial, the first is for this much longer: what the key makes
# in its last moments is denied too.
_MARGIN: Final = timedelta(minutes=2)
_REFUSED_S: Final = 20.0  # that are waited for AWS to know everywhere that the key is inactive
_SECOND: Final = timedelta(seconds=1)  # times in policies have no parts of one


@dataclass
class Case:
    """A leaked key: whose it is, which profiles have it, and whose hand stops it.

    ``done`` and ``failed`` are what came of it, a sentence each.
    """

    key_id: str
    user: str
    hand: Hand
    profiles: tuple[str, ...]
    above: tuple[str, ...]
    quarantine: tuple[str, ...] = ()
    bare: Credentials | None = field(default=None, repr=False)
    new: str | None = None
    denied: bool = False
    done: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    @property
    def own(self) -> bool:
        """Whether the hand is one of the user's own."""
        return self.hand.who.arn.endswith(f"/{self.user}") and ":user/" in self.hand.who.arn

    @property
    def by_itself(self) -> bool:
        """Whether the hand is the leaked key as it is, which ends with it."""
        return not self.hand.iam.temporary and self.hand.iam.key_id == self.key_id


def find(desk: Desk, target: str, using: str | None) -> Case:
    """The key that ``target`` means, an id or a profile, and who can stop it.

    That is the profile ``using``, else the key itself, else another key of its user in the vault.
    SignInFailed where nobody here can.
    """
    catalog = desk.catalog()
    key_id = target if target not in catalog.profiles and _is_key(target) else None
    if key_id is None:
        key_id = key_of(target, catalog)
    if key_id is None:
        links = catalog.chain(target).links
        below = clean(links[-1].name)
        raise UsageError(
            f"{clean(target)} has no access key of its own.",
            f"awsprof keys stop {below}" if len(links) > 1 else "awsprof keys list shows them",
        )
    if not key_id.startswith("AKIA"):
        raise UsageError(
            f"{clean(key_id)} is the key of a session, which has no switch.",
            "stop the key, or the role, that it came from; awsprof logout forgets it here",
        )
    hand = of_profile(desk, using) if using else _own_hand(desk, key_id)
    names = holders(key_id, catalog)
    user = _user(key_id, hand, foreign=using is not None)
    above, bare = on_top(names, catalog), _bare(desk, key_id)
    return Case(key_id, user, hand, names, above, _quarantine(hand, user), bare)


def _bare(desk: Desk, key_id: str) -> Credentials | None:
    """The key as it is, where its secret is here."""
    profile = holding(key_id, desk.catalog())
    if profile is not None:
        return bare_key(desk, profile)
    kept = Index.load().find(key_id) is not None and desk.vault().holds(key_id)
    return Credentials(key_id, desk.vault().get(key_id)) if kept else None


def _quarantine(hand: Hand, user: str) -> tuple[str, ...]:
    """The policies that AWS attaches where it finds a key in public."""
    attached = hand.iam.attached_policies(user)
    if isinstance(attached, NotPermitted):
        return ()
    return tuple(name for name in attached if name.startswith("AWSCompromisedKeyQuarantine"))


def _is_key(text: str) -> bool:
    return text.startswith(("AKIA", "ASIA")) and text.isalnum() and len(text) >= 16


def _own_hand(desk: Desk, key_id: str) -> Hand:
    """The key itself, or where AWS takes it no more another key of its user."""
    catalog, index = desk.catalog(), Index.load()
    entry = index.find(key_id)
    arn = entry.arn if entry else None
    others = [e.key_id for e in index.entries() if arn and e.arn == arn and e.key_id != key_id]
    nobody = SignInFailed(
        f"Nothing here can sign for {key_id}.",
        f"name a profile that may: awsprof keys stop {key_id} --using PROFILE; what it needs is in"
        " awsprof policy stop-keys",
    )
    for one in (key_id, *others):
        profile = holding(one, catalog)
        try:
            if profile is not None:
                return of_key(desk, profile)
            if index.find(one) is not None:
                bare = Credentials(one, desk.vault().get(one))
                return Hand(whoami(bare), IamUsers(bare))
        except SignInFailed as exc:
            if not is_unknown(exc):
                raise
            nobody = SignInFailed(f"{exc.message} {nobody.message}", nobody.fix, code=exc.code)
    raise nobody


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


def plan(case: Case, *, new_key: bool) -> tuple[str, ...]:
    """What will be done, in order."""
    steps = [f"Deny {case.user} all that older sessions of {case.key_id} may do."]
    if new_key:
        steps.append("Make a new key, and keep it in the vault.")
    steps.append(f"Switch {case.key_id} off.")
    if new_key:
        steps.append(f"Give {in_a_row(case.profiles)} the new key.")
    if new_key or not case.by_itself:
        steps.append("Deny what sessions were made until then.")
    steps.append("Forget the sessions kept here.")
    return tuple(steps)


def stop(desk: Desk, case: Case, *, new_key: bool) -> None:
    """Do it, a step at a time; a step that fails keeps no other one from being done."""
    last = case.by_itself and not new_key
    files = desk.catalog()
    _step(desk, case, "The sessions of the key go on, 36 hours at most", lambda: _deny(case, last))
    again = case.denied  # who may not deny it once may not do it twice
    if new_key:
        _step(desk, case, "The profiles get no new key", lambda: _renew(desk, case))
    off = _step(desk, case, f"{case.key_id} IS STILL ACTIVE", lambda: _switch_off(case))
    if case.new:
        _step(desk, case, "The profiles have the old key still", lambda: _hand_over(desk, case))
    if off and again and not (case.by_itself and case.new is None):
        _step(
            desk,
            case,
            "Sessions made in the last minutes go on",
            lambda: _deny_again(desk, case),
        )
    _forget(desk, case, files)


def _step(desk: Desk, case: Case, unless: str, do: Callable[[], str]) -> bool:
    """One step: told where it is done, and where it is not, with who could."""
    try:
        done = do()
    except AwsprofError as exc:
        who = f"awsprof keys stop {case.key_id} --using PROFILE"
        if exc.code == "AccessDenied":
            mend = (
                f"somebody who may, at once: {who}; or in the console: IAM, Users, {case.user},"
                " Security credentials. To ask for it: awsprof policy stop-keys"
            )
        else:
            mend = exc.fix or who
        case.failed.append(f"{unless}: {exc.message}")
        desk.terminal.failed(case.failed[-1], mend)
        return False
    case.done.append(done)
    desk.terminal.ok(done)
    return True


def _deny(case: Case, last: bool) -> str:
    """Before the key goes. A session of the user that does it is not to be cut off by it."""
    bare = case.hand.iam

    def call(iam: IamUsers) -> None:
        if iam.temporary and case.own:
            until = bare.told  # when the key as it is was denied it: the session came after
        else:
            iam.access_keys(case.user)  # whatever it says, it says when it is
            until = iam.told + _SECOND + (_MARGIN if last else timedelta())
        iam.put_user_policy(case.user, POLICY, older_sessions(_iso(until)))

    case.hand.do(call)
    case.denied = True
    return f"older sessions of {clean(case.user)} are denied everything"


def _renew(desk: Desk, case: Case) -> str:
    case.new = successor.make(desk, case.hand, case.user, case.key_id)
    return f"{case.new} is made, and in {desk.vault().title}"


def _switch_off(case: Case) -> str:
    case.hand.do(lambda iam: iam.set_active(case.user, case.key_id, active=False))
    return f"{case.key_id} is inactive"


def _hand_over(desk: Desk, case: Case) -> str:
    successor.hand_over(desk, case.profiles, case.key_id, case.new or "")
    return f"{in_a_row(case.profiles)}: the new key serves"


def _deny_again(desk: Desk, case: Case) -> str:
    """The last call: it may cut off the very session that makes it."""
    _wait_until_refused(case)
    iam = case.hand.iam
    if case.by_itself and case.new:
        iam = IamUsers(Credentials(case.new, desk.vault().get(case.new)), profile=case.hand.profile)

    def put() -> None:
        iam.access_keys(case.user)  # whatever it says, it says when it is
        iam.put_user_policy(case.user, POLICY, older_sessions(_iso(iam.told + _SECOND)))

    until_known(put, in_a_row=1)
    return "what was signed in meanwhile is denied too"


def _wait_until_refused(case: Case) -> None:
    """Until AWS takes the key no more, as far as its secret is here to try it by."""
    deadline = time.monotonic() + _REFUSED_S
    while case.bare is not None and time.monotonic() < deadline:
        try:
            whoami(case.bare, profile=case.hand.profile)
        except SignInFailed:
            return
        time.sleep(1.0)


def _forget(desk: Desk, case: Case, before: Catalog) -> None:
    """Ours, and those that the AWS CLI keeps of the roles on top; what lives on is told."""
    names = (*case.profiles, *case.above)
    for ended in forget(desk.keeping(before), desk.sessions(), names):
        if ended.profile not in case.profiles or not case.denied:
            until = f"{ended.expires.astimezone():%H:%M}"
            desk.terminal.warn(f"{clean(ended.profile)}: AWS honours its session until {until}")
    roles = [role for name in case.above if (role := before.get(name).get("role_arn"))]
    clicache.clear(clicache.of_roles(roles))
    desk.terminal.ok("the sessions kept here are forgotten")


def _iso(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
