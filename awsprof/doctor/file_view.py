"""The two files as the syntax checks see them: lines, sections, and repairs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from configparser import DEFAULTSECT
from dataclasses import dataclass
from functools import cached_property

from awsprof.configfile.document import FileKind
from awsprof.configfile.header_diagnosis import HeaderIssue, diagnose
from awsprof.configfile.lenient import SectionView
from awsprof.configfile.merge_conflicts import find_merge_conflicts
from awsprof.configfile.parse import SectionId
from awsprof.configfile.repair_file import FileRepair, TextRepair
from awsprof.configfile.storage import ConfigFile
from awsprof.doctor.check_context import CheckContext
from awsprof.doctor.findings import Repair
from awsprof.editing.change import Change
from awsprof.masking.mask import for_display
from awsprof.profiles.model import Origin
from awsprof.profiles.pasted_key import lines_of_pasted_keys
from awsprof.shells import shell_word

__all__ = [
    "FileView",
    "file_views",
    "fix_command",
    "in_scope",
    "profile_of",
    "sections_of",
    "shell_word",
]


@dataclass(frozen=True)
class FileView:
    """One of the two files, which exists; its text may have errors.

    ``shared``: both variables name this one file, so SDKs read it as config and as credentials.
    """

    stored: ConfigFile
    shared: bool = False

    @property
    def kind(self) -> FileKind:
        """Which of the two files it is."""
        return self.stored.kind

    @property
    def blocks(self) -> tuple[SectionView, ...]:
        """Its sections, split as botocore does."""
        return self.stored.lenient.blocks

    def header_issue(self, line: str) -> HeaderIssue | None:
        """Returns what is wrong with a header; None in a shared file if either kind has such."""
        kinds = FileKind if self.shared else (self.kind,)
        issues = {kind: diagnose(line, kind) for kind in kinds}
        return issues[self.kind] if all(issues.values()) else None

    @cached_property
    def pasted_lines(self) -> frozenset[int]:
        """The lines (1-based) of pasted access keys, which line-without-equals reports."""
        return lines_of_pasted_keys(self.stored)

    @cached_property
    def conflicts(self) -> tuple[range, ...]:
        """The lines (1-based) of each merge conflict, which line-without-equals reports."""
        if b"<<<<<<<" not in (data := self.stored.data or b"") and b">>>>>>>" not in data:
            return ()
        blocks = (line for written in self.blocks for line in written.block.lines)
        return find_merge_conflicts((*self.stored.lenient.preamble, *blocks))

    def in_conflict(self, line: int) -> bool:
        """True if the line (1-based) is part of a merge conflict."""
        return any(line in conflict for conflict in self.conflicts)

    def at(self, line: int) -> Origin:
        """Returns the origin of a line (1-based) of the file."""
        return Origin(self.kind, self.stored.path, line)

    def repair(
        self, summary: str, *repairs: TextRepair, declares: Collection[SectionId] = ()
    ) -> Repair:
        """Returns the repair made of these edits.

        ``declares`` are the sections whose meaning it corrects on purpose.
        """
        edits = tuple(FileRepair(self.kind, repair) for repair in repairs)
        change = Change(for_display(summary), repairs=edits)
        return Repair(change, declares=frozenset(declares))


def file_views(context: CheckContext) -> Iterator[FileView]:
    """Yields the files that exist; one that is both is yielded once, as the config file."""
    files = [context.catalog.stored(kind) for kind in FileKind]
    shared = len({file.path for file in files}) == 1
    files = files[:1] if shared else files
    yield from (FileView(stored, shared) for stored in files if stored.data is not None)


def profile_of(section: SectionId) -> str | None:
    """Returns the name of the profile that a section is, fit for display; None for others."""
    if section.type != "profile":
        return None
    return section.name.encode(errors="replace").decode()


def in_scope(context: CheckContext) -> Callable[[SectionId], bool]:
    """Returns a predicate: True for selected sections, which include those of no profile."""
    others = frozenset(context.catalog.profiles).difference(context.names)
    return lambda section: section.type != "profile" or section.name not in others


def fix_command(id: str) -> str:
    """Returns the command that repairs what the check of that ID finds."""
    return f"awsprof doctor --fix {id}"


def sections_of(context: CheckContext) -> Iterator[tuple[FileView, SectionView]]:
    """Yields every selected section in both files, without [DEFAULT]."""
    wanted = in_scope(context)
    for view in file_views(context):
        for written in view.blocks:
            if wanted(written.block.id) and written.block.header != DEFAULTSECT:
                yield view, written
