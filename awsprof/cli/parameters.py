"""Options that several commands take: a duration, a region, and the profiles of a team file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from awsprof.auth.resolver import Resolver
    from awsprof.awsapi.credentials import Credentials

_DURATION: Final = re.compile(r"(?=\d)(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?", re.ASCII)
_SHORTEST, _LONGEST = 900, 36 * 3600  # of AssumeRole, and of GetSessionToken


class DurationType(click.ParamType[int]):
    """How long a session lasts: ``1h``, ``90m``, ``1h30m`` or seconds; an int of seconds."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Returns the seconds; fails for what is no duration, or none that AWS gives."""
        found = _DURATION.fullmatch(str(value).strip().lower())
        if found is None:
            self.fail(f"{value!r} is not a duration: write 1h, 90m, 1h30m or seconds.", param, ctx)
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        total = hours * 3600 + minutes * 60 + seconds
        if not _SHORTEST <= total <= _LONGEST:
            self.fail("AWS's sessions last 15m to 12h (36h for a user with MFA).", param, ctx)
        return total


class RegionType(click.ParamType[str]):
    """A region; one that is newer than this version of awsprof is accepted too."""

    name = "region"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """Returns the region; fails, with the nearest one, for what does not look like one."""
        from awsprof import regions

        text = str(value).strip().lower()
        if not regions.looks_like_region(text):
            near = regions.closest_region(text)
            hint = f" Did you mean {near}?" if near else " A region looks like eu-west-1."
            self.fail(f"{value!r} is not a region.{hint}", param, ctx)
        return text

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Returns the regions that begin with ``incomplete``."""
        from awsprof import regions

        return [CompletionItem(r) for r in regions.all_regions() if r.startswith(incomplete)]


@dataclass(frozen=True)
class SessionFlags:
    """What ``--region`` and ``--duration`` (in seconds) ask of a profile's session."""

    region: str | None
    duration: int | None

    def credentials(self, resolver: Resolver, name: str) -> Credentials:
        """Returns the profile's credentials, tried at AWS if they are cached."""
        from awsprof.auth.caller_identities import verified_credentials
        from awsprof.auth.session_options import SessionOptions

        options = SessionOptions(duration=self.duration)
        return verified_credentials(resolver, name, session_options=options)


def only_managed(names: Sequence[str]) -> tuple[str, ...]:
    """Returns those of the profiles that come from a team file. Raises UnknownProfile for none."""
    from awsprof.errors import UnknownProfile
    from awsprof.team.state import managed_profiles

    managed = managed_profiles()
    found = tuple(name for name in names if name in managed)
    if not found:
        raise UnknownProfile(
            "None of these profiles comes from a team file.", "awsprof list marks those that do"
        )
    return found


managed_option = click.option(
    "--managed", is_flag=True, help="With a pattern: only profiles that come from a team file."
)
region_option = click.option(
    "--region", type=RegionType(), metavar="REGION", help="Region to use. Default: the profile's."
)
duration_option = click.option(
    "--duration",
    type=DurationType(),
    metavar="TIME",
    help="How long the session lasts: 1h, 90m. Default: the profile's.",
)
