"""Edits of a document as values, and how each changes a block's lines.

document.py compares the result with what readers must see afterwards (verify.py), so that wrongly
changed lines are never written.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from awsprof.configfile.parse import (
    COMMENT,
    Block,
    FileKind,
    ParsedOption,
    SectionId,
    is_comment,
    line_end,
)
from awsprof.errors import EditRefused
from awsprof.masking.mask import mask_name


@dataclass(frozen=True)
class SetValue:
    """Set a section's key to a value; ``nested`` names a line of the key's nested block."""

    section: SectionId
    key: str
    value: str
    nested: str | None = None


@dataclass(frozen=True)
class UnsetValue:
    """Remove a key, or a line of its nested block; it may be absent."""

    section: SectionId
    key: str
    nested: str | None = None


@dataclass(frozen=True)
class PutSection:
    """Append a section with these keys, or set each of them if the section exists."""

    section: SectionId
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class RenameSection:
    """Rename a section; its keys stay."""

    section: SectionId
    name: str


@dataclass(frozen=True)
class RemoveSection:
    """Remove a section, with the comments between its keys."""

    section: SectionId


Edit = SetValue | UnsetValue | PutSection | RenameSection | RemoveSection


@dataclass(frozen=True)
class FileEdit:
    """An edit, and the file it is for."""

    kind: FileKind
    operation: Edit


_INLINE: Final = re.compile(r"[ \t]([#;].*)$")
_KEY: Final = re.compile(r"[A-Za-z0-9_.\-]+\Z")


@lru_cache(maxsize=64)  # one change may write the same value in thousands of sections
def require_portable_value(value: str, where: str) -> None:
    """Raises EditRefused for a value that the two dialects would read differently."""
    reason = ""
    if any(ord(c) < 32 or c in "\x7f\x85\u2028\u2029" for c in value):
        reason = "it has a line break or a control character"
    elif value != value.strip():
        reason = "it begins or ends with white space"
    elif value.startswith(COMMENT):
        reason = f"it begins with {value[0]!r}, which starts a comment"
    elif _INLINE.search(value):
        reason = "white space before a '#' or ';' starts a comment in most SDKs"
    elif not value.isascii() and any(0xD800 <= ord(c) <= 0xDFFF for c in value):
        reason = "it is not valid text"
    if reason:
        raise EditRefused(
            f"{where} cannot have that value: {reason}.", "use a value that every SDK can read"
        )


@lru_cache(maxsize=64)
def normalize_key(key: str) -> str:
    """Returns the key as it is read (lower case); raises EditRefused if it is invalid."""
    if not _KEY.match(key):
        raise EditRefused(f"{key!r} is not a valid key.", "use letters, digits and underscores")
    return key.lower()


def find_key(block: Block, name: str) -> ParsedOption | None:
    """Returns the block's key of that name (lower case), or None."""
    flat = block.flat_entries()
    if flat is None:
        return next((key for key in block.options() if key.name == name), None)
    for entry in flat:
        if entry.key == name:
            at = entry.line - block.line
            return ParsedOption(name, at, at + 1, 0, [entry.value], [at])
    return None


def set_value_in(block: Block, edit: SetValue, default_end: str, next_indent: int) -> None:
    """Applies ``edit`` to the lines of ``block``; no change if the value is set already.

    ``default_end`` is the line end if the neighbouring lines have none. ``next_indent`` is the next
    header's indent: a new key must be indented at least as much, or that header would continue it.
    """
    name = normalize_key(edit.key)
    require_portable_value(
        edit.value, edit.key if edit.nested is None else f"{edit.key}.{edit.nested}"
    )
    key = find_key(block, name)
    if edit.nested is not None:
        _set_nested(block, key, edit, default_end, next_indent)
    elif key is None:
        _insert_key(block, f"{name} = {edit.value}".rstrip(), default_end, next_indent)
    elif key.value != edit.value:
        _replace_value(block, key, edit.value)
    else:
        _dedent_comments(
            block, key.stop
        )  # to the other SDKs, indented comments are part of the value


def fill_new_section(block: Block, edit: PutSection) -> bool:
    """Writes all keys of a section below its header, the only line of the block.

    The same as setting one after the other, without parsing the block each time. False, and no
    change, if a key is there twice.
    """
    names = [normalize_key(key) for key, _ in edit.values]
    if len({*names}) < len(names):
        return False
    end = line_end(block.lines[0])
    for name, (key, value) in zip(names, edit.values, strict=True):
        require_portable_value(value, key)
        block.lines.append(f"{name} = {value}".rstrip() + end)
    return True


def _replace_value(block: Block, key: ParsedOption, value: str) -> None:
    new = _line_with_value(block.lines[key.start], value, bool(key.parts[0]))
    if new is None:
        raise EditRefused(
            f"The line of {mask_name(key.name)} cannot be parsed.", "fix the line in an editor"
        )
    replace_key_lines(block, key, [new])


@lru_cache(maxsize=64)  # thousands of sections may have the same line
def _line_with_value(line: str, value: str, had_value: bool) -> str | None:
    """Returns a key's line with another value; None if it has no delimiter."""
    # Keep the key as written, its delimiter and the blanks around it.
    head = re.match(r"(\s*.*?\s*[=:])([ \t]*)", line)
    if head is None:
        return None
    blank = head[2] if value and head[2] else (" " if value and not had_value else head[2])
    return f"{head[1]}{blank}{value}".rstrip(" \t") + line_end(line)


def replace_key_lines(block: Block, key: ParsedOption, new: list[str]) -> None:
    """Replaces a key's lines by ``new``; its comments stay, on lines of their own."""
    first, last = block.lines[key.start], block.lines[key.stop - 1]
    above = []
    inline = _INLINE.search(first.rstrip("\r\n")) if key.parts[0] else None
    if inline:
        above.append(inline[1].rstrip() + (line_end(first) or line_end(block.lines[0]) or "\n"))
    below = block.lines[key.start + 1 : key.stop]
    inside = [line.lstrip() for line in below if is_comment(line)]
    if new and not line_end(last):
        new = [*new[:-1], new[-1].rstrip("\r\n")]
        above += [line if line_end(line) else line + "\n" for line in inside]
        inside = []
    _dedent_comments(block, key.stop)
    block.lines[key.start : key.stop] = above + new + inside


def _lines_until_key(block: Block, start: int) -> list[str]:
    """Returns the comments and blank lines from ``start`` to the next key or the block's end."""
    found = []
    for line in block.lines[start:]:
        if line.strip() and not is_comment(line):
            break
        found.append(line)
    return found


def _dedent_comments(block: Block, start: int) -> None:
    """Removes the indent of the comments that follow."""
    followers = _lines_until_key(block, start)
    block.lines[start : start + len(followers)] = [
        line.lstrip(" \t") if is_comment(line) else line for line in followers
    ]


def _insert_key(block: Block, text: str, default_end: str, next_indent: int) -> None:
    keys = block.options()
    if keys:
        where, indent = keys[-1].stop, block.lines[keys[-1].start]
        margin = indent[: len(indent) - len(indent.lstrip())]
        # To the other SDKs, indented comments below the last key are part of its value.
        for offset, line in enumerate(_lines_until_key(block, where)):
            if is_comment(line) and line[:1] in " \t":
                where = keys[-1].stop + offset + 1
    else:
        where, margin = 1, " " * next_indent
        _dedent_comments(
            block, 1
        )  # else the other SDKs would read indented comments as part of the new value
    _insert(block, where, margin + text, default_end)


def _insert(block: Block, where: int, text: str, default_end: str) -> None:
    """Inserts a line; a line above it without a line end gets one."""
    end = line_end(block.lines[where - 1]) or default_end
    if not line_end(block.lines[where - 1]):
        block.lines[where - 1] += end
    block.lines.insert(where, text + end)


def _set_nested(
    block: Block, key: ParsedOption | None, edit: SetValue, default_end: str, next_indent: int
) -> None:
    name = normalize_key(edit.nested or "")
    text = f"{edit.nested} = {edit.value}"  # as written: in a nested block, case may matter
    if key is None:
        _insert_key(block, f"{normalize_key(edit.key)} =", default_end, next_indent)
        key = block.options()[-1]
    if key.parts[0]:
        raise EditRefused(
            f"{edit.key} has a value, so it cannot also have the nested key {name}.",
            f"unset {edit.key} first",
        )
    lines = key.nested()
    own = next((line for line in lines if line.name.lower() == name), None)
    if own is not None:
        if own.value == edit.value:
            return
        line = block.lines[own.index]
        head = line[: line.index("=") + 1]
        inline = _INLINE.search(own.value)
        if inline:
            raise EditRefused(
                f"{edit.key}.{name} has a comment after its value, which the edit would lose.",
                "move the comment to a line of its own, without indent",
            )
        block.lines[own.index] = f"{head} {edit.value}{line_end(line)}"
    elif lines:
        above = block.lines[lines[-1].index]
        margin = above[: len(above) - len(above.lstrip())]
        _insert(block, lines[-1].index + 1, margin + text, default_end)
    else:
        above = block.lines[key.start]
        margin = above[: len(above) - len(above.lstrip())]
        _insert(block, key.stop, f"{margin}  {text}", default_end)


def unset_value_in(block: Block, edit: UnsetValue) -> None:
    """Removes the key, or one line of its nested block; the comments stay."""
    key = find_key(block, edit.key.lower())
    if key is None:
        return
    if edit.nested is None:
        replace_key_lines(block, key, [])
        return
    lines = key.nested() if key.is_block else []
    own = [line for line in lines if line.name.lower() == edit.nested.lower()]
    if own and len(own) == len(lines):
        replace_key_lines(block, key, [])
    elif own:
        del block.lines[own[0].index]


def trailing_comments(block: Block) -> list[str]:
    """Returns what of a removed block stays: the comments after its last key."""
    keys = block.options()
    rest = block.lines[keys[-1].stop if keys else 1 :]
    while rest and not rest[0].strip():
        rest = rest[1:]
    return [line.lstrip(" \t") if is_comment(line) else line for line in rest]
