"""The line of each key of a TOML text, which Python's tomllib does not say.

Also refuses texts that would keep tomllib busy: a dotted key of twenty thousand parts takes it
seconds. Whether the rest is valid TOML is for tomllib to say: of an invalid text, the lines up to
the error are found.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from awsprof.parsing import InvalidValue

Path = tuple[str | int, ...]
_MOST_PARTS: Final = 5  # of a dotted key
_STRING: Final = (
    r'"""(?:\\[\s\S]|[^"\\]|"{1,2}(?!"))*"{3,5}'
    r"|'''(?:[^']|'{1,2}(?!'))*'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
)
_VALUE_TOKEN: Final = re.compile(
    rf"(?P<string>{_STRING})|(?P<comment>\#[^\n]*)|(?P<mark>[\[\]{{}},\n=])|(?P<other>[^\[\]{{}},\n=\#\"']+|.)"
)
_PLAIN_VALUE: Final = re.compile(r'[ \t]*"[^"\\\n]*"[ \t]*(?=\r?\n|\Z)')  # most values are one
_PLAIN_LINE: Final = re.compile(rf"([A-Za-z0-9_-]+)[ \t]*={_PLAIN_VALUE.pattern}")
_BETWEEN: Final = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_PART: Final = re.compile(
    r"[ \t]*(?:(?P<bare>[A-Za-z0-9_-]+)|\"(?P<basic>(?:\\.|[^\"\\\n])*)\"|'(?P<literal>[^'\n]*)')"
    r"[ \t]*"
)


def find_lines(text: str) -> Mapping[Path, int]:
    """Returns the line (from 1) of each table, key and element of an array, by its path.

    The element of an array of tables is a number in the path: ``("accounts", 0, "name")``. Keys of
    inline tables are not listed: see ``line_of``. Raises InvalidValue for a dotted key with more
    than five parts.
    """
    scanner = _Scanner(text)
    scanner.run()
    return scanner.lines


def line_of(lines: Mapping[Path, int], path: Path) -> int:
    """Returns the line of ``path``, or of the nearest thing around it; 1 if there is none."""
    while path:
        if path in lines:
            return lines[path]
        path = path[:-1]
    return 1


def find_table_headers(text: str) -> list[tuple[Path, int]]:
    """Returns the path and the line of each header, in order. Raises InvalidValue as above."""
    scanner = _Scanner(text)
    scanner.run()
    return scanner.headers


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line, self._counted = 1, 0
        self._table: Path = ()
        self._elements: dict[Path, int] = {}
        self.lines: dict[Path, int] = {}
        self.headers: list[tuple[Path, int]] = []

    def run(self) -> None:
        while True:
            between = _BETWEEN.match(self._text, self._at)
            self._at = between.end() if between else self._at
            if self._at >= len(self._text) or not self._statement():
                return

    def _statement(self) -> bool:
        """Reads a header or a key with its value; False if there is neither."""
        start = self._at
        if line := _PLAIN_LINE.match(self._text, start):
            self._note((*self._table, line[1]), start)
            self._at = line.end()
            return True
        brackets = 2 if self._text.startswith("[[", start) else int(self._text[start] == "[")
        self._at += brackets
        key = self._key()
        if not key:
            return False
        if brackets:
            self._enter(key, array=brackets == 2)
            self._note(self._table, start)
            self.headers.append((self._table, self._line_at(start)))
            self._at += brackets
            return True
        path = (*self._table, *key)
        self._note(path, start)
        if not self._text.startswith("=", self._at):
            return False
        self._at += 1
        if plain := _PLAIN_VALUE.match(self._text, self._at):
            self._at = plain.end()
        else:
            self._value(path)
        return True

    def _key(self) -> tuple[str, ...]:
        parts: list[str] = []
        while (part := _PART.match(self._text, self._at)) is not None:
            basic = part["basic"]
            parts.append(part["bare"] or part["literal"] or _unescaped(basic or ""))
            if len(parts) > _MOST_PARTS:
                raise _too_deep(self._line_at(part.start()))
            self._at = part.end()
            if not self._text.startswith(".", self._at):
                break
            self._at += 1
        return tuple(parts)

    def _enter(self, key: tuple[str, ...], *, array: bool) -> None:
        """Makes a header's table the current one; its path has the numbers of array elements."""
        path: Path = ()
        for depth, part in enumerate(key, start=1):
            path = (*path, part)
            if array and depth == len(key):
                self._elements[path] = self._elements.get(path, -1) + 1
            if path in self._elements:
                path = (*path, self._elements[path])
        self._table = path

    def _value(self, path: Path) -> None:
        """Skips a value, up to its line's end; notes where the elements of an array begin."""
        depth, dots, element = 0, 0, -1
        fresh = False  # the next token begins an element of the array
        is_array = self._text[self._at : self._at + 80].lstrip(" \t").startswith("[")
        for token in self._tokens():
            mark = token["mark"]
            if mark == "\n":
                if not depth:
                    return
                continue
            if token["comment"] or not token[0].strip():
                continue
            if fresh and depth == 1 and mark not in ("]", ","):
                element += 1
                self._note((*path, element), token.start())
                fresh = False
            dots = 0 if mark else dots + (token["other"] or "").count(".")
            if dots > _MOST_PARTS:
                raise _too_deep(self._line_at(token.start()))
            if mark and mark in "[{":
                depth += 1
                fresh = fresh or (depth == 1 and is_array)
            elif mark and mark in "]}":
                depth -= 1
            elif mark == ",":
                fresh = depth == 1 and is_array

    def _tokens(self) -> Iterator[re.Match[str]]:
        """Yields the tokens from here on, up to a string that is not closed, if there is one."""
        for token in _VALUE_TOKEN.finditer(self._text, self._at):
            if token[0] in ('"', "'"):  # each later quote would be tried to the end of the text
                self._at = len(self._text)
                return
            self._at = token.end()
            yield token

    def _note(self, path: Path, start: int) -> None:
        self.lines.setdefault(path, self._line_at(start))

    def _line_at(self, at: int) -> int:
        self._line += self._text.count("\n", self._counted, at)
        self._counted = at
        return self._line


def _unescaped(text: str) -> str:
    """Returns a quoted key without its escapes. Only keys of that spelling are looked up."""
    if "\\" not in text:
        return text
    import tomllib

    try:
        return str(tomllib.loads(f'x = "{text}"')["x"])
    except ValueError:
        return text


def _too_deep(line: int) -> InvalidValue:
    return InvalidValue(f"line {line} has a key with more than {_MOST_PARTS} parts")
