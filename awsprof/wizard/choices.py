"""The choices of a field, from botocore's data, the config, IAM and the access portal.

Without permission to list them there are no choices, and the user types the answer. Other failures
raise AwsprofError.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from awsprof.auth.identity_center import login
from awsprof.auth.identity_center.portal import Portal
from awsprof.auth.identity_center.token_cache import Token
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.iam import Iam, NotPermitted
from awsprof.configfile.document import FileKind
from awsprof.configfile.storage import config_path
from awsprof.profiles import kinds
from awsprof.profiles.kinds.sso import SCOPES
from awsprof.profiles.model import Origin, SsoSession, Value
from awsprof.regions import partitions
from awsprof.text import sanitize
from awsprof.wizard.context import WizardContext
from awsprof.wizard.prompts import Option, confirm


@dataclass(frozen=True)
class Draft:
    """The profile being set up: the answers so far, and the access key if there is one."""

    answers: Mapping[str, str]
    key: Credentials | None = None


def region_choices() -> tuple[str, ...]:
    """Returns the regions of all partitions in botocore's data. Reads no config file."""
    return tuple(region for each in partitions() for region in each.regions)


def usual_region(context: WizardContext, draft: Draft) -> str:
    """Returns the source profile's region, else the most frequent one, else Identity Center's."""
    profiles = context.catalog().profiles
    source = profiles.get(draft.answers.get("source", ""))
    if source is not None and source.get("region"):
        return source.get("region") or ""
    regions = Counter(region for p in profiles.values() if (region := p.get("region")))
    return regions.most_common(1)[0][0] if regions else draft.answers.get("sso_region", "")


def _profiles(context: WizardContext, draft: Draft) -> list[Option]:
    catalog = context.catalog()
    return [
        Option(p.name, f"{sanitize(p.name)}   ({sanitize(kinds.profile_facts(p).label)})")
        for p in catalog.profiles.values()
    ]


def _sessions(context: WizardContext, draft: Draft) -> list[Option]:
    found = context.catalog().sessions.values()
    return [Option(s.name, f"{sanitize(s.name)}   ({sanitize(s.start_url)})") for s in found]


def _devices(context: WizardContext, draft: Draft) -> list[Option]:
    """Returns the MFA devices of the key's or source's user, without FIDO keys."""
    catalog = context.catalog()
    profile = catalog.profiles.get(draft.answers.get("source", ""))
    if profile is not None:
        credentials = context.resolver(catalog).credentials(profile.name)
    elif draft.key is not None:
        credentials = draft.key
    else:
        return []
    found = Iam(credentials, profile=profile).mfa_devices()
    if isinstance(found, NotPermitted):
        return []
    if any(each.fido for each in found):
        context.terminal.warn(
            "Your FIDO security key is not listed, because STS accepts only codes. Add a virtual"
            " MFA device, or use Identity Center."
        )
    usable = [each.serial for each in found if not each.fido]
    return [Option(serial, f"{sanitize(serial)}   (found on your user)") for serial in usable]


def chosen_session(context: WizardContext, answers: Mapping[str, str]) -> SsoSession:
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


def _token(context: WizardContext, session: SsoSession) -> Token:
    return login.get_token(session, context.prompter, agree=confirm)


def _accounts(context: WizardContext, draft: Draft) -> list[Option]:
    session = chosen_session(context, draft.answers)
    found = Portal(session, _token(context, session)).accounts()
    return [Option(a.id, f"{a.id}   {a.name}", called=a.name) for a in found]


def _roles(context: WizardContext, draft: Draft) -> list[Option]:
    session = chosen_session(context, draft.answers)
    found = Portal(session, _token(context, session)).roles(draft.answers["account"])
    return [Option(role, role) for role in found]


SOURCES: Final[Mapping[str, Callable[[WizardContext, Draft], list[Option]]]] = {
    "profiles": _profiles,
    "sso-sessions": _sessions,
    "mfa-devices": _devices,
    "sso-accounts": _accounts,
    "sso-roles": _roles,
}
