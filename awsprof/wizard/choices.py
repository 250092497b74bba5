"""Where a field's choices come from: botocore's data, the catalog, IAM, and the access portal.

What may not be looked at gives no choices, and the person types; what fails is an AwsprofError.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from awsprof.awsfiles.document import FileKind
from awsprof.awsfiles.storage import path_of
from awsprof.clean import clean
from awsprof.profiles.kinds.sso import SCOPES
from awsprof.profiles.model import Origin, SsoSession, Value
from awsprof.regions import partitions
from awsprof.signin.credentials import Credentials
from awsprof.signin.iam import Iam, NotPermitted
from awsprof.signin.identity_center import entry
from awsprof.signin.identity_center.portal import Portal
from awsprof.signin.identity_center.token_cache import Token
from awsprof.wizard.house import House
from awsprof.wizard.prompts import Option, agree


@dataclass(frozen=True)
class Draft:
    """The profile being set up: the answers so far, and the key where one was given."""

    answers: Mapping[str, str]
    key: Credentials | None = None


def regions() -> tuple[str, ...]:
    """Every region that botocore's data knows, in all partitions; no config is read for it."""
    return tuple(region for each in partitions() for region in each.regions)


def usual_region(house: House, draft: Draft) -> str:
    """The region that the person most likely wants: the source's, else the most frequent one."""
    profiles = house.catalog().profiles
    source = profiles.get(draft.answers.get("source", ""))
    if source is not None and source.get("region"):
        return source.get("region") or ""
    found = Counter(region for p in profiles.values() if (region := p.get("region")))
    return found.most_common(1)[0][0] if found else draft.answers.get("sso_region", "")


def _profiles(house: House, draft: Draft) -> list[Option]:
    catalog = house.catalog()
    return [
        Option(p.name, f"{clean(p.name)}   ({clean(catalog.facts(p).label)})")
        for p in catalog.profiles.values()
    ]


def _sessions(house: House, draft: Draft) -> list[Option]:
    found = house.catalog().sessions.values()
    return [Option(s.name, f"{clean(s.name)}   ({clean(s.start_url)})") for s in found]


def _devices(house: House, draft: Draft) -> list[Option]:
    """The devices of the key's user, or of the source's; FIDO keys are told, and left out."""
    catalog = house.catalog()
    profile = catalog.profiles.get(draft.answers.get("source", ""))
    if profile is not None:
        credentials = house.resolver(catalog).credentials(profile.name)
    elif draft.key is not None:
        credentials = draft.key
    else:
        return []
    found = Iam(credentials, profile=profile).mfa_devices()
    if isinstance(found, NotPermitted):
        return []
    if any(each.fido for each in found):
        house.terminal.warn(
            "Your FIDO security key is left out: it has no code that STS takes. A virtual MFA"
            " device beside it serves; so does Identity Center."
        )
    usable = [each.serial for each in found if not each.fido]
    return [Option(serial, f"{clean(serial)}   (found on your user)") for serial in usable]


def session_of(house: House, answers: Mapping[str, str]) -> SsoSession:
    """The sso-session that the answers name or describe."""
    known = house.catalog().sessions.get(answers["session"])
    if known is not None:
        return known
    origin = Origin(FileKind.CONFIG, path_of(FileKind.CONFIG), 0)
    described = {
        "sso_start_url": answers["start_url"],
        "sso_region": answers["sso_region"],
        "sso_registration_scopes": SCOPES,
    }
    values = {key: Value(text, origin) for key, text in described.items()}
    return SsoSession(answers["session"], values, origin)


def _token(house: House, session: SsoSession) -> Token:
    return entry.token_of(session, house.asker, agree=agree)


def _accounts(house: House, draft: Draft) -> list[Option]:
    session = session_of(house, draft.answers)
    found = Portal(session, _token(house, session)).accounts()
    return [Option(a.id, f"{a.id}   {a.name}", called=a.name) for a in found]


def _roles(house: House, draft: Draft) -> list[Option]:
    session = session_of(house, draft.answers)
    found = Portal(session, _token(house, session)).roles(draft.answers["account"])
    return [Option(role, role) for role in found]


SOURCES: Final[Mapping[str, Callable[[House, Draft], list[Option]]]] = {
    "profiles": _profiles,
    "sso-sessions": _sessions,
    "mfa-devices": _devices,
    "sso-accounts": _accounts,
    "sso-roles": _roles,
}
