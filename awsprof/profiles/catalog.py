"""All profiles of both files: their values, origins, source chains and references."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from awsprof.configfile import storage
from awsprof.configfile.document import FileKind
from awsprof.errors import UnknownProfile
from awsprof.fork_safety import lazy_attribute
from awsprof.near_names import nearest_name
from awsprof.paths import display_path
from awsprof.profiles.dialect_diff import Difference, differences_between
from awsprof.profiles.merged_files import merge_files
from awsprof.profiles.model import Profile, SsoSession, Value
from awsprof.profiles.provider_order import (
    ProviderType,
    has_keys,
    is_own_source,
    key_in_process_line,
    provider_type,
    secret_of_key,
)
from awsprof.shells import arguments
from awsprof.text import sanitize, show_hidden

_NOT_PROFILES: Final = ("sso-session ", "services ")


@dataclass(frozen=True)
class Unreadable:
    """A file that botocore cannot parse: no profile works in boto3 or the AWS CLI."""

    path: str
    line: int
    reason: str
    fix: str

    @property
    def says(self) -> str:
        """The file and line, and why botocore cannot parse it."""
        return f"{self.path}:{self.line}  {self.reason}"


@dataclass(frozen=True)
class Chain:
    """A profile and its source profiles, in order.

    If the chain is broken, ``fault`` is the reason as a sentence and ``fix`` a command;
    ``has_cycle`` is True if the sources lead back to one of the chain. ``end`` is the provider of
    the last link, whose credentials start the chain.
    """

    links: tuple[Profile, ...]
    session: SsoSession | None = None
    fault: str | None = None
    fix: str = ""
    has_cycle: bool = False
    end: ProviderType = field(init=False)

    def __post_init__(self) -> None:
        last = self.links[-1]
        as_source = len(self.links) > 1 or is_own_source(last)
        object.__setattr__(self, "end", provider_type(last, as_source=as_source))


class Catalog:
    """The profiles and sso-sessions, in file order."""

    def __init__(self, files: Iterable[storage.ConfigFile]) -> None:
        self._files = {file.kind: file for file in files}
        merged = merge_files(self.files)
        self.profiles: Mapping[str, Profile] = merged.profiles
        self.sessions: Mapping[str, SsoSession] = merged.sessions
        self._merged = merged.profiles
        self._chains: dict[str, Chain] = {}
        self._next_sources: dict[str, str | None] = {}  # of the profiles that are sources
        self._close_names: dict[tuple[str, bool], str | None] = {}  # many may name a missing one
        self.overrides: Mapping[str, Mapping[str, str]] = {}

    @classmethod
    def load(cls) -> "Catalog":
        """Loads both files. Raises FileError if one cannot be read."""
        return cls([storage.read_config_file(kind) for kind in FileKind])

    @classmethod
    def from_bytes(cls, config: bytes | None, credentials: bytes | None) -> "Catalog":
        """Returns the catalog of two files with these bytes; None stands for a missing file."""
        config_path, credentials_path = map(storage.config_path, FileKind)
        return cls(
            [
                storage.ConfigFile(FileKind.CONFIG, config_path, config),
                storage.ConfigFile(FileKind.CREDENTIALS, credentials_path, credentials),
            ]
        )

    def with_value(self, name: str, key: str, text: str) -> "Catalog":
        """Returns a catalog in which one profile has another value; ``overrides`` names it.

        The files stay as they are, and so do botocore's own readings of them.
        """
        profile = self.get(name)
        changed = Catalog(self._files.values())
        value = Value(text, profile.origins[0])
        edited = replace(profile, values={**profile.values, key: value})
        changed.profiles = {**self.profiles, name: edited}
        changed.overrides = {**self.overrides, name: {**self.overrides.get(name, {}), key: text}}
        return changed

    @lazy_attribute
    def unreadable(self) -> tuple[Unreadable, ...]:
        """The files that botocore cannot parse."""
        return tuple(filter(None, map(unreadable_file, self._files.values())))

    @property
    def files(self) -> tuple[storage.ConfigFile, ...]:
        """Both files as the catalog loaded them, the config file first."""
        return tuple(self._files[kind] for kind in FileKind)

    def stored(self, kind: FileKind) -> storage.ConfigFile:
        """Returns the file as the catalog loaded it."""
        return self._files[kind]

    def get(self, name: str) -> Profile:
        """Returns the profile. Raises UnknownProfile, which suggests the nearest name."""
        try:
            return self.profiles[name]
        except KeyError:
            from awsprof.profiles.unknown_names import unknown_profile_error

            raise unknown_profile_error(name, self) from None

    def session(self, name: str) -> SsoSession:
        """Returns the sso-session. Raises UnknownProfile if there is none."""
        found = self.sessions.get(name) or self.legacy_sessions.get(name)
        if found is None:
            hint = _did_you_mean(self._close_session(name))
            raise UnknownProfile(
                f"There is no sso-session {sanitize(name)!r}.{hint}",
                "awsprof setup sso creates one",
            )
        users = self.users_of_session(name)
        return replace(found, through=self.profiles[users[0]] if users else None)

    @lazy_attribute
    def legacy_sessions(self) -> Mapping[str, SsoSession]:
        """The implied sso-sessions of legacy profiles, by start URL."""
        found = (SsoSession.legacy(profile) for profile in self.profiles.values())
        return {session.name: session for session in found if session is not None}

    @property
    def names_to_check(self) -> tuple[str, ...]:
        """The profiles' names, without the sections that only have an effect in the config file.

        In the credentials file boto3 takes [sso-session x] for a profile of that name.
        """
        return tuple(name for name in self.profiles if not name.startswith(_NOT_PROFILES))

    def did_you_mean(self, name: str) -> str:
        """Returns " Did you mean …?" for an unknown name; "" if no profile name is close."""
        return _did_you_mean(self.nearest(name))

    def nearest(self, name: str) -> str | None:
        """Returns the profile name closest to an unknown name; None if none is close."""
        return self._close(name, self.profiles, session=False)

    def _close_session(self, name: str) -> str | None:
        return self._close(name, self.sessions, session=True)

    def _close(self, name: str, names: Iterable[str], *, session: bool) -> str | None:
        if (name, session) not in self._close_names:
            self._close_names[name, session] = _nearest(name, names)
        return self._close_names[name, session]

    def files_with(self, name: str, key: str) -> tuple[FileKind, ...]:
        """Returns the files in which the profile has ``key``, even if another file overrides it."""
        return self._merged.files_with(name, key)

    def chain(self, name: str) -> Chain:
        """Returns the profile and its sources. Raises UnknownProfile if there is no profile
        ``name``.

        Follows sources as botocore's AssumeRoleProvider does. Results are cached.
        """
        found = self._chains.get(name)
        if found is None:
            found = self._chains[name] = self._walk(name)
        return found

    def _walk(self, name: str) -> Chain:
        links, seen = [self.get(name)], {name}
        while (source := self._source(links)) is not None:
            if source not in self.profiles:
                hint = self.did_you_mean(source)
                fault = f"source_profile = {show_hidden(source)} names no profile.{hint}"
                fix = _reference_fix(links[-1].name, "source_profile", self.nearest(source))
                return Chain(tuple(links), fault=fault, fix=fix)
            if source == links[-1].name:
                if has_keys(links[-1]):
                    break  # a role may use keys of its own profile
                fault = f"{sanitize(source)} is its own source, and has no keys."
                return Chain(tuple(links), fault=fault)
            if source in seen:
                names = " -> ".join([*(link.name for link in links), source])
                fault = f"The source profiles form a cycle: {sanitize(names)}."
                return Chain(tuple(links), fault=fault, has_cycle=True)
            links.append(self.profiles[source])
            seen.add(source)
        return self._with_session(tuple(links))

    def _source(self, links: list[Profile]) -> str | None:
        """Returns the source_profile of the last link; None if the chain ends there."""
        if len(links) == 1:
            return _source_of(links[0], as_source=False)
        last = links[-1]
        if last.name not in self._next_sources:
            self._next_sources[last.name] = _source_of(last, as_source=True)
        return self._next_sources[last.name]

    def _with_session(self, links: tuple[Profile, ...]) -> Chain:
        chain = Chain(links)
        if chain.end not in (ProviderType.SSO, ProviderType.NONE):
            return chain
        session = links[-1].get("sso_session")
        if session is None:
            legacy = SsoSession.legacy(links[-1])
            return chain if legacy is None else Chain(links, legacy)
        if session not in self.sessions:
            close = self._close_session(session)
            hint = _did_you_mean(close)
            fault = f"sso_session = {sanitize(session)} names no sso-session.{hint}"
            fix = _reference_fix(links[-1].name, "sso_session", close)
            return Chain(links, fault=fault, fix=fix)
        return Chain(links, replace(self.sessions[session], through=links[-1]))

    @lazy_attribute
    def _users(self) -> Mapping[str, tuple[str, ...]]:
        return _group((p.get("source_profile"), p.name) for p in self.profiles.values())

    @lazy_attribute
    def _session_users(self) -> Mapping[str, tuple[str, ...]]:
        legacy = {name: SsoSession.legacy(p) for name, p in self.profiles.items()}
        named = {name: session.name for name, session in legacy.items() if session is not None}
        every = self.profiles.values()
        return _group((p.get("sso_session") or named.get(p.name), p.name) for p in every)

    @lazy_attribute
    def _key_users(self) -> Mapping[str, tuple[str, ...]]:
        return _group((key_in_process_line(p), p.name) for p in self.profiles.values())

    def users_of(self, name: str) -> tuple[str, ...]:
        """Returns the other profiles whose source_profile is ``name``."""
        return tuple(user for user in self._users.get(name, ()) if user != name)

    def users_of_session(self, name: str) -> tuple[str, ...]:
        """Returns the profiles that use the sso-session."""
        return self._session_users.get(name, ())

    def did_you_mean_key(self, key_id: str) -> str:
        """Returns " Did you mean …?" for a key ID that no profile has; "" if none is close."""
        plain = (p.get("aws_access_key_id") for p in self.profiles.values())
        known = {*self._key_users, *filter(None, plain)}
        return "" if key_id in known else _did_you_mean(_nearest(key_id, known))

    def users_of_key(self, key_id: str) -> tuple[str, ...]:
        """Returns the profiles whose process line names the key, even if another one is used."""
        return self._key_users.get(key_id, ())

    def plaintext_keys(self) -> tuple[Profile, ...]:
        """Returns the profiles whose long-term key is in plain text."""
        return tuple(
            p
            for p in self.profiles.values()
            if (p.get("aws_access_key_id") or "").startswith("AKIA")
            and secret_of_key(p)
            and not p.get("aws_session_token")
        )

    def differences(self, name: str) -> tuple[str, ...]:
        """Returns differences between boto3 and the other SDKs for a profile, as sentences."""
        return tuple(difference.says for difference in self.differing(name))

    def differing(self, name: str) -> tuple[Difference, ...]:
        """Returns differences between boto3 and the other SDKs for a profile, with their places."""
        return tuple(
            found for file in self._files.values() for found in differences_between(file, name)
        )


def _source_of(profile: Profile, *, as_source: bool) -> str | None:
    assumes = provider_type(profile, as_source=as_source) is ProviderType.ROLE
    return profile.get("source_profile") if assumes else None


def _did_you_mean(close: str | None) -> str:
    return f" Did you mean {sanitize(close)}?" if close else ""


def _nearest(name: str, names: Iterable[str]) -> str | None:
    every = list(names)
    bare = name.strip(" \t\r\n\"'")  # Docker's --env-file keeps quotes
    return bare if bare in every else nearest_name(name, every)


def _reference_fix(profile: str, key: str, close: str | None) -> str:
    """Returns the command that fixes a reference to something that does not exist."""
    if close is not None:
        return f"awsprof set {arguments(profile, key, close)}"
    return "awsprof setup sso" if key == "sso_session" else "awsprof list shows all profiles"


def _group(pairs: Iterable[tuple[str | None, str]]) -> Mapping[str, tuple[str, ...]]:
    groups: dict[str, list[str]] = {}
    for key, name in pairs:
        if key is not None:
            groups.setdefault(key, []).append(name)
    return {key: tuple(names) for key, names in groups.items()}


def unreadable_file(file: storage.ConfigFile) -> Unreadable | None:
    """Returns what botocore cannot parse of a file; None if it can, or if there is no file."""
    if file.data is None:
        return None
    problems = file.document.problems
    if not problems:  # botocore's own parser takes four times as long to say so
        return None
    reading = file.botocore
    if reading.error is None:
        return None
    line = reading.error_line or (problems[0].line if problems else 1)
    return Unreadable(
        display_path(file.path),
        line,
        f"boto3 and the AWS CLI cannot read this file: {sanitize(reading.error)}.",
        f"awsprof doctor --offline explains line {line}; until it is fixed, no profile works",
    )
