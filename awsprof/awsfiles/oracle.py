"""What must hold after an edit: every reader reads what it read before, with that edit.

This is the net under edits.py: lines that were changed wrongly never leave the document.
"""

from awsprof.awsfiles.blocks import FileKind, SectionId
from awsprof.awsfiles.dialects import Reading, as_botocore, as_sdk
from awsprof.awsfiles.edits import (
    Edit,
    PutSection,
    RemoveSection,
    RenameSection,
    SetValue,
    UnsetValue,
)
from awsprof.errors import EditRefused


def verified(
    before: bytes, after: bytes, kind: FileKind, edits: tuple[Edit, ...]
) -> tuple[str, ...]:
    """Warnings about the edited text; EditRefused where a dialect reads what was not meant."""
    was, now = as_botocore(before, kind), as_botocore(after, kind)
    if now.error or now.sections != expected(was, edits):
        raise _refused("boto3", now)
    was, now = as_sdk(before, kind), as_sdk(after, kind)
    if was.error:
        where = f" (line {was.error_line}: {was.error})"
        return (f"SDKs other than boto3 cannot read this file{where}.",)
    if now.error or now.sections != expected(was, edits):
        raise _refused("SDKs other than boto3", now)
    return ()


def _refused(reader: str, now: Reading) -> EditRefused:
    where = f" (line {now.error_line})" if now.error_line else ""
    return EditRefused(
        f"{reader} would not read the file as it should after this edit{where}, so nothing was"
        " changed.",
        "take the indents off the lines around it, then run this again",
    )


_Sections = dict[SectionId, dict[str, "str | dict[str, str]"]]


def expected(reading: Reading, edits: tuple[Edit, ...]) -> _Sections:
    """What a reader must see after ``edits``, if it saw ``reading`` before."""
    sections: _Sections = {
        section: {k: v if isinstance(v, str) else dict(v) for k, v in values.items()}
        for section, values in reading.sections.items()
    }
    for edit in edits:
        _expect(sections, edit)
    return sections


def _expect(sections: _Sections, edit: Edit) -> None:
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
            pass  # this reader ignores the section, before and after


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
    return next((key for key in block if key.lower() == name.lower()), name.lower())
