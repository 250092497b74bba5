"""What is remembered of one source of a team file, and that state before an undone change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from awsprof import atomic
from awsprof.configfile.document import SectionId
from awsprof.editing import history, history_files
from awsprof.errors import AwsprofError
from awsprof.text import sanitize

Digests = Mapping[str, str]
"""The digest of each value of a section, by key."""

_MOST_EARLIER: Final = 50  # digests of former versions, to notice an older one
_MOST_CHANGES: Final = 10  # whose undo is noticed; each may name thousands of sections


@dataclass(frozen=True)
class Version:
    """A version of a team file: the digest of its files, and the commit and ref of a repository."""

    digest: str
    commit: str = ""
    ref: str = ""

    def __str__(self) -> str:
        where = f" ({sanitize(self.ref, 60)})" if self.ref else ""
        return f"{(self.commit or self.digest)[:12]}{where}"


@dataclass(frozen=True)
class FormerState:
    """What was applied before a change: ``version`` is None if the change was the first."""

    version: Version | None
    dropped: frozenset[SectionId] = frozenset()


@dataclass(frozen=True)
class AppliedChange:
    """A change in the history that a team file made, and the state before it.

    ``before`` has the digests of the sections it changed; None for one that was not managed.
    ``when`` tells the change from another one with the same ID, after the history was deleted.
    ``digest`` is the version that it applied, ``former`` the state before, None if an older awsprof
    made the change.
    """

    id: str
    when: str
    digest: str
    before: Mapping[SectionId, Digests | None]
    former: FormerState | None = None

    @property
    def is_undone(self) -> bool | None:
        """True if the change was undone; None if the history no longer has it."""
        try:
            data = atomic.read_file(history_files.entry_file(self.id))
            if data is None:
                return None
            mark = history_files.undone_mark(data)
            if mark is None:
                entry = history.find_entry(self.id)
                mark = entry.when.isoformat(), entry.undone
        except AwsprofError:
            return None
        when, undone = mark
        return undone if when == self.when else None


@dataclass(frozen=True)
class SourceState:
    """The state of one source, for one config file.

    ``sections`` are the managed sections with the team's values as of the last apply. ``kept`` are
    the team's values that you refused because you kept yours. ``earlier`` are the digests of former
    versions, the newest last. ``undone`` are the versions whose changes you undid, and those that
    changed no file after them; it is read from the history, and not stored. ``later`` are missing
    sections that are not added yet: you may have removed them before the state was lost.
    ``dropped`` are managed sections that the last version no longer has; they may still be in the
    files. ``version`` is the one applied last, None also if you undid the first; ``ref`` is the
    branch, tag or commit that it came from. ``first_undone``: you undid the first change and all
    later ones; ``version`` may then be one that changed no file. It is not stored either.
    """

    source: str
    config: str
    sections: Mapping[SectionId, Digests] = field(default_factory=dict)
    kept: Mapping[SectionId, Digests] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    version: Version | None = None
    ref: str = ""
    earlier: tuple[str, ...] = ()
    changes: tuple[AppliedChange, ...] = ()
    undone: frozenset[str] = frozenset()
    later: frozenset[SectionId] = frozenset()
    dropped: frozenset[SectionId] = frozenset()
    first_undone: bool = False

    @property
    def is_unapplied(self) -> bool:
        """True if no version was ever applied, or if you undid all of them."""
        return self.version is None or self.first_undone

    def with_version(self, version: Version) -> SourceState:
        """Returns the state once ``version`` is applied."""
        earlier = [*self.earlier, *([self.version.digest] if self.version else [])]
        found = [digest for digest in dict.fromkeys(earlier) if digest != version.digest]
        return replace(
            self, version=version, ref=version.ref, earlier=tuple(found[-_MOST_EARLIER:])
        )

    def with_change(self, change: AppliedChange) -> SourceState:
        """Returns the state with its newest change."""
        return replace(self, changes=(*self.changes, change)[-_MOST_CHANGES:])

    def without_undone(self) -> SourceState:
        """Returns the state as it was before the changes that were undone."""
        state, left = self, []
        for change in reversed(self.changes):
            undone = change.is_undone
            if undone is False:
                left.append(change)
            elif undone:
                state = state._before(change, newest=not left)
        return replace(state, changes=tuple(reversed(left)))

    def _before(self, change: AppliedChange, *, newest: bool) -> SourceState:
        """Returns the state without a change; ``newest``: none is left after it.

        A version that was applied later stays the last one. If it changed no file, it is undone.
        """
        sections = dict(self.sections)
        for section, before in change.before.items():
            if before is None:
                sections.pop(section, None)
            else:
                sections[section] = before
        again = sections.keys() - self.sections.keys()  # a later version does not have them either
        last = self.version.digest if newest and self.version else ""
        undone = self.undone | ({change.digest, last} - {""})
        state = replace(self, sections=sections, dropped=self.dropped | again, undone=undone)
        if newest and change.former is not None and change.former.version is None:
            state = replace(state, first_undone=True)
        if last != change.digest or change.former is None:
            return state
        version = change.former.version
        ref = version.ref if version else self.ref
        return replace(state, version=version, ref=ref, dropped=change.former.dropped)
