"""Profiles and sso-sessions as immutable values that know their files and lines."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from awsprof.arn import Arn
from awsprof.configfile.document import FileKind
from awsprof.paths import display_path


class Origin(NamedTuple):
    """The file and the line (1-based) of a value or a section."""

    kind: FileKind
    path: Path
    line: int

    def __str__(self) -> str:
        return f"{display_path(self.path)}:{self.line}"


class Value(NamedTuple):
    """A value and its origin. The repr omits the text, which may be a secret.

    ``inherited`` is True if it is a line of [DEFAULT], which every profile of the file has.
    """

    text: str
    origin: Origin
    inherited: bool = False

    def __repr__(self) -> str:
        return f"Value(origin={self.origin!r})"


@dataclass(frozen=True)
class Profile:
    """One profile, merged from both files as in botocore; ``origins`` are its headers."""

    name: str
    values: Mapping[str, Value]
    nested: Mapping[str, Mapping[str, Value]]
    origins: tuple[Origin, ...]

    def get(self, key: str) -> str | None:
        """Returns the text of a key; None where it is absent or empty."""
        value = self.values.get(key)
        return value.text or None if value else None

    @property
    def partition(self) -> str | None:
        """The partition of its role or its MFA device; None if it has neither."""
        arn = Arn.parse(self.get("role_arn")) or Arn.parse(self.get("mfa_serial"))
        return arn.partition if arn else None


@dataclass(frozen=True)
class SsoSession:
    """One sso-session of the config file.

    ``through`` is a profile that uses it: its CA file, endpoints and FIPS flag apply to sign-in.
    """

    name: str
    values: Mapping[str, Value]
    origin: Origin
    through: Profile | None = field(default=None, compare=False, repr=False)

    def get(self, key: str) -> str | None:
        """Returns the text of a key; None where it is absent or empty."""
        value = self.values.get(key)
        return value.text or None if value else None

    @classmethod
    def legacy(cls, profile: Profile) -> "SsoSession | None":
        """Returns the implied session of a legacy SSO profile, named by its start URL; None
        otherwise.

        As in the AWS CLI the URL names the token, so all profiles with the same URL share it.
        """
        url, region = profile.values.get("sso_start_url"), profile.get("sso_region")
        if url is None or not url.text or not region or profile.get("sso_session"):
            return None
        values = {key: profile.values[key] for key in ("sso_start_url", "sso_region")}
        return cls(url.text, values, url.origin, profile)

    @property
    def start_url(self) -> str:
        """The start URL as written in the file; "" if it is missing."""
        return self.get("sso_start_url") or ""

    @property
    def region(self) -> str:
        """The region of the Identity Center instance; "" if it is missing."""
        return self.get("sso_region") or ""

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes to register for. Without any, there may be no refresh token."""
        text = self.get("sso_registration_scopes") or ""
        return tuple(scope.strip() for scope in text.split(",") if scope.strip())


@dataclass(frozen=True)
class ProfileFacts:
    """A profile's row in a table. ``kind`` is the name of a kind, or None for rarer forms."""

    kind: str | None
    label: str
    account: str | None = None
    role: str | None = None
    region: str | None = None
    source: str | None = None
