"""The two files as the checks of text look at them: lines, whose they are, what mends them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from awsprof.configfile.document import FileKind
from awsprof.configfile.lenient import SectionView
from awsprof.configfile.parse import SectionId
from awsprof.configfile.repair_file import FileRepair
from awsprof.configfile.storage import ConfigFile
from awsprof.configfile.text_repairs import TextRepair
from awsprof.doctor.context import CheckContext
from awsprof.doctor.findings import Repair
from awsprof.editing.change import Change
from awsprof.profiles.model import Origin
from awsprof.shells import shell_word
from awsprof.text import sanitize

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
    """One of the two files, which exists; its text may be damaged."""

    stored: ConfigFile

    @property
    def kind(self) -> FileKind:
        """Which of the two it is."""
        return self.stored.kind

    @property
    def blocks(self) -> tuple[SectionView, ...]:
        """Its blocks as botocore cuts them."""
        return self.stored.legible.blocks

    def at(self, line: int) -> Origin:
        """A place in it."""
        return Origin(self.kind, self.stored.path, line)

    def repair(
        self, summary: str, *mends: TextRepair, declares: Collection[SectionId] = ()
    ) -> Repair:
        """What mends it so; ``declares`` are the sections that become what they were meant to."""
        change = Change(sanitize(summary), mends=tuple(FileRepair(self.kind, m) for m in mends))
        return Repair(change, declares=frozenset(declares))


def file_views(context: CheckContext) -> Iterator[FileView]:
    """The files that exist."""
    for kind in FileKind:
        stored = context.catalog.stored(kind)
        if stored.data is not None:
            yield FileView(stored)


def profile_of(section: SectionId) -> str | None:
    """The profile that a section is, as text that can be shown and written; None for others."""
    if section.type != "profile":
        return None
    return section.name.encode(errors="replace").decode()


def in_scope(context: CheckContext) -> Callable[[SectionId], bool]:
    """What tells whether a section is in question: no profile, or one of those looked at."""
    others = frozenset(context.catalog.profiles).difference(context.names)
    return lambda section: section.type != "profile" or section.name not in others


def fix_command(id: str) -> str:
    """What to type for a fault that mends itself."""
    return f"awsprof doctor --fix {id}"


def sections_of(context: CheckContext) -> Iterator[tuple[FileView, SectionView]]:
    """Every section in question, in both files; [DEFAULT] is a fault as a whole."""
    wanted = in_scope(context)
    for view in file_views(context):
        for written in view.blocks:
            if wanted(written.block.id) and written.block.header != "DEFAULT":
                yield view, written
