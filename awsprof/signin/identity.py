"""Who credentials are: STS GetCallerIdentity, for one profile or for many at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from awsprof.clean import clean
from awsprof.errors import AwsprofError, PersonNeeded
from awsprof.profiles.model import Profile
from awsprof.signin import sts
from awsprof.signin.credentials import Credentials
from awsprof.signin.explain import explain
from awsprof.signin.resolver import Resolver

_AT_ONCE: Final = 16


@dataclass(frozen=True)
class Identity:
    """Whose credentials they are, as AWS says."""

    arn: str
    account: str
    user_id: str

    @property
    def is_root(self) -> bool:
        """Whether it is an account's root user, whom nothing limits."""
        return self.arn.endswith(":root")


@dataclass(frozen=True)
class Checked:
    """What came of asking who a profile is: an identity, or why there is none."""

    profile: str
    identity: Identity | None = None
    error: AwsprofError | None = None
    waits_for_code: bool = False


def whoami(
    credentials: Credentials, *, region: str | None = None, profile: Profile | None = None
) -> Identity:
    """Who the credentials are. It succeeds whatever policies deny. SignInFailed says why not.

    Source: STS API reference, GetCallerIdentity.
    """
    name = profile.name if profile else credentials.access_key_id
    try:
        session = sts.session_for(profile)
        client = sts.client(session, "sts", credentials, sts.region_for(profile, region))
        answer = client.get_caller_identity()
    except Exception as exc:
        raise explain(exc, profile=clean(name)) from exc
    return Identity(answer["Arn"], answer["Account"], answer["UserId"])


def check(
    resolver: Resolver,
    names: Sequence[str],
    *,
    progress: Callable[[str], object] | None = None,
) -> tuple[Checked, ...]:
    """Ask who each of the profiles is, 16 at a time; in the order of ``names``."""

    def one(name: str) -> Checked:
        result = _check(resolver, name)
        if progress is not None:
            progress(name)
        return result

    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        return tuple(pool.map(one, names))


def _check(resolver: Resolver, name: str) -> Checked:
    try:
        credentials = resolver.credentials(name)
        return Checked(name, whoami(credentials, profile=resolver.catalog.get(name)))
    except PersonNeeded as exc:
        return Checked(name, error=exc, waits_for_code=exc.code == "mfa-needed")
    except AwsprofError as exc:
        return Checked(name, error=exc)
