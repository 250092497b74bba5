"""Verify an edit: every dialect must read what it read before, plus the edit.

This is the safety net for edits.py: wrongly changed lines never become a document.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final

from awsprof.configfile.broken_sections import lines_of, sections_named_by, without_sections
from awsprof.configfile.changed_part import changes_most, find_changed_part
from awsprof.configfile.dialects import Reading, Values, as_botocore, as_sdk
from awsprof.configfile.edits import (
    Edit,
    PutSection,
    RemoveSection,
    RenameSection,
    SetValue,
    UnsetValue,
)
from awsprof.configfile.parse import FileKind, SectionId
from awsprof.errors import EditRefused
from awsprof.masking.mask import mask_name
from awsprof.text import sanitize

_INDENTED: Final = re.compile(rb"(?m)^[ \t]+\S")


def verify_edit(
    before: bytes,
    after: bytes,
    kind: FileKind,
    edits: tuple[Edit, ...],
    skipped: frozenset[SectionId] = frozenset(),
) -> tuple[str, ...]:
    """Returns warnings about the edited text; raises EditRefused if a dialect reads it wrongly.

    ``before`` has no ``Document.problems`` but those of the sections ``skipped``: boto3 reads the
    texts without them, and they must stay as they are. Only the changed sections are read if the
    change stays in them (``find_changed_part`` says when) and all is well there; else the whole
    file is, as it is if most of it changes: what was read of it before is kept.
    """
    if skipped:
        return _verify_beside(before, after, kind, edits, skipped)
    if not changes_most(before, after) and changed_part_is_right(before, after, kind, edits):
        return ()
    return verify_whole_file(before, after, kind, edits)


def _verify_beside(
    before: bytes,
    after: bytes,
    kind: FileKind,
    edits: tuple[Edit, ...],
    skipped: frozenset[SectionId],
) -> tuple[str, ...]:
    if lines_of(before, kind, skipped) != lines_of(after, kind, skipped):
        names = ", ".join(sorted(map(str, skipped)))
        raise _refused("boto3", f"the lines of {names} would change", before)
    rest, rest_now = (without_sections(data, kind, skipped) for data in (before, after))
    warnings = _verify_sdks(before, after, kind, edits, frozenset(as_botocore(rest, kind).sections))
    # Even if other SDKs cannot read the file, boto3's reading of the rest is verified.
    of_rest = verify_edit(rest, rest_now, kind, edits)
    return warnings or of_rest  # the lines in ``of_rest`` are counted without the skipped sections


def changed_part_is_right(
    before: bytes, after: bytes, kind: FileKind, edits: tuple[Edit, ...]
) -> bool:
    """True if the changed sections alone prove that ``verify_whole_file`` would find nothing."""
    part = find_changed_part(before, after, kind)
    if part is None:
        return False
    boto, sdk = as_botocore(part.before, kind), as_sdk(part.before, kind)
    boto_now, sdk_now = as_botocore(part.after, kind), as_sdk(part.after, kind)
    readings = (boto, sdk, boto_now, sdk_now)
    named = sections_named_by(edits).union(*(reading.sections for reading in readings))
    if any(reading.error for reading in readings) or named & part.outside:
        return False
    hidden = frozenset(boto.sections) - frozenset(sdk.sections)
    alike = sdk == boto and sdk_now == boto_now
    return reads_as_expected(boto, boto_now, edits) and (
        alike or reads_as_expected(sdk, sdk_now, edits, hidden)
    )


def verify_whole_file(
    before: bytes, after: bytes, kind: FileKind, edits: tuple[Edit, ...]
) -> tuple[str, ...]:
    """Verifies any change like ``verify_edit``: reads both texts whole, in both dialects."""
    boto, boto_now = as_botocore(before, kind), as_botocore(after, kind)
    if (why := _deviation(boto, boto_now, edits, frozenset())) is not None:
        raise _refused("boto3", why, before)
    sdk = as_sdk(before, kind)
    if not sdk.error and sdk == boto and as_sdk(after, kind) == boto_now:
        return ()
    return _verify_sdks(before, after, kind, edits, frozenset(boto.sections))


def _verify_sdks(
    before: bytes,
    after: bytes,
    kind: FileKind,
    edits: tuple[Edit, ...],
    seen_by_boto3: frozenset[SectionId],
) -> tuple[str, ...]:
    sdk = as_sdk(before, kind)
    if sdk.error:
        where = f" (line {sdk.error_line}: {sdk.error})"
        return (f"SDKs other than boto3 cannot read this file{where}.",)
    hidden = seen_by_boto3 - frozenset(sdk.sections)
    if (why := _deviation(sdk, as_sdk(after, kind), edits, hidden)) is not None:
        raise _refused("SDKs other than boto3", why, before)
    return ()


def reads_as_expected(
    was: Reading, now: Reading, edits: tuple[Edit, ...], hidden: Collection[SectionId] = ()
) -> bool:
    """True if a dialect reads what it should after ``edits``.

    ``hidden`` are sections that only boto3 read before: if one gets a name that every SDK reads, it
    appears, with all its keys.
    """
    return _deviation(was, now, edits, hidden) is None


def _deviation(
    was: Reading, now: Reading, edits: tuple[Edit, ...], hidden: Collection[SectionId]
) -> str | None:
    """Says what a dialect would read wrongly; None if nothing."""
    if now.error:
        where = f"line {now.error_line}: " if now.error_line else ""
        return f"{where}{now.error}"
    if hidden:
        edits = tuple(_as_dialect_edit(edit, hidden, was) for edit in edits)
    expected = expected_reading(was, edits)
    appearing = _appearing(edits, hidden, was)
    read_now = now.sections
    unlike = {s for s in expected.keys() | read_now.keys() if expected.get(s) != read_now.get(s)}
    for section in sorted(unlike, key=str):
        values, read = expected.get(section), read_now.get(section)
        if section in appearing:
            complete = read is not None and (values or {}).items() <= read.items()
            if not complete:
                return f"the section {section} would not be read"
        elif values != read:
            if values is None or read is None:
                return f"the section {section} would {'appear' if values is None else 'disappear'}"
            keys = sorted(k for k in {*values, *read} if values.get(k) != read.get(k))
            return f"{mask_name(keys[0])} of {section} would change"
    return None


def _as_dialect_edit(edit: Edit, hidden: Collection[SectionId], was: Reading) -> Edit:
    """Returns the edit for a dialect that strips the white space around a name."""
    bare = SectionId(edit.section.type, edit.section.name.strip(" \t"))
    if edit.section in hidden and bare in was.sections:
        return replace(edit, section=bare)
    return edit


def _appearing(
    edits: tuple[Edit, ...], hidden: Collection[SectionId], was: Reading
) -> set[SectionId]:
    """Returns the sections that a dialect reads because of the edits, but not before."""
    found: set[SectionId] = set()
    for edit in edits:
        if edit.section not in hidden and edit.section not in found:
            continue
        match edit:
            case RenameSection():
                found.discard(edit.section)
                found.add(SectionId(edit.section.type, edit.name))
            case PutSection():
                found.add(edit.section)
            case RemoveSection():
                found.discard(edit.section)
            case _:
                pass
    return found - set(was.sections)


def _refused(dialect: str, why: str, before: bytes) -> EditRefused:
    fix = "run awsprof doctor to find the cause, fix it in an editor, then run this again"
    if _INDENTED.search(before):
        fix = "remove the indent of the lines around it, then run this again"
    return EditRefused(
        f"{dialect} would misread the file after this edit ({sanitize(why)}), so awsprof"
        " changed nothing.",
        fix,
    )


_Sections = dict[SectionId, dict[str, "str | dict[str, str]"]]


def expected_reading(reading: Reading, edits: tuple[Edit, ...]) -> Mapping[SectionId, Values]:
    """Returns what a dialect must read after ``edits`` if it read ``reading`` before."""
    named = {edit.section for edit in edits}
    edited: _Sections = {
        section: {k: v if isinstance(v, str) else dict(v) for k, v in values.items()}
        for section, values in reading.sections.items()
        if section in named
    }
    for edit in edits:
        _expect_edit(edited, edit)
    others = {section: v for section, v in reading.sections.items() if section not in named}
    return {**others, **edited}


def _expect_edit(sections: _Sections, edit: Edit) -> None:
    match edit:
        case PutSection():
            values = sections.setdefault(edit.section, {})
            values.update({key.lower(): value for key, value in edit.values})
        case SetValue() if edit.section in sections:
            _expect_set(sections[edit.section], edit)
        case UnsetValue() if edit.section in sections:
            _expect_unset(sections[edit.section], edit)
        case RenameSection() if edit.section in sections:
            sections[SectionId(edit.section.type, edit.name)] = sections.pop(edit.section)
        case RemoveSection():
            sections.pop(edit.section, None)
        case _:
            pass  # this dialect ignores the section before and after


def _expect_set(values: dict[str, str | dict[str, str]], edit: SetValue) -> None:
    key = edit.key.lower()
    if edit.nested is None:
        values[key] = edit.value
        return
    block = values.setdefault(key, {})
    if not isinstance(block, dict):
        block = values[key] = {}
    block[_as_written(block, edit.nested)] = edit.value


def _expect_unset(values: dict[str, str | dict[str, str]], edit: UnsetValue) -> None:
    key = edit.key.lower()
    block = values.get(key)
    if edit.nested is None:
        values.pop(key, None)
    elif isinstance(block, dict):
        block.pop(_as_written(block, edit.nested), None)
        if not block:
            del values[key]


def _as_written(block: dict[str, str], name: str) -> str:
    return next((key for key in block if key.lower() == name.lower()), name)
