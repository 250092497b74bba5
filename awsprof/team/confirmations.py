"""What of a team file's changes you confirm apart: what runs a program or changes who you are.

``TeamSection.sensitive`` names the keys. Account and start URL matter only where they change: new
accounts are what a team file is for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from awsprof.arn import Arn
from awsprof.configfile.document import FileKind, SectionId
from awsprof.editing.change import Change
from awsprof.profiles import process_command
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.harm import Harm, find_identity_changes
from awsprof.profiles.model import Profile
from awsprof.team.plan import KeyDifference, PlannedSection, TeamPlan
from awsprof.team.standing import standing_values

_ACCOUNT_NOTE: Final = "aws_account_id"  # says which account the credentials have; chooses none
_ACCOUNT_KEYS: Final = frozenset({"role_arn", "sso_account_id", _ACCOUNT_NOTE})
_URL_KEYS: Final = frozenset({"sso_start_url", "sso_session"})


class StartUrls:
    """The start URLs that are known here, and those that sessions would have."""

    def __init__(self, plan: TeamPlan, catalog: Catalog) -> None:
        sessions = {**catalog.legacy_sessions, **catalog.sessions}
        self._first = plan.first
        self._now: Mapping[str, str] = {s: each.start_url for s, each in sessions.items()}
        self._known = set(self._now.values())
        self._then = dict(self._now) | {
            id.name: each.team.values.get("sso_start_url", "")
            for id, each in plan.by_id.items()
            if id.type == "sso-session"
        }

    def is_other(self, each: KeyDifference) -> bool:
        """True if a profile or session would sign in somewhere else than before."""
        if each.key == "sso_start_url":
            new = not self._first and each.team not in self._known
            return new or (each.yours is not None and each.yours != each.team)
        before, after = self._now.get(each.yours or ""), self._then.get(each.team or "")
        return before is not None and before != after


def sensitive_differences(
    planned: PlannedSection, wanted: Iterable[KeyDifference], urls: StartUrls, catalog: Catalog
) -> tuple[KeyDifference, ...]:
    """Those of the wanted changes of a section that you confirm apart."""
    standing = standing_values(catalog, planned.id) or {}
    return tuple(each for each in wanted if _is_sensitive(planned, each, urls, standing))


def _is_sensitive(
    planned: PlannedSection, each: KeyDifference, urls: StartUrls, standing: Mapping[str, str]
) -> bool:
    if each.team is None:
        return False
    if each.key in _ACCOUNT_KEYS:
        return _is_other_account(each.key, each.team, standing)
    if each.key in _URL_KEYS:
        return urls.is_other(each)
    return each.key in planned.team.sensitive


def _is_other_account(key: str, value: str, standing: Mapping[str, str]) -> bool:
    """True if a profile that stands would lead to another account, also by another key."""
    keys = [key] if key in standing else [k for k in _ACCOUNT_KEYS if k in standing]
    before = {_account(standing[k]) for k in keys}
    if not before and key == _ACCOUNT_NOTE:
        return False
    return bool(standing) and _account(value) not in before


def _account(value: str) -> str:
    arn = Arn.parse(value)
    return arn.account if arn else value


def harmed_profiles(
    change: Change, edited: Collection[SectionId], plan: TeamPlan, catalog: Catalog
) -> tuple[Harm, ...]:
    """Your own profiles that would be somebody else, since they build on a section that changes."""
    users = _built_on(edited, catalog)
    managed = {id.name for id in plan.remembered.sections if id.type == "profile"}
    if not users - managed:
        return ()
    before = {kind: catalog.stored(kind).data for kind in FileKind}
    after = {kind: change.apply_to(kind, data) for kind, data in before.items()}
    found = find_identity_changes(before, after, {})
    return tuple(harm for harm in found if harm.profile in users - managed)


def _built_on(edited: Collection[SectionId], catalog: Catalog) -> set[str]:
    """The profiles outside ``edited`` that build on one in it, directly or through others."""
    users: dict[SectionId, list[str]] = {}
    for name, profile in catalog.profiles.items():
        for source in _sources(profile):
            users.setdefault(source, []).append(name)
    found: set[str] = set()
    todo = [id for id in edited if id in users]
    while todo:
        for name in users.get(todo.pop(), ()):
            if name not in found and SectionId.profile(name) not in edited:
                found.add(name)
                todo.append(SectionId.profile(name))
    return found


def sections_below(name: str, catalog: Catalog) -> set[SectionId]:
    """The sections that a profile builds on, directly or through others."""
    found: set[SectionId] = set()
    todo = [name]
    while todo:
        profile = catalog.profiles.get(todo.pop())
        sources = set(_sources(profile)) - found if profile else set()
        found |= sources
        todo += [id.name for id in sources if id.type == "profile"]
    return found


def _sources(profile: Profile) -> Iterator[SectionId]:
    line = process_command.parse_command(profile.get("credential_process") or "")
    for source in filter(None, (profile.get("source_profile"), line.profile if line else None)):
        yield SectionId.profile(source)
    if session := profile.get("sso_session"):
        yield SectionId.sso_session(session)
