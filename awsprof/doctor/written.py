"""The two files as the checks of text look at them: lines, whose they are, what mends them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from awsprof.awsfiles.blocks import SectionId
from awsprof.awsfiles.document import FileKind
from awsprof.awsfiles.legible import Written
from awsprof.awsfiles.mending import FileMend
from awsprof.awsfiles.mends import Mend
from awsprof.awsfiles.storage import Stored
from awsprof.clean import clean
from awsprof.doctor.repairs import Repair
from awsprof.doctor.scene import Scene
from awsprof.editing.change import Change
from awsprof.profiles.model import Origin
from awsprof.shells import word

__all__ = ["Page", "asking", "by_itself", "owner", "pages", "sections_of", "word"]


@dataclass(frozen=True)
class Page:
    """One of the two files, which exists; its text may be damaged."""

    stored: Stored

    @property
    def kind(self) -> FileKind:
        """Which of the two it is."""
        return self.stored.kind

    @property
    def blocks(self) -> tuple[Written, ...]:
        """Its blocks as botocore cuts them."""
        return self.stored.legible.blocks

    def at(self, line: int) -> Origin:
        """A place in it."""
        return Origin(self.kind, self.stored.path, line)

    def repair(self, summary: str, *mends: Mend, declares: Collection[SectionId] = ()) -> Repair:
        """What mends it so; ``declares`` are the sections that become what they were meant to."""
        change = Change(clean(summary), mends=tuple(FileMend(self.kind, m) for m in mends))
        return Repair(change, declares=frozenset(declares))


def pages(scene: Scene) -> Iterator[Page]:
    """The files that exist."""
    for kind in FileKind:
        stored = scene.catalog.stored(kind)
        if stored.data is not None:
            yield Page(stored)


def owner(section: SectionId) -> str | None:
    """The profile that a section is, as text that can be shown and written; None for others."""
    if section.type != "profile":
        return None
    return section.name.encode(errors="replace").decode()


def asking(scene: Scene) -> Callable[[SectionId], bool]:
    """What tells whether a section is in question: no profile, or one of those looked at."""
    others = frozenset(scene.catalog.profiles).difference(scene.names)
    return lambda section: section.type != "profile" or section.name not in others


def by_itself(id: str) -> str:
    """What to type for a fault that mends itself."""
    return f"awsprof doctor --fix {id}"


def sections_of(scene: Scene) -> Iterator[tuple[Page, Written]]:
    """Every section in question, in both files; [DEFAULT] is a fault as a whole."""
    wanted = asking(scene)
    for page in pages(scene):
        for written in page.blocks:
            if wanted(written.block.id) and written.block.header != "DEFAULT":
                yield page, written
