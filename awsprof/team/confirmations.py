"""The changes of a team file that you confirm one by one: programs, and changed identities.

``TeamSection.sensitive`` names the keys that always need it, such as credential_process. An
identity needs it only if an existing profile's changes: new accounts are what a team file is for.
The whole identity is compared, along the chain of sources, since removing a key may change it as
much as adding one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from awsprof.configfile.document import FileKind, SectionId
from awsprof.editing.change import Change
from awsprof.fork_safety import lazy_attribute
from awsprof.profiles import process_command
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.change_harm import Harm, find_identity_changes
from awsprof.profiles.model import Origin, Profile, Value
from awsprof.profiles.offline_identity import WHO_KEYS, IdentityReader
from awsprof.team.nested_keys import last_part
from awsprof.team.sensitive_keys import SENSITIVE_KEYS
from awsprof.team.three_way import ABSENT, KeyDifference, PlannedSection, TeamPlan, value_digest

_UNNAMED: Final = "default"
_NOT_WRITTEN: Final = Origin(FileKind.CONFIG, Path(), 0)
Wanted = Mapping[SectionId, Sequence[KeyDifference]]
"""The changes of each section that are to be written."""


class ProfilesChangingIdentity:
    """Tells which existing profiles would get a different account, start URL, key or process.

    A new profile ``default`` is among them: commands that name no profile become somebody else.
    ``wanted`` are the changes that would be written together; a source or session of a profile may
    be among them.
    """

    def __init__(self, wanted: Wanted, catalog: Catalog) -> None:
        self._catalog = catalog
        self._wanted = wanted
        self._before = IdentityReader(catalog.profiles, _Sessions({}, catalog))
        self._after = IdentityReader(_Profiles(wanted, catalog), _Sessions(wanted, catalog))

    def __contains__(self, id: SectionId) -> bool:
        if id.type != "profile" or WHO_KEYS.isdisjoint(each.key for each in self._wanted[id]):
            return False
        if id.name not in self._catalog.profiles and id.name != _UNNAMED:
            return False
        return self._before.credential_origin(id.name) != self._after.credential_origin(id.name)


class _Profiles:
    """The profiles as they would be."""

    def __init__(self, wanted: Wanted, catalog: Catalog) -> None:
        self._wanted = wanted
        self._profiles = catalog.profiles

    def get(self, name: str, /) -> Profile | None:
        found = self._profiles.get(name)
        wanted = self._wanted.get(SectionId.profile(name))
        if wanted is None:
            return found
        values = dict(found.values) if found else {}
        for each in wanted:
            values.pop(each.key, None)
            if each.team is not None:
                values[each.key] = Value(each.team, _NOT_WRITTEN)
        return Profile(name, values, {}, ())


class _Sessions:
    """The values of the sso-sessions as they would be."""

    def __init__(self, wanted: Wanted, catalog: Catalog) -> None:
        self._wanted = wanted
        self._catalog = catalog

    def get(self, name: str, /) -> Mapping[str, str] | None:
        found = self._catalog.sessions.get(name)
        values = {key: value.text for key, value in found.values.items()} if found else {}
        for each in self._wanted.get(SectionId.sso_session(name), ()):
            values.pop(each.key, None)
            if each.team is not None:
                values[each.key] = each.team
        return values or None


class StartUrls:
    """The start URLs of the sessions on this machine, where the user signs in already."""

    def __init__(self, plan: TeamPlan, catalog: Catalog) -> None:
        self._first = plan.first
        self._catalog = catalog

    @lazy_attribute
    def _known(self) -> frozenset[str]:
        sessions = (self._catalog.legacy_sessions, self._catalog.sessions)
        return frozenset(each.start_url for named in sessions for each in named.values())

    def is_other(self, each: KeyDifference) -> bool:
        """True if a section's start URL changes, or is not known on this machine."""
        new = not self._first and each.team not in self._known
        return new or (each.yours is not None and each.yours != each.team)


def sensitive_differences(
    planned: PlannedSection,
    wanted: Iterable[KeyDifference],
    urls: StartUrls,
    changing: ProfilesChangingIdentity,
) -> tuple[KeyDifference, ...]:
    """Returns the wanted changes of a section that you confirm one by one."""
    keys = WHO_KEYS if planned.id in changing else frozenset()
    return tuple(each for each in wanted if each.key in keys or _is_sensitive(planned, each, urls))


def _is_sensitive(planned: PlannedSection, each: KeyDifference, urls: StartUrls) -> bool:
    match each.key:
        case "sso_start_url":
            return each.team is not None and urls.is_other(each)
        case "role_arn":  # a new profile: for an existing one the whole identity is compared
            return False
        case "aws_account_id":  # selects no account: it states the expected one
            return each.team is not None and each.yours is not None
        case _ if each.team is None:  # without it, requests go somewhere else again
            return last_part(each.key) in SENSITIVE_KEYS
        case _:
            return each.key in planned.team.sensitive


def harmed_profiles(
    change: Change,
    edited: Collection[SectionId],
    renewed: Collection[SectionId],
    plan: TeamPlan,
    catalog: Catalog,
) -> tuple[Harm, ...]:
    """Returns your own profiles whose identity would change because a source section changes.

    A managed profile is your own, too, if you changed or added keys of its identity. ``renewed``
    are the sections of ``edited`` that get other such keys: those are confirmed by key.
    """
    users = _dependents(edited, catalog) - {id.name for id in renewed if id.type == "profile"}
    own = {name for name in users if _is_own(catalog.profiles[name], plan)}
    if not own:
        return ()
    before = {kind: catalog.stored(kind).data for kind in FileKind}
    after = {kind: change.apply_to(kind, data) for kind, data in before.items()}
    found = find_identity_changes(before, after, {})
    return tuple(harm for harm in found if harm.profile in own)


def _is_own(profile: Profile, plan: TeamPlan) -> bool:
    """True if who a profile is does not come from the team file alone."""
    base = plan.remembered.sections.get(SectionId.profile(profile.name))
    return base is None or any(
        value_digest(profile.get(key)) != base.get(key, ABSENT) for key in WHO_KEYS
    )


def _dependents(edited: Collection[SectionId], catalog: Catalog) -> set[str]:
    """Returns the profiles that depend on a section in ``edited``, directly or not."""
    if not edited:
        return set()
    users: dict[SectionId, list[str]] = {}
    for name, profile in catalog.profiles.items():
        for source in _sources(profile):
            users.setdefault(source, []).append(name)
    found: set[str] = set()
    todo = [id for id in edited if id in users]
    while todo:
        for name in users.get(todo.pop(), ()):
            if name not in found:
                found.add(name)
                todo.append(SectionId.profile(name))
    return found


def sections_below(name: str, catalog: Catalog) -> set[SectionId]:
    """Returns the sections that a profile depends on, directly or through others."""
    found: set[SectionId] = set()
    todo = [name]
    while todo:
        profile = catalog.profiles.get(todo.pop())
        sources = set(_sources(profile)) - found if profile else set()
        found |= sources
        todo += [id.name for id in sources if id.type == "profile"]
    return found


def _sources(profile: Profile) -> Iterator[SectionId]:
    command = profile.get("credential_process")
    line = process_command.parse_command(command) if command else None
    for source in filter(None, (profile.get("source_profile"), line.profile if line else None)):
        yield SectionId.profile(source)
    if session := profile.get("sso_session"):
        yield SectionId.sso_session(session)
