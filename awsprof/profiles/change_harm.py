"""Finds what a change to the two files would break: changed identities and lost secrets.

Compares texts before anything is written: each profile's identity for boto3 and for the other SDKs,
and every key ID, secret, role and process line in the files, even those that no SDK can read.
Makes no AWS calls.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from awsprof import key_ids
from awsprof.configfile import storage
from awsprof.configfile.dialects import Reading, as_botocore, as_sdk
from awsprof.configfile.document import FileKind
from awsprof.configfile.lenient import LenientDocument
from awsprof.configfile.line_breaks import split_glued_line
from awsprof.configfile.parse import SectionId
from awsprof.masking.search import find_in_lines
from awsprof.profiles import process_command
from awsprof.profiles.key_shapes import key_half
from awsprof.profiles.model import Origin, Profile, Value
from awsprof.profiles.offline_identity import (
    IdentityReader,
    Who,
    describe_change,
    is_same_identity,
    shown,
)
from awsprof.profiles.provider_order import merge_values

Texts = Mapping[FileKind, "bytes | None"]
"""The content of the two files, now or after a change. None means that the file does not exist."""

_ID: Final = "aws_access_key_id"
_SECRETS: Final = frozenset({"aws_secret_access_key", "aws_session_token", "aws_security_token"})
_PARTS: Final = {  # keys that decide an identity, and the word for their values
    _ID: "key",
    "role_arn": "role",
    "credential_process": "process",
    "sso_account_id": "account",
    "sso_role_name": "sso role",
    "web_identity_token_file": "token file",
    "login_session": "login",
}
_GROWS: Final = frozenset({"key", "role", "process", "secret"})  # a repair may complete them
_LINE: Final = re.compile(r"\s*(?:[#;]\s*)*([A-Za-z_]+)\s*[=:][ \t]*(\S.*?)\s*\Z")
_COMMENT: Final = re.compile(r"[ \t][#;].*", re.DOTALL)


@dataclass(frozen=True)
class Harm:
    """Something that a change would break, as a sentence; ``sections`` are those affected.

    ``profile`` is the one that would be somebody else; empty if something is lost.
    """

    says: str
    sections: frozenset[SectionId]
    profile: str = ""


def find_identity_changes(
    before: Texts, after: Texts, renamed: Mapping[str, str], free: Collection[str] = ()
) -> tuple[Harm, ...]:
    """Returns the profiles whose identity would change, in boto3 or in the other SDKs.

    ``free`` are profiles whose identity may change, as may that of profiles built on them.
    """
    readers = _Reader.each(before), _Reader.each(after)
    return tuple(_changed_identities(*readers, renamed, {*free}))


def read_profile(texts: Texts, name: str) -> tuple[Profile | None, Profile | None]:
    """Returns the profile as boto3, and as the other SDKs, merge it, with the values as they read
    them.

    None if it does not exist for them, or if they cannot read one of the files.
    """
    boto3, others = (_merge_section(readings, name) for readings in _readings(texts))
    return boto3, others


def _merge_section(readings: Mapping[FileKind, Reading], name: str) -> Profile | None:
    if any(reading.error for reading in readings.values()):
        return None
    values: dict[str, Value] = {}
    found = [kind for kind in FileKind if SectionId.profile(name) in readings[kind].sections]
    for kind in found:
        origin = Origin(kind, storage.config_path(kind), 0)
        read = readings[kind].sections[SectionId.profile(name)]
        merge_values(values, {k: Value(v, origin) for k, v in read.items() if isinstance(v, str)})
    return Profile(name, values, {}, ()) if found else None


def _readings(texts: Texts) -> tuple[Mapping[FileKind, Reading], Mapping[FileKind, Reading]]:
    """Returns what boto3, and what the other SDKs, read."""
    boto3, others = (
        {kind: dialect(texts[kind] or b"", kind) for kind in FileKind}
        for dialect in (as_botocore, as_sdk)
    )
    return boto3, others


class ImpactChecker:
    """The files before a change, parsed once to check several changes."""

    def __init__(self, before: Texts) -> None:
        self._readers = _Reader.each(before)
        self._known: _Known = {}
        self._parts = _parts(before, self._known)

    def harms(
        self,
        after: Texts,
        *,
        moved: Collection[str] = (),
        renamed: Mapping[str, str] = MappingProxyType({}),
        declared: Collection[SectionId] = (),
    ) -> tuple[Harm, ...]:
        """Returns the profiles with another identity, and the secrets and roles that would go.

        ``moved`` are secrets that move to the vault; ``renamed`` maps old profile names to new
        ones; ``declared`` are sections whose identity may change, as may that of profiles built on
        them. If only boto3, or only the other SDKs, can read a profile, the change may give the
        rest the same identity.
        """
        free = {section.name for section in declared if section.type == "profile"}
        changed = _changed_identities(self._readers, _Reader.each(after), renamed, free)
        return (*changed, *_lost_parts(self._parts, _parts(after, self._known), moved))


def _changed_identities(
    was: tuple[_Reader, _Reader],
    now: tuple[_Reader, _Reader],
    renamed: Mapping[str, str],
    free: set[str],
) -> Iterator[Harm]:
    for reader, (one, other) in enumerate(zip(was, now, strict=True)):
        if one.readable and not other.readable:
            whose = "the SDKs other than boto3" if reader else "boto3"
            yield Harm(f"{whose} could no longer read the file.", frozenset())
    for name in sorted(set().union(*(reader.profiles for reader in was))):
        each = [reader.who(name) for reader in was]
        for reader, own in enumerate(each):
            meant = own or each[1 - reader]
            then = now[reader].who_becomes(name, renamed.get(name, name), meant)
            if meant is None or is_same_identity(then, meant) or (own is None and then is None):
                continue
            if free.isdisjoint(was[reader].chain(name)):
                sections = {SectionId.profile(n) for n in was[reader].chain(name)}
                yield Harm(describe_change(name, meant, then), frozenset(sections), name)
                break


class _Reader:
    """The profiles as boto3 or the other SDKs merge them from both files."""

    def __init__(self, readings: Mapping[FileKind, Reading]) -> None:
        self.profiles: dict[str, Profile] = {}
        self._identities = IdentityReader({}, {})
        self.readable = not any(reading.error for reading in readings.values())
        if not self.readable:
            return
        values: dict[str, dict[str, Value]] = {}
        sessions: dict[str, Mapping[str, str]] = {}
        as_read: dict[SectionId, dict[str, str]] = {}  # with comments that SDKs take for values
        for kind in FileKind:  # credentials come second, and win
            origin = Origin(kind, storage.config_path(kind), 0)
            for section, read in readings[kind].sections.items():
                strings = {k: v for k, v in read.items() if isinstance(v, str)}
                as_read.setdefault(section, {}).update(strings)
                texts = {k: plain_value(v) for k, v in strings.items()}
                if section.type == "sso-session" and kind is FileKind.CONFIG:
                    sessions[section.name] = texts
                elif section.type == "profile":
                    merged = values.setdefault(section.name, {})
                    merge_values(merged, {k: Value(v, origin) for k, v in texts.items()})
        self.profiles = {name: Profile(name, found, {}, ()) for name, found in values.items()}
        refused = frozenset(_contradicting(as_read))
        self._identities = IdentityReader(self.profiles, sessions, refused)

    @classmethod
    def each(cls, texts: Texts) -> tuple[_Reader, _Reader]:
        """Returns the readers of boto3 and of the other SDKs."""
        boto3, others = _readings(texts)
        return cls(boto3), cls(others)

    def chain(self, name: str) -> tuple[str, ...]:
        """Returns the profile and its sources, through our process lines too."""
        names = [name]
        while (profile := self.profiles.get(names[-1])) is not None:
            line = process_command.parse_command(profile.get("credential_process") or "")
            source = profile.get("source_profile") or (line.profile if line else None)
            if source is None or source in names:
                break
            names.append(source)
        return tuple(names)

    def who(self, name: str) -> Who | None:
        """Returns the identity that the files give the profile, or None."""
        return self._identities.who(name)

    def who_becomes(self, name: str, new: str, meant: Who | None) -> Who | None:
        """Returns the identity under the new name, or the old one if that still has another."""
        left = self.who(name)
        return self.who(new) if left is None or is_same_identity(left, meant) else left


def _contradicting(sections: Mapping[SectionId, Mapping[str, str]]) -> Iterator[str]:
    """Yields the profiles with another value than their sso-session's, which SDKs refuse."""
    for section, values in sections.items():
        named = values.get("sso_session") if section.type == "profile" else None
        session = sections.get(SectionId("sso-session", named), {}) if named else {}
        if any(values.get(key, value) != value for key, value in session.items()):
            yield section.name


Part = tuple[str, str]
"""A kind of value that decides an identity, and the value."""


Parts = Mapping[Part, frozenset[SectionId]]

_Known = dict[tuple[FileKind, tuple[str, ...]], tuple[Part, ...]]
"""Cache of the parts in a section's lines: a change leaves most sections alone."""


def _lost_parts(was: Parts, now: Parts, moved: Collection[str]) -> Iterator[Harm]:
    grown: dict[str, list[tuple[str, frozenset[SectionId]]]] = {}
    for (kind, text), sections in now.items():
        for each in {kind, "secret"} & _GROWS:  # the end of an ARN may look like a secret
            grown.setdefault(each, []).append((text, sections))
    for (kind, text), sections in was.items():
        there = now.get((kind, text), frozenset())
        if len(there) >= len(sections) or (kind == "secret" and text in moved):
            continue
        more = [found for longer, found in grown.get(kind, ()) if text in longer]
        if len(there.union(*more)) >= len(sections):
            continue
        gone = sections - there
        where = ", ".join(sorted(shown(str(section)) for section in gone or sections))
        thing = f"the {kind}" if kind == "secret" else f"the {kind} {_named(kind, text)}"
        yield Harm(f"{where} would lose {thing}.", gone or sections)


def _named(kind: str, text: str) -> str:
    return key_ids.display_id(text) if kind == "key" else shown(text, 60)


def _parts(texts: Texts, known: _Known) -> Parts:
    """Returns all parts in the files, comments included, and the sections that have them."""
    found: dict[Part, set[SectionId]] = {}
    for kind in FileKind:
        legible = LenientDocument.parse(texts[kind] or b"", kind)
        preamble = (SectionId("other", ""), legible.preamble)
        for section, lines in [preamble, *((w.block.id, w.block.lines) for w in legible.blocks)]:
            key = kind, tuple(lines)
            parts = known.get(key)
            if parts is None:
                apart = [piece for line in lines for piece in _split_glued(line, kind)]
                parts = known[key] = tuple(_parts_of(apart))
            for part in parts:
                found.setdefault(part, set()).add(section)
    there = {section for sections in found.values() for section in sections}
    for part in [part for part in found if part[0] == "line for"]:
        asked = SectionId.profile(part[1])
        if asked not in there or found[part] == {asked}:
            del found[part]  # it names an unknown profile, or itself
    return {part: frozenset(sections) for part, sections in found.items()}


def _split_glued(line: str, kind: FileKind) -> tuple[str, ...]:
    """Returns the lines that lost line breaks joined into one; splitting them loses nothing."""
    found = split_glued_line(line, kind, bare=True)
    return found if len(found) > 1 else (line,)


def _parts_of(lines: Iterable[str]) -> Iterator[Part]:
    lines = list(lines)
    for line, secrets in zip(lines, find_in_lines(lines), strict=True):
        yield from (
            key_half("secret", text) for s, e in secrets if (text := plain_value(line[s:e]))
        )
        match = _LINE.match(line)
        if match is None:
            continue
        name, value = match[1].lower(), plain_value(match[2])
        own = process_command.parse_command(value) if name == "credential_process" else None
        if own is not None:
            yield ("key", own.key_id) if own.key_id else ("line for", own.profile)
        elif name in _SECRETS:
            yield key_half("secret", value)
        elif name in _PARTS and value:
            part = _PARTS[name], _collapse_spaces(value)
            yield key_half(*part) if name == _ID else part


def plain_value(value: str) -> str:
    """Returns a value without what a repair may remove:
    a comment, quotes, further lines, spaces.
    """
    text = _COMMENT.sub("", value.strip().split("\n", 1)[0]).strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1].strip()
    return text


def _collapse_spaces(text: str) -> str:
    return " ".join(text.split())
