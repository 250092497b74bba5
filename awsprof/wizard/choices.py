"""The choices of a field, from botocore's data, the config, IAM and the access portal.

Without permission to list them there are no choices, and the user types the answer. Other failures
raise AwsprofError.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from awsprof.auth.identity_center import login
from awsprof.auth.identity_center.portal import Portal
from awsprof.auth.identity_center.token_cache import Token, time_left
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.iam import Iam, NotPermitted
from awsprof.configfile.document import FileKind
from awsprof.configfile.storage import config_path
from awsprof.editing.command_context import CommandContext
from awsprof.profiles import kinds
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.kinds.sso import SCOPES
from awsprof.profiles.model import Origin, SsoSession, Value
from awsprof.regions import partitions
from awsprof.text import sanitize
from awsprof.vault.key_accounts import account_of
from awsprof.wizard.list_prompt import aligned_options
from awsprof.wizard.prompts import Option, agree

SESSION: Final = "session\0"


@dataclass(frozen=True)
class ProfileAnswers:
    """The profile being set up: the answers so far, and the access key if there is one."""

    answers: Mapping[str, str]
    key: Credentials | None = None


def region_choices() -> tuple[str, ...]:
    """Returns the regions of all partitions in botocore's data. Reads no config file."""
    return tuple(region for each in partitions() for region in each.regions)


def usual_region(context: CommandContext, given: ProfileAnswers) -> str:
    """Returns the source profile's region, else the most frequent one, else Identity Center's."""
    profiles = context.catalog().profiles
    source = profiles.get(given.answers.get("source", ""))
    if source is not None and source.get("region"):
        return source.get("region") or ""
    regions = Counter(region for p in profiles.values() if (region := p.get("region")))
    return regions.most_common(1)[0][0] if regions else given.answers.get("sso_region", "")


def profile_options(catalog: Catalog, only: Collection[str] | None = None) -> list[Option]:
    """Returns the profiles as options, with what they are; typing finds any of it."""
    names = [name for name in catalog.profiles if only is None or name in only]
    rows = [_profile_row(catalog, name) for name in names]
    return aligned_options(names, rows)


def _profile_row(catalog: Catalog, name: str) -> tuple[str, str, str, str]:
    facts = kinds.profile_facts(catalog.profiles[name])
    account = facts.account or account_of(catalog.profiles[name]) or ""
    # what a narrow terminal cuts is the end: the role, not an account or region
    return (name, account, facts.region or "", facts.label)


def sign_in_options(catalog: Catalog) -> list[Option]:
    """Returns what one can sign in to: sessions of Identity Center, and profiles.

    The sessions have their time left; a start URL in legacy profiles is one of them. The profiles
    are those with MFA or ``login_session``. Profiles on a session are not among them: the sign-in
    to the session serves them all.
    """
    sessions = [*catalog.sessions.values(), *catalog.legacy_sessions.values()]
    rows = [(s.name, "", s.region, f"Identity Center, {time_left(s)}") for s in sessions]
    chains = {name: catalog.chain(name) for name in catalog.profiles}
    own = [
        name
        for name, chain in chains.items()
        if "login_session" in catalog.profiles[name].values
        or (chain.session is None and any("mfa_serial" in link.values for link in chain.links))
    ]
    rows += [_profile_row(catalog, name) for name in own]
    return aligned_options([*(SESSION + s.name for s in sessions), *own], rows)


def session_or_profile_options(catalog: Catalog) -> list[Option]:
    """Returns the profiles and then the sso-sessions, whose values begin with ``SESSION``."""
    rows = [_profile_row(catalog, name) for name in catalog.profiles]
    rows += [(s.name, "", s.region, "Identity Center") for s in catalog.sessions.values()]
    values = [*catalog.profiles, *(SESSION + name for name in catalog.sessions)]
    return aligned_options(values, rows)


def _profiles(context: CommandContext, given: ProfileAnswers) -> list[Option]:
    catalog = context.catalog()
    own = given.answers.get("name")
    return profile_options(catalog, [name for name in catalog.profiles if name != own])


def _sessions(context: CommandContext, given: ProfileAnswers) -> list[Option]:
    found = context.catalog().sessions.values()
    return [Option(s.name, sanitize(s.name), sanitize(s.start_url)) for s in found]


def device_options(serials: Sequence[str]) -> list[Option]:
    """Returns MFA devices that IAM lists for the user as options."""
    return [Option(serial, sanitize(serial), "found on your user") for serial in serials]


def user_devices(context: CommandContext, given: ProfileAnswers) -> list[str] | NotPermitted:
    """Returns the MFA devices of the key's or source's user, without FIDO keys."""
    catalog = context.catalog()
    profile = catalog.profiles.get(given.answers.get("source", given.answers.get("name", "")))
    if given.key is not None:
        credentials, profile = given.key, None
    elif profile is not None:
        credentials = context.resolver(catalog).credentials(profile.name)
    else:
        return []
    found = Iam(credentials, profile=profile).mfa_devices()
    if isinstance(found, NotPermitted):
        return found
    if any(each.fido for each in found):
        context.terminal.warn(
            "Your FIDO security key is not listed, because STS accepts only codes. Add a virtual"
            " MFA device, or use Identity Center."
        )
    return [each.serial for each in found if not each.fido]


def _devices(context: CommandContext, given: ProfileAnswers) -> list[Option]:
    found = user_devices(context, given)
    if isinstance(found, NotPermitted):
        return []
    return device_options(found)


def chosen_session(context: CommandContext, answers: Mapping[str, str]) -> SsoSession:
    """Returns the sso-session that the answers name, or a new one from the answers."""
    known = context.catalog().sessions.get(answers["session"])
    if known is not None:
        return known
    origin = Origin(FileKind.CONFIG, config_path(FileKind.CONFIG), 0)
    described = {
        "sso_start_url": answers["start_url"],
        "sso_region": answers["sso_region"],
        "sso_registration_scopes": SCOPES,
    }
    values = {key: Value(text, origin) for key, text in described.items()}
    return SsoSession(answers["session"], values, origin)


def _token(context: CommandContext, session: SsoSession) -> Token:
    return login.get_token(session, context.prompter, agree=agree)


def _accounts(context: CommandContext, given: ProfileAnswers) -> list[Option]:
    session = chosen_session(context, given.answers)
    found = Portal(session, _token(context, session)).accounts()
    options = aligned_options([a.id for a in found], [(a.id, a.name) for a in found])
    return [replace(o, called=a.name) for o, a in zip(options, found, strict=True)]


def _roles(context: CommandContext, given: ProfileAnswers) -> list[Option]:
    session = chosen_session(context, given.answers)
    found = Portal(session, _token(context, session)).roles(given.answers["account"])
    return [Option(role, role) for role in found]


SOURCES: Final[Mapping[str, Callable[[CommandContext, ProfileAnswers], list[Option]]]] = {
    "profiles": _profiles,
    "sso-sessions": _sessions,
    "mfa-devices": _devices,
    "sso-accounts": _accounts,
    "sso-roles": _roles,
}
