"""Apply repairs to a file's bytes, and prove that nothing else is read differently."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from awsprof.configfile.buffer import EditBuffer, Touched
from awsprof.configfile.dialects import Values, as_botocore
from awsprof.configfile.key_repairs import (
    ColonToEquals,
    DedentKeys,
    DropDuplicates,
    MoveInlineComment,
    RenameKey,
    Unquote,
)
from awsprof.configfile.line_repairs import (
    IndentBlock,
    InsertHeader,
    JoinLines,
    NormalizeLineEnds,
    SplitLine,
    StripBom,
)
from awsprof.configfile.parse import FileKind, SectionId
from awsprof.configfile.section_repairs import (
    AddSection,
    DedentComments,
    DedentSection,
    DropSection,
    MergeSection,
    RewriteHeader,
)
from awsprof.errors import EditRefused

TextRepair = (
    StripBom
    | NormalizeLineEnds
    | InsertHeader
    | RewriteHeader
    | SplitLine
    | JoinLines
    | IndentBlock
    | RenameKey
    | DedentSection
    | DedentKeys
    | DedentComments
    | DropSection
    | AddSection
    | MergeSection
    | DropDuplicates
    | ColonToEquals
    | MoveInlineComment
    | Unquote
)


_Read = dict[SectionId, dict[str, str]]


@dataclass(frozen=True)
class FileRepair:
    """A repair, and the file it is for."""

    kind: FileKind
    repair: TextRepair


def apply_repairs(data: bytes, kind: FileKind, repairs: Iterable[TextRepair]) -> bytes:
    """Returns ``data`` after ``repairs``, given in any order.

    If together they would change anything unrelated, they are applied one by one, and those that
    still would are skipped. Raises EditRefused if a section cannot be moved.
    """
    return repaired_and_skipped(data, kind, repairs)[0]


def repaired_and_skipped(
    data: bytes, kind: FileKind, repairs: Iterable[TextRepair]
) -> tuple[bytes, frozenset[TextRepair]]:
    """Applies repairs; also returns those that were skipped: all, if nothing changes."""
    first = data
    ordered = sorted(dict.fromkeys(repairs), key=lambda repair: repair.rank)
    after = _apply_if_safe(data, kind, ordered) if ordered else data
    if after is not None:
        return after, frozenset(ordered if after == data else ())
    todo = ordered
    while todo:
        skipped = []
        for repair in todo:
            after = _apply_if_safe(data, kind, [repair])
            if after is None:
                skipped.append(repair)  # perhaps another one has to come first
            else:
                data = after
        if len(skipped) == len(todo):
            break
        todo = skipped
    unmoved = next((repair for repair in todo if isinstance(repair, AddSection)), None)
    if unmoved is not None:
        raise EditRefused(  # it is removed from the other file at the same time
            f"The section {unmoved.section} would make the {kind} file unreadable.",
            "fix its lines in an editor, then run this again",
        )
    return data, frozenset(ordered if data == first else todo)


def line_in_the_way(data: bytes, kind: FileKind, repair: TextRepair) -> int | None:
    """Returns the line that botocore would not read after the repair; None if it reads all."""
    text = EditBuffer(data, kind)
    repair.apply(text)
    after = text.data()
    line = as_botocore(after, kind).error_line
    if line is None:
        return None
    old, new = data.splitlines(), after.splitlines()
    if old[: line - 1] != new[: line - 1]:  # the repair is above it
        line += len(old) - len(new)
    return line if 0 < line <= len(old) else None


def _apply_if_safe(data: bytes, kind: FileKind, repairs: list[TextRepair]) -> bytes | None:
    text = EditBuffer(data, kind)
    original = _read(text)
    touched: Touched = frozenset().union(*(repair.apply(text) for repair in repairs))
    after = text.data()
    if _without(_read(EditBuffer(after, kind)), touched) != _without(original, touched):
        return None
    before, now = as_botocore(data, kind), as_botocore(after, kind)
    if before.error is None:
        about = {section for section, _ in touched} | {getattr(m, "section", None) for m in repairs}
        same = _others(now.sections, about) == _others(before.sections, about)
        return after if now.error is None and same else None
    return after


def _read(text: EditBuffer) -> _Read:
    """Returns what a lenient reader, for which later values win, reads in each section."""
    found: _Read = {}
    for block in text.parts.blocks:
        section = found.setdefault(block.id, {})
        section.update((key.name, key.value) for key in block.options() if key.name)
    return found


def _without(read: _Read, touched: Touched) -> _Read:
    return {
        section: {key: value for key, value in values.items() if (section, key) not in touched}
        for section, values in read.items()
        if (section, None) not in touched
    }


def _others(
    sections: Mapping[SectionId, Values], about: set[SectionId | None]
) -> dict[SectionId, Values]:
    return {section: values for section, values in sections.items() if section not in about}
