"""Reverts hunks in a text that has changed since, and checks by reading that no other part changes.

Only what the undone change touched may read differently, and it must read as before that change.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from awsprof.configfile.dialects import Reading, as_botocore, as_sdk
from awsprof.configfile.encoding import join_diff_lines, split_diff_lines
from awsprof.configfile.parse import FileKind, SectionId, section_id
from awsprof.editing.hunk_revert import Reverted, revert_hunks, section_above, splits_section
from awsprof.editing.hunks import CONTEXT, Hunk, RedactedText
from awsprof.editing.line_diff import is_significant
from awsprof.masking.mask import mask_name
from awsprof.text import sanitize

_HEADER: Final = re.compile(r"\[(?P<all>(?P<first>[^\]]+).*)\]")
_DIALECTS: Final = (as_botocore, as_sdk)
_ANY: Final = ""  # every key of a section


def revert_checked(
    text: RedactedText,
    hunks: tuple[Hunk, ...],
    kind: FileKind,
    renamed: Mapping[str, str] | None = None,
) -> Reverted:
    """Reverts ``hunks`` as ``revert_hunks`` does, or nothing if another section would change.

    That, or that the file could no longer be read, is then a conflict that nothing overrides. A
    change that repaired lines which cannot be read may be undone.
    """
    now = text.data
    reverted = revert_hunks(text, hunks, renamed)
    if reverted.data == now:
        return reverted
    own = _Own(kind, renamed or {})
    for hunk in hunks:
        own.add(hunk)
    harm = _find_harm(now, reverted.data, own, strict=not reverted.conflicts)
    if harm is None:
        return reverted
    conflict = f"The file has changed since: undoing this {harm}."
    return Reverted(now, (conflict,), refused=True)


class _Own:
    """The sections of the hunks and their keys, and in each dialect the values they had before."""

    def __init__(self, kind: FileKind, renamed: Mapping[str, str]) -> None:
        self.kind = kind
        self._renamed = renamed
        self.headers: set[str] = set()
        self.sections: set[SectionId] = set()
        self.keys: set[tuple[SectionId, str]] = set()
        self._parts: set[tuple[SectionId, str]] = set()  # keys with lines outside of the hunks
        self._before: list[dict[tuple[SectionId, str], list[object]]] = [{}, {}]
        self.was_unreadable = False

    def add(self, hunk: Hunk) -> None:
        """Adds the lines of a hunk, before and after the change."""
        above = section_above(hunk)
        above = self._renamed.get(above, above) if above is not None else None
        lines = [[self._renamed.get(line, line) for line in part] for part in (hunk.old, hunk.new)]
        ends = [self._add_lines(above, hunk, part) for part in lines]
        moves = ends[0] != ends[1] and not splits_section(hunk) and _moves_lines_below(hunk)
        for header in ends if moves else ():
            self._add_key(header, _ANY, whole=False)
        text = join_diff_lines([*([above] if above and lines[0] else []), *_whole_lines(lines[0])])
        around = join_diff_lines(_lines_around(hunk))
        for found, read in zip(self._before, _DIALECTS, strict=True):
            reading = read(text, self.kind)
            self.was_unreadable |= reading.error is not None
            self.was_unreadable |= read(around, self.kind).error is not None
            for section, values in reading.sections.items():
                for key, value in values.items():
                    found.setdefault((section, key), []).append(value)

    def _add_lines(self, header: str | None, hunk: Hunk, lines: Sequence[str]) -> str | None:
        """Adds the keys of these lines of the hunk; returns the last header."""
        key, whole = _last_key(hunk.above), False
        for line in filter(is_significant, lines):
            if line.startswith("["):
                header, key, whole = line, _ANY, True
                self._add_section(header)
                continue
            if line[0] not in " \t":
                key, whole = _key_of(line), True
            self._add_key(header, key, whole=whole)
        if key and hunk.below and _continues(hunk.below[0]):
            self._add_key(header, key, whole=False)
        return header

    def _add_section(self, header: str | None) -> None:
        if header is not None:
            self.headers.add(header.strip())
            self.sections.update(_sections_of(header, self.kind))

    def _add_key(self, header: str | None, key: str, *, whole: bool) -> None:
        self._add_section(header)
        found = {(section, key) for section in _sections_of(header or "", self.kind)}
        self.keys |= found
        if not whole:
            self._parts |= found

    def allows(self, dialect: int, section: SectionId, key: str, value: object) -> bool:
        """True if undoing the change may give that key this value; None if it goes."""
        if (section, _ANY) in self.keys or (section, key) in self._parts:
            return True
        if (section, key) not in self.keys:
            return False
        wanted = self._before[dialect].get((section, key), [None])
        return self.was_unreadable or value in wanted


def _find_harm(now: bytes, after: bytes, own: _Own, *, strict: bool) -> str | None:
    """Returns what the undo would do wrong, as the end of a sentence; None if nothing.

    Unless ``strict``, the hunks' own sections may become anything.
    """
    if "[DEFAULT]" in own.headers:  # every section has its keys
        strict = False
    unread = 0
    for dialect, read in enumerate(_DIALECTS):
        was, then = read(now, own.kind), read(after, own.kind)
        if was.error:
            unread += 1
        elif then.error and not own.was_unreadable:
            return f"would leave a file that cannot be read ({sanitize(then.error)})"
        elif then.error:
            unread += 1
        elif (changed := _changed_by(was, then, own, dialect, strict=strict)) is not None:
            return f"would also change {changed}"
    if unread and (header := _changed_lines(now, after, own)) is not None:
        return f"would also change {header}"
    return None


def _changed_by(
    was: Reading, then: Reading, own: _Own, dialect: int, *, strict: bool
) -> str | None:
    """Returns the name of a section, or of its key, that may not change but would."""
    if "[DEFAULT]" in own.headers:
        return None
    unlike = {
        section
        for section in was.sections.keys() | then.sections.keys()
        if was.sections.get(section) != then.sections.get(section)
    }
    for section in sorted(unlike, key=str):
        if section not in own.sections:
            return sanitize(str(section))
        values, new = was.sections.get(section, {}), then.sections.get(section, {})
        for key in sorted(values.keys() | new.keys()) if strict else ():
            value = new.get(key)
            if values.get(key) != value and not own.allows(dialect, section, key, value):
                return f"{mask_name(key)} of {sanitize(str(section))}"
    return None


def _changed_lines(now: bytes, after: bytes, own: _Own) -> str | None:
    """Returns a header below which lines would change that may not, in a file that is not read."""
    was, then = _lines_below_headers(now), _lines_below_headers(after)
    for header in sorted(was.keys() | then.keys()):
        if was.get(header) != then.get(header) and header not in own.headers:
            return sanitize(header) or "the lines above the first section"
    return None


def _lines_below_headers(data: bytes) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    header = ""
    for line in split_diff_lines(data):
        if line.startswith("["):
            header = line.strip()
            found.setdefault(header, []).append(header)
        elif is_significant(line):
            found.setdefault(header, []).append(line.rstrip("\r\n"))
    return found


def _lines_around(hunk: Hunk) -> list[str]:
    """Returns the lines before the change, with those around them, from a section's header on."""
    lines = [*hunk.above, *hunk.old, *hunk.below]
    first = next((at for at, line in enumerate(lines) if line.startswith("[")), len(lines))
    if first <= len(hunk.above) or hunk.section is None:
        return lines[first:]
    return [hunk.section, *_whole_lines(lines)]


def _key_of(line: str) -> str:
    return re.split("[=:]", line, maxsplit=1)[0].strip().lower()


def _last_key(above: Sequence[str]) -> str:
    """Returns the key that an indented line below these lines belongs to."""
    line = next(
        (each for each in reversed(above) if is_significant(each) and each[0] not in " \t"), "["
    )
    return _ANY if line.startswith("[") else _key_of(line)


def _sections_of(header: str, kind: FileKind) -> set[SectionId]:
    """Returns what the dialects may read a header as: only one of them ends it at a comment."""
    found = _HEADER.match(header)
    if found is None:
        return set()
    names = {text.strip(" \t") for text in found.groups()} | set(found.groups())
    return {section_id(name, kind) for name in names}


def _moves_lines_below(hunk: Hunk) -> bool:
    """True if lines below the hunk belong to its last section."""
    line = next(filter(is_significant, hunk.below), None)
    if line is None:
        headers = [any(each.startswith("[") for each in part) for part in (hunk.old, hunk.new)]
        return len(hunk.below) >= CONTEXT and all(headers)
    return not line.startswith("[")


def _continues(line: str) -> bool:
    return bool(line.strip()) and line[0] in " \t"


def _whole_lines(lines: Sequence[str]) -> list[str]:
    """Returns the lines without those at the start that continue lines above."""
    start = next(
        (at for at, line in enumerate(lines) if is_significant(line) and line[0] not in " \t"), None
    )
    return [] if start is None else [*lines[start:]]
