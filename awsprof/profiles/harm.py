"""Finds what a change to the two files would break: changed identities and lost secrets.

Compares texts before anything is written: each profile's identity for boto3 and for the other SDKs,
and every key id, secret, role and process line in the files, even those that no SDK can read.
Makes no AWS calls.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from awsprof import key_ids, masking
from awsprof.configfile import storage
from awsprof.configfile.dialects import Reading, as_botocore, as_sdk
from awsprof.configfile.document import FileKind
from awsprof.configfile.lenient import LenientDocument
from awsprof.configfile.line_breaks import split_glued_line
from awsprof.configfile.parse import SectionId
from awsprof.profiles import key_shapes, process_command
from awsprof.profiles.form import (
    CredentialForm,
    credential_form,
    has_keys,
    merge_values,
    secret_of_key,
)
from awsprof.profiles.identities import Who, describe_change, is_same_identity, shown
from awsprof.profiles.model import Origin, Profile, Value
from awsprof.text import sanitize

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


def find_harms(
    before: Texts,
    after: Texts,
    *,
    moved: Collection[str] = (),
    renamed: Mapping[str, str] = MappingProxyType({}),
    declared: Collection[SectionId] = (),
) -> tuple[Harm, ...]:
    """The profiles whose identity would change, and the secrets and roles that would be lost.

    ``moved`` are secrets that move to the vault; ``renamed`` maps old profile names to new ones;
    ``declared`` are sections whose identity may change, as may that of profiles built on them. A
    profile that boto3 or the other SDKs could not read may become what it is for the others.
    """
    return Outlook(before).harms(after, moved=moved, renamed=renamed, declared=declared)


def find_identity_changes(
    before: Texts, after: Texts, renamed: Mapping[str, str]
) -> tuple[Harm, ...]:
    """The profiles that would be somebody else, to boto3 or to the other SDKs."""
    return tuple(_changed_identities(_Reader.each(before), _Reader.each(after), renamed, set()))


class Outlook:
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
        """Like ``find_harms``."""
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
            whose = "The SDKs other than boto3" if reader else "boto3"
            yield Harm(f"{whose} could not read the file any more.", frozenset())
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
        self._sessions: dict[str, Mapping[str, str]] = {}
        self._known: dict[tuple[str, bool], Who | None] = {}
        self.readable = not any(reading.error for reading in readings.values())
        if not self.readable:
            return
        values: dict[str, dict[str, Value]] = {}
        for kind in FileKind:  # credentials come second, and win
            origin = Origin(kind, storage.config_path(kind), 0)
            for section, read in readings[kind].sections.items():
                texts = {k: _plain(v) for k, v in read.items() if isinstance(v, str)}
                if section.type == "sso-session" and kind is FileKind.CONFIG:
                    self._sessions[section.name] = texts
                elif section.type == "profile":
                    merged = values.setdefault(section.name, {})
                    merge_values(merged, {k: Value(v, origin) for k, v in texts.items()})
        self.profiles = {name: Profile(name, found, {}, ()) for name, found in values.items()}

    @classmethod
    def each(cls, texts: Texts) -> tuple[_Reader, _Reader]:
        """The readers of boto3 and of the other SDKs."""
        read = (as_botocore, as_sdk)
        boto, sdk = ({k: dialect(texts[k] or b"", k) for k in FileKind} for dialect in read)
        return cls(boto), cls(sdk)

    def chain(self, name: str) -> tuple[str, ...]:
        """The profile and its sources, through our process lines too."""
        names = [name]
        while (profile := self.profiles.get(names[-1])) is not None:
            line = process_command.parse_command(profile.get("credential_process") or "")
            source = profile.get("source_profile") or (line.profile if line else None)
            if source is None or source in names:
                break
            names.append(source)
        return tuple(names)

    def who(self, name: str, *, as_source: bool = False) -> Who | None:
        """Where its credentials come from; None if it has none or does not exist."""
        known = (name, as_source)
        if known not in self._known:
            self._known[known] = None  # a circle has no credentials
            profile = self.profiles.get(name)
            if profile is not None:
                self._known[known] = self._of(
                    profile, credential_form(profile, as_source=as_source)
                )
        return self._known[known]

    def who_becomes(self, name: str, new: str, meant: Who | None) -> Who | None:
        """Who a renamed profile is; or who has its old name, if that is somebody else."""
        left = self.who(name)
        return self.who(new) if left is None or is_same_identity(left, meant) else left

    def _of(self, profile: Profile, found: CredentialForm) -> Who | None:
        match found:
            case CredentialForm.ROLE:
                source = self._source(profile)
                return source and ("role", profile.get("role_arn"), source)
            case CredentialForm.WEB:
                token = profile.get("web_identity_token_file")
                return _whole("web", profile.get("role_arn"), token)
            case CredentialForm.SSO:
                session = self._sessions.get(profile.get("sso_session") or "", {})
                place = (session.get(k) or profile.get(k) for k in ("sso_start_url", "sso_region"))
                parts = profile.get("sso_account_id"), profile.get("sso_role_name")
                return _whole("sso", *place, *parts)
            case CredentialForm.KEYS:
                secret = secret_of_key(profile)
                half = _half("secret", secret)[1] if secret else None
                return _whole("key", profile.get(_ID), half)
            case CredentialForm.LOGIN:
                return ("login", profile.get("login_session"))
            case CredentialForm.PROCESS:
                return self._process(profile.get("credential_process") or "")
            case _:
                return None

    def _source(self, profile: Profile) -> Who | None:
        named = profile.get("source_profile")
        if named is None:
            elsewhere = profile.get("credential_source")
            return ("machine", elsewhere) if elsewhere else None
        if named == profile.name and not has_keys(profile):
            return None
        return self.who(named, as_source=True)

    def _process(self, command: str) -> Who | None:
        line = process_command.parse_command(command)
        if line is None:
            return ("process", _collapse_spaces(command))
        return ("key", line.key_id) if line.key_id else self.who(line.profile)


def _whole(*parts: str | None) -> Who | None:
    return parts if all(parts) else None


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
        where = ", ".join(sorted(sanitize(str(section)) for section in gone or sections))
        thing = f"the {kind}" if kind == "secret" else f"the {kind} {_named(kind, text)}"
        yield Harm(f"{where} would lose {thing}.", gone or sections)


def _named(kind: str, text: str) -> str:
    return key_ids.display_id(text) if kind == "key" else shown(text, 60)


def _parts(texts: Texts, known: _Known) -> Parts:
    """All parts in the files, comments included, and the sections that have them."""
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
    """The lines that were joined into one by lost line breaks; splitting them loses nothing."""
    found = split_glued_line(line, kind, bare=True)
    return found if len(found) > 1 else (line,)


def _parts_of(lines: Iterable[str]) -> Iterator[Part]:
    lines = list(lines)
    for line, secrets in zip(lines, masking.find_in_lines(lines), strict=True):
        yield from (_half("secret", text) for s, e in secrets if (text := _plain(line[s:e])))
        match = _LINE.match(line)
        if match is None:
            continue
        name, value = match[1].lower(), _plain(match[2])
        own = process_command.parse_command(value) if name == "credential_process" else None
        if own is not None:
            yield ("key", own.key_id) if own.key_id else ("line for", own.profile)
        elif name in _SECRETS:
            yield _half("secret", value)
        elif name in _PARTS and value:
            part = _PARTS[name], _collapse_spaces(value)
            yield _half(*part) if name == _ID else part


def _half(kind: str, text: str) -> Part:
    """The part for half of a key, by its shape, without stray characters from copying."""
    key_id, secret = key_shapes.whole_id(text), key_shapes.whole_secret(text)
    if key_id is not None:
        return "key", key_id
    return (kind, text) if secret is None else ("secret", secret)


def _plain(value: str) -> str:
    """A value without what a repair may remove: a comment, quotes, further lines, spaces."""
    text = _COMMENT.sub("", value.strip().split("\n", 1)[0]).strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1].strip()
    return text


def _collapse_spaces(text: str) -> str:
    return " ".join(text.split())
