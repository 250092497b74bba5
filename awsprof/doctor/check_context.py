"""The input of the checks: the files, this machine, and AWS's answers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final

from awsprof.profiles.model import Profile

if TYPE_CHECKING:
    from awsprof.awsapi.credentials import Credentials
    from awsprof.awsapi.iam import Iam
    from awsprof.awsapi.sts import Identity
    from awsprof.errors import AwsprofError
    from awsprof.profiles.catalog import Catalog
    from awsprof.vault.vault import Vault


@dataclass(frozen=True)
class CheckContext:
    """Everything that a check may look at.

    ``names`` are the selected profiles; ``environment`` are the variables of this process;
    ``key_age`` is the age from which a key is old, and the time without use from which it is
    unused.
    """

    catalog: Catalog
    names: tuple[str, ...]
    environment: Mapping[str, str]
    vault: Callable[[], Vault]
    now: datetime
    key_age: timedelta

    @classmethod
    def of(cls, catalog: Catalog, names: Sequence[str]) -> CheckContext:
        """Returns the context of this process, with its variables and settings; it never prompts.

        Raises UsageError or FileError if the settings cannot be read.
        """
        from awsprof import settings
        from awsprof.prompting import NonInteractive
        from awsprof.vault.vault import open_vault

        def vault() -> Vault:
            return open_vault(NonInteractive(), settings.get_setting("vault"), patient=False)

        old = timedelta(days=int(settings.get_setting("key-age")))
        return cls(catalog, tuple(names), os.environ, vault, datetime.now(UTC), old)

    @property
    def profiles(self) -> Iterator[Profile]:
        """The selected profiles, in the order of the files."""
        return iter(self._selected)

    @cached_property
    def _selected(self) -> tuple[Profile, ...]:
        wanted = set(self.names)
        return tuple(p for p in self.catalog.profiles.values() if p.name in wanted)


SIGN_IN_CODES: Final = frozenset({"sso-token-expired", "aws-login"})
"""The codes of errors that a sign-in ends: to Identity Center, or by `aws login`."""


@dataclass(frozen=True)
class LiveResult:
    """AWS's answer for one profile: its identity, or the error.

    ``iam`` calls IAM with the profile's credentials; None if there are none. ``oddities`` say what
    its process printed that boto3 accepts and other SDKs do not. ``skew`` is how far this machine's
    clock is ahead of AWS's, if known.
    """

    profile: Profile
    credentials: Credentials | None = None
    identity: Identity | None = None
    error: AwsprofError | None = None
    waits_for_code: bool = False
    iam: Iam | None = None
    skew: timedelta | None = None
    oddities: tuple[str, ...] = ()
