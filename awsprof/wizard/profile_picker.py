"""Picks a profile from a list: type a name, account, role, region or ARN; last used first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from prompt_toolkit.utils import get_cwidth

from awsprof.arn import iam_arn
from awsprof.profiles import kinds
from awsprof.text import sanitize
from awsprof.vault.key_accounts import account_of
from awsprof.wizard.prompt_loop import terminal_width
from awsprof.wizard.prompts import Back, Option, select

if TYPE_CHECKING:
    from awsprof.profiles.catalog import Catalog
    from awsprof.profiles.model import Profile

_WIDEST_NAME = 32  # in a terminal that has no room for more
_BESIDE_NAME = 34  # the pointer, the account and the region
_WIDEST_REGION = 14  # columns: ap-northeast-1


def pick_profile(
    catalog: Catalog, recent: Sequence[str], offered: Callable[[Profile], object] | None = None
) -> str:
    """Asks for one of the profiles and returns its name.

    Only those that ``offered`` is true for are listed, unless it is true for none. Those of
    ``recent`` come first, then ``default``. Esc raises KeyboardInterrupt, as Ctrl-C does: there is
    no question before this one.
    """
    names = dict.fromkeys([*recent, "default", *catalog.profiles])
    profiles = [catalog.profiles[name] for name in names if name in catalog.profiles]
    if offered is not None:
        profiles = [profile for profile in profiles if offered(profile)] or profiles
    widest = max(get_cwidth(sanitize(profile.name)) for profile in profiles)
    room = min(widest, max(_WIDEST_NAME, terminal_width() - _BESIDE_NAME))
    regions = max(len(kinds.profile_facts(profile).region or "") for profile in profiles)
    options = [_option(profile, room, min(regions, _WIDEST_REGION)) for profile in profiles]
    try:
        return select(
            "Which profile?",
            options,
            explain="by name, account, role, region or ARN",
            back_row=False,
        )
    except Back:
        raise KeyboardInterrupt from None


def _option(profile: Profile, room: int, region_room: int) -> Option:
    """Returns the profile's row. Typing also finds what is cut on the screen, and its ARN."""
    facts = kinds.profile_facts(profile)
    account = facts.account or account_of(profile) or ""
    name = sanitize(profile.name)
    padded = name + " " * (room - get_cwidth(name))
    arn = profile.get("role_arn") or ""
    if profile.get("sso_role_name"):
        arn = iam_arn("aws", account, f"role/{profile.get('sso_role_name')}")
    region = sanitize(facts.region or "")
    cells = (f"{account:<12}", f"{region:<{region_room}}", sanitize(facts.label))
    title = f"{padded}   {'  '.join(cells)}".rstrip()
    return Option(profile.name, title, called=name, keywords=sanitize(arn))
