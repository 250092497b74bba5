"""Sections that no reader can read, which are skipped while the others are edited.

botocore rejects the whole file if one section or key is duplicated. That must not keep you from
editing the other sections.
"""

from collections.abc import Collection, Iterable
from typing import Final

from awsprof.configfile.edits import Edit, RenameSection
from awsprof.configfile.parse import (
    EditIssue,
    FileKind,
    SectionId,
    Sections,
    is_comment,
    split_sections,
)
from awsprof.errors import EditRefused

_FIX: Final = "fix it (awsprof doctor --offline shows how), then run this again"


def sections_named_by(edits: Iterable[Edit]) -> set[SectionId]:
    """Returns the sections that edits name, also as a dialect that strips blanks reads them."""
    found: set[SectionId] = set()
    for edit in edits:
        found.add(edit.section)
        if isinstance(edit, RenameSection):
            found.add(SectionId(edit.section.type, edit.name))
    return found | {SectionId(section.type, section.name.strip(" \t")) for section in found}


def broken_sections_to_skip(
    issues: Iterable[EditIssue], edits: Iterable[Edit]
) -> frozenset[SectionId]:
    """Returns the sections with issues. Raises EditRefused if the edits or the file have one."""
    named = sections_named_by(edits)
    found: set[SectionId] = set()
    for issue in issues:
        if issue.section is None or issue.section in named:
            raise EditRefused(f"Line {issue.line}: {issue.reason}", _FIX)
        found.add(issue.section)
    return frozenset(found)


def without_sections(data: bytes, kind: FileKind, skipped: Collection[SectionId]) -> bytes:
    """Returns the text without these sections."""
    parts = split_sections(data.decode(), kind)
    blocks = [block for block in parts.blocks if block.id not in skipped]
    return Sections(parts.preamble, blocks).text().encode()


def lines_of(data: bytes, kind: FileKind, sections: Collection[SectionId]) -> list[str]:
    """Returns the lines of these sections without blank ones and comments between sections."""
    blocks = split_sections(data.decode(), kind).blocks
    lines = (line for block in blocks if block.id in sections for line in block.lines)
    return [line.rstrip("\r\n") for line in lines if line.strip() and not is_comment(line)]
