"""Opens a source: reads and checks its file, and tells its version."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from awsprof import settings
from awsprof.errors import FileError, UsageError
from awsprof.shells import shell_word
from awsprof.team import git_source
from awsprof.team.git_source import SIGNATURE_SETTING, Git, GitSource
from awsprof.team.model import TeamFile
from awsprof.team.reader import load
from awsprof.team.source import (
    STDIN,
    FolderSource,
    SourceName,
    StdinSource,
    last_named,
    parse_source,
)
from awsprof.team.source_state import SourceState, Version
from awsprof.team.state import TeamState
from awsprof.text import sanitize

Opened = FolderSource | StdinSource | GitSource


@dataclass(frozen=True)
class OpenedTeam:
    """A team file and where it came from."""

    named: SourceName
    files: Opened
    team: TeamFile

    @property
    def version(self) -> Version:
        """The version of the file: its digest, and its commit and ref if git has it."""
        if isinstance(self.files, GitSource):
            return Version(self.team.digest, self.files.commit, self.files.ref)
        return Version(self.team.digest)


def open_source(
    named: SourceName, *, ask: bool, tell: Callable[[str], object] | None = None
) -> Opened:
    """Returns the files of a source. Fetches a repository, and verifies its commit if the setting
    team-signature says so. ``ask``: git may ask for a password. Raises AwsprofError.
    """
    demanded = settings.get_setting(SIGNATURE_SETTING) == "required"
    if named.url:
        found = git_source.fetch_repository(named, Git(ask, tell))
        if demanded:
            found.require_signature()
        return found
    if demanded:
        raise FileError(
            "Only a commit can have the signature that your setting team-signature demands.",
            "name a repository: git+https://host/repository.git@ref",
        )
    return StdinSource() if named.path is None else FolderSource(named.path)


def open_team(
    named: SourceName, *, ask: bool, tell: Callable[[str], object] | None = None
) -> OpenedTeam:
    """Returns the team file of a source. Raises AwsprofError, TeamFileError for errors in it."""
    files = open_source(named, ask=ask, tell=tell)
    return OpenedTeam(named, files, load(files, files.name))


def named_source(text: str | None, state: TeamState) -> SourceName:
    """Returns the source in ``text``; without it, the one that was applied before.

    A repository that was applied before is taken at the same ref, unless ``text`` has one. Raises
    UsageError if there is no ``text``, and none or several sources were applied.
    """
    if text is not None:
        named = parse_source(text)
        return named if named.ref else named.with_ref(state.of(named.identity).ref)
    known = [each for each in state.for_current_config if each.source != STDIN]
    if not known:
        raise UsageError(
            "No team file was applied here yet.",
            "name its file, folder or repository; awsprof team apply --help shows how",
        )
    if len(known) > 1:
        raise UsageError(
            f"{len(known)} team files were applied here.",
            f"name one of them: {', '.join(shell_word(last_named(each).text) for each in known)}",
        )
    return last_named(known[0])


def going_back(opened: OpenedTeam, remembered: SourceState) -> str:
    """Returns a sentence if the version is older than the last one, or not its successor."""
    last, files = remembered.version, opened.files
    if last is None:
        return ""
    now = opened.version
    if isinstance(files, GitSource) and last.commit:
        older = files.is_older_than(last.commit)
        if older is None:
            return (
                f"{sanitize(opened.named.text)} does not have {last} any more, which you applied"
                " last: its history was rewritten."
            )
        if older:
            what = "older than" if files.is_ancestor_of(last.commit) else "not a descendant of"
            return f"{now} is {what} {last}, which you applied last: this goes back."
        return ""
    if now.digest in remembered.earlier and now.digest != last.digest:
        return f"This is a version from before {last}, which you applied last: this goes back."
    return ""
