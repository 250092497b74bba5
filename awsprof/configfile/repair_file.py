"""Mends done to a file's bytes, and the proof that they changed the reading of nothing else."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from awsprof.configfile.buffer import EditBuffer, Touched
from awsprof.configfile.dialects import Values, as_botocore
from awsprof.configfile.parse import FileKind, SectionId
from awsprof.configfile.text_repairs import AddSection, TextRepair
from awsprof.errors import EditRefused

_Read = dict[SectionId, dict[str, str]]


@dataclass(frozen=True)
class FileRepair:
    """A mend, and which of the two files it is for."""

    kind: FileKind
    mend: TextRepair


def apply_repairs(data: bytes, kind: FileKind, mends: Iterable[TextRepair]) -> bytes:
    """``data`` after ``mends``, in whatever order they come.

    Where they would change what they are not about, they are done one by one, and those that would
    are left undone. EditRefused where a section cannot be moved.
    """
    ordered = sorted(dict.fromkeys(mends), key=lambda mend: mend.rank)
    after = _proved(data, kind, ordered)
    if after is not None:
        return after
    for mend in ordered:
        after = _proved(data, kind, [mend])
        if after is None and isinstance(mend, AddSection):
            raise EditRefused(  # it is taken out of the other file at the same time
                f"The section {mend.section} would make the {kind} file unreadable.",
                "mend its lines in an editor, then run this again",
            )
        data = data if after is None else after
    return data


def _proved(data: bytes, kind: FileKind, mends: list[TextRepair]) -> bytes | None:
    text = EditBuffer(data, kind)
    was = _read(text)
    touched: Touched = frozenset().union(*(mend.do(text) for mend in mends))
    after = text.data()
    if _without(_read(EditBuffer(after, kind)), touched) != _without(was, touched):
        return None
    before, now = as_botocore(data, kind), as_botocore(after, kind)
    if before.error is None:
        about = {section for section, _ in touched} | {getattr(m, "section", None) for m in mends}
        same = _others(now.sections, about) == _others(before.sections, about)
        return after if now.error is None and same else None
    return after


def _read(text: EditBuffer) -> _Read:
    """What stands where, as a reader would see it that lets what comes later win."""
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
