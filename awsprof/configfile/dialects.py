"""How botocore reads a file's text, and how the other SDKs read it.

``as_botocore`` follows botocore.configloader (configparser, shell-quoted names, nested blocks);
``as_sdk`` follows the parser that the SDKs for Rust, Go, Java, Kotlin and JavaScript share. A file
that a dialect cannot parse gives a Reading with an error, not an exception.

Most files are plain: empty lines, comments at the margin, headers of one or two words without
quotes, ``key = value`` at the margin and, below a key without a value, indented ``name = value``;
values of printable ASCII without ``#`` and ``;``, and no duplicated name. ``read_plain`` reads
those for both, in a fraction of the time. Tests compare all three.
"""

import configparser
import io
import re
from collections.abc import Mapping
from configparser import DEFAULTSECT
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from awsprof.configfile.encoding import (
    botocore_encoding,
    encoding_of,
    first_misread_line,
    is_utf_16,
)
from awsprof.configfile.parse import FileKind, SectionId, section_id

Values = Mapping[str, "str | Mapping[str, str]"]

_CACHE_SIZE: Final = 8  # the two files before and after a change, each read several times
_PORTABLE: Final = re.compile(r"[A-Za-z0-9_\-/.%@:+]+\Z")
_BLANK: Final = " \t"
_WORD: Final = r"[A-Za-z0-9_\-/.%@:+]+"
_NAME: Final = r"[A-Za-z_][A-Za-z0-9_\-.]*"
_VALUE: Final = r"[ \t]*([!-\"$-:<-~](?:[ -\"$-:<-~\t]*[!-\"$-:<-~])?|)[ \t]*"
_LINE: Final = re.compile(
    rf"(?:\[({_WORD}(?: {_WORD})?)\][ \t]*|({_NAME})[ \t]*={_VALUE}|[ \t]+({_NAME})[ \t]*={_VALUE}"
    r"|[#;][^\r\n]*|[ \t]*)(?:\r?\n|\Z)|([\s\S])"  # any other character: not plain
)
_SDK_TYPES: Final = frozenset({"profile", "sso-session", "services"})
SectionValues = Mapping[SectionId, Mapping[str, "str | Mapping[str, str]"]]
_Found = dict[SectionId, dict[str, "str | dict[str, str]"]]


@dataclass(frozen=True)
class Reading:
    """The sections that a dialect reads, or the reason it reads none (``error``, ``error_line``).

    A value is a string, or a mapping of strings for a nested block.
    """

    sections: Mapping[SectionId, Values]
    error: str | None = None
    error_line: int | None = None


def portable_name(name: str) -> bool:
    """True if both dialects read a profile or session of that name without quotes."""
    return bool(_PORTABLE.match(name)) and name != DEFAULTSECT


@lru_cache(maxsize=_CACHE_SIZE)
def as_botocore(data: bytes, kind: FileKind) -> Reading:
    """Returns what boto3 and the AWS CLI read, in the encoding that they use on this system."""
    plain = read_plain(data, kind)
    return Reading(plain.botocore) if plain is not None else parse_as_botocore(data, kind)


def parse_as_botocore(data: bytes, kind: FileKind) -> Reading:
    """Reads any file as ``as_botocore`` does, by the parser that botocore uses."""
    parser = configparser.RawConfigParser()
    encoding = botocore_encoding()
    try:
        # Like open(): all line ends count, and invalid bytes raise.
        parser.read_file(io.TextIOWrapper(io.BytesIO(data), encoding=encoding))
        sections = {name: dict(parser.items(name)) for name in parser.sections()}
        return Reading(_named(sections, kind))
    except UnicodeDecodeError as exc:
        if is_utf_16(encoding_of(data)):
            return Reading({}, f"it is UTF-16, not {encoding.upper()}", 1)
        return Reading({}, f"it is not {encoding.upper()}", data.count(b"\n", 0, exc.start) + 1)
    except configparser.Error as exc:
        return Reading({}, _reason(exc), _line(exc))
    except ValueError:
        return Reading({}, "a line of a nested block has no '='")


def _named(parsed: Mapping[str, Mapping[str, str]], kind: FileKind) -> dict[SectionId, Values]:
    found: dict[SectionId, Values] = {}
    for header, options in parsed.items():
        # If two headers name one section, in botocore the last replaces the first.
        found[section_id(header, kind)] = {
            key: _nested(value) if value.startswith("\n") else value
            for key, value in options.items()
        }
    return found


def _nested(value: str) -> dict[str, str]:
    parsed: dict[str, str] = {}
    for line in filter(None, (line.strip() for line in value.splitlines())):
        key, text = line.split("=", 1)
        parsed[key.strip()] = text.strip()
    return parsed


def _reason(exc: configparser.Error) -> str:
    match exc:
        case configparser.DuplicateSectionError():
            return f"the section [{exc.section}] is defined twice"
        case configparser.DuplicateOptionError():
            return f"the key {exc.option} is defined twice in [{exc.section}]"
        case configparser.MissingSectionHeaderError():
            return "a line precedes the first section"
        case _:
            return "a line has no '='"


def _line(exc: configparser.Error) -> int | None:
    errors = getattr(exc, "errors", None)
    if errors:
        return int(errors[0][0])
    return getattr(exc, "lineno", None)


@lru_cache(maxsize=_CACHE_SIZE)
def as_sdk(data: bytes, kind: FileKind) -> Reading:
    """Returns what the other SDKs read. Bytes that are not UTF-8 make the file empty for them."""
    plain = read_plain(data, kind)
    return Reading(plain.sdk) if plain is not None else parse_as_sdk(data, kind)


def parse_as_sdk(data: bytes, kind: FileKind) -> Reading:
    """Reads any file as ``as_sdk`` does, line by line."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return Reading({})
    reader = _SdkReader(kind)
    for number, line in enumerate(text.split("\n"), start=1):
        error = reader.feed(line.removesuffix("\r"))
        if error:
            return Reading({}, error, number)
    return Reading(reader.found())


class _SdkReader:
    """Parses line by line; a line that makes the file unreadable returns the reason."""

    def __init__(self, kind: FileKind) -> None:
        self._kind = kind
        self._sections: dict[SectionId, dict[str, str]] = {}
        self._ignored: dict[str, str] = {}  # receives the keys of an ignored section
        self._current: dict[str, str] | None = None
        self._key: str | None = None
        self._prefixed_default = False

    def feed(self, line: str) -> str | None:
        if "\r" in line or line.startswith("\ufeff"):
            return "a line has an invalid character"
        if not line.strip(_BLANK) or line[0] in "#;":
            return None
        if line[0] in _BLANK:
            return self._continuation(line.strip(_BLANK))
        return self._header(line) if line[0] == "[" else self._property(line)

    def _header(self, line: str) -> str | None:
        header = _without_comment(line, spaced=False)
        if not header.endswith("]"):
            return "a header does not end in ']'"
        self._key = None
        section = self._section(header[1:-1].strip(_BLANK))
        if section is None:
            self._ignored = self._current = {}
        else:
            self._current = self._sections.setdefault(section, {})
        return None

    def _section(self, name: str) -> SectionId | None:
        """Returns the section that a header names; None if these SDKs ignore it."""
        if self._kind is FileKind.CREDENTIALS:
            return SectionId.profile(name) if _PORTABLE.match(name) else None
        if name == "default":
            return None if self._prefixed_default else SectionId.profile("default")
        kind, _, rest = name.replace("\t", " ").partition(" ")
        rest = rest.strip(_BLANK)
        if kind not in {"profile", "sso-session", "services"} or not _PORTABLE.match(rest):
            return None
        if kind == "profile" and rest == "default" and not self._prefixed_default:
            # [profile default] replaces [default] completely.
            self._sections.pop(SectionId.profile("default"), None)
            self._prefixed_default = True
        return SectionId(kind, rest)

    def _property(self, line: str) -> str | None:
        if self._current is None:
            return "a line precedes the first section"
        key, equals, value = line.partition("=")
        key = key.strip(_BLANK)
        if not equals:
            return "a line has no '='"
        if not key:
            return "a line has no key before its '='"
        self._key = _lowered(key)
        self._current[self._key] = _without_comment(value, spaced=True)
        return None

    def _continuation(self, text: str) -> str | None:
        if self._current is None or self._key is None:
            return "an indented line follows no key"
        value = self._current[self._key]
        if not value or value.startswith("\n"):
            name, equals, _ = text.partition("=")
            if not equals:
                return "a line of a nested block has no '='"
            if not name.strip(_BLANK):
                return "a line of a nested block has no name before its '='"
        self._current[self._key] = f"{value}\n{text}"
        return None

    def found(self) -> dict[SectionId, Values]:
        return {
            section: {
                key: _sdk_nested(value) if value.startswith("\n") else value
                for key, value in values.items()
            }
            for section, values in self._sections.items()
        }


def _lowered(key: str) -> str:
    return "".join(c.lower() if c.isascii() else c for c in key)


def _sdk_nested(value: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in value[1:].split("\n"))
    return {key.strip(_BLANK): text.strip(_BLANK) for key, _, text in pairs}


def _without_comment(text: str, *, spaced: bool) -> str:
    """Returns the text up to its first comment character; if ``spaced``, one after white space."""
    for index, char in enumerate(text):
        if char in "#;" and (not spaced or (index and text[index - 1] in _BLANK)):
            text = text[:index]
            break
    return text.strip(_BLANK)


class PlainReading(NamedTuple):
    """The sections that botocore reads, and those of them that the other SDKs read."""

    botocore: SectionValues
    sdk: SectionValues


@lru_cache(maxsize=8)
def read_plain(data: bytes, kind: FileKind) -> PlainReading | None:
    """Returns what both dialects read; None if the file is not plain."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    if first_misread_line(data) is not None:  # comments may have any characters
        return None
    found: _Found = {}
    keys: dict[str, str | dict[str, str]] | None = None
    last = ""
    for header, name, value, nested, below, other in _LINE.findall(text):
        if name:
            last = name.lower()
            if keys is None or last in keys:
                return None
            keys[last] = value
        elif header:
            section = section_id(header, kind)
            if header == DEFAULTSECT or section in found or _is_misspelt(header, section, kind):
                return None
            keys, last = found.setdefault(section, {}), ""
        elif other or (
            nested and (not last or keys is None or not _nest(keys, last, nested, below))
        ):
            return None
    return PlainReading(found, {s: found[s] for s in found if _is_read_by_sdks(s, kind)})


def _nest(keys: dict[str, str | dict[str, str]], key: str, name: str, value: str) -> bool:
    """Adds a line of a nested block; False if the key's own line has a value."""
    block = keys[key] or {}
    if isinstance(block, str):
        return False
    block[name] = value
    keys[key] = block
    return True


def _is_misspelt(header: str, section: SectionId, kind: FileKind) -> bool:
    """True if only botocore reads the header's first word as a type: [profiles dev]."""
    typed = kind is FileKind.CONFIG and section.type != "other" and header != "default"
    return typed and header.partition(" ")[0] != section.type


def _is_read_by_sdks(section: SectionId, kind: FileKind) -> bool:
    if kind is FileKind.CREDENTIALS:
        return " " not in section.name
    return section.type in _SDK_TYPES
