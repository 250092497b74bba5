"""Where a field's choices come from: botocore's data, the catalog, IAM, and the access portal.

What cannot be found out (no permission, no network) gives no choices, and the person types.
"""

from collections.abc import Callable, Mapping
from typing import Final

from awsprof.awsfiles.document import FileKind
from awsprof.awsfiles.storage import path_of
from awsprof.clean import clean
from awsprof.errors import AwsprofError
from awsprof.profiles.kinds.sso import SCOPES
from awsprof.profiles.model import Origin, SsoSession, Value
from awsprof.signin.iam import NotPermitted, mfa_devices
from awsprof.signin.identity_center import device, portal
from awsprof.signin.identity_center.token_cache import Token, signed_in
from awsprof.wizard.house import House
from awsprof.wizard.prompts import Option

Answers = Mapping[str, str]


def regions() -> tuple[str, ...]:
    """Every region that botocore's data knows, in all partitions."""
    from botocore.session import Session

    session = Session()
    return tuple(
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("sts", partition)
    )


def _profiles(house: House, answers: Answers) -> list[Option]:
    catalog = house.catalog()
    return [
        Option(p.name, f"{clean(p.name)}   ({clean(catalog.facts(p).label)})")
        for p in catalog.profiles.values()
    ]


def _sessions(house: House, answers: Answers) -> list[Option]:
    found = house.catalog().sessions.values()
    return [Option(s.name, f"{clean(s.name)}   ({clean(s.start_url)})") for s in found]


def _devices(house: House, answers: Answers) -> list[Option]:
    """The devices of the source's user; FIDO keys are told, and left out."""
    source = answers.get("source")
    if source is None:
        return []
    catalog = house.catalog()
    try:
        credentials = house.resolver(catalog).credentials(source)
        found = mfa_devices(credentials, profile=catalog.get(source))
    except AwsprofError:
        return []
    if isinstance(found, NotPermitted):
        return []
    if any(each.fido for each in found):
        house.terminal.say("A FIDO security key is left out: it has no code that STS takes.")
    usable = [each.serial for each in found if not each.fido]
    return [Option(serial, f"{clean(serial)}   (found on your user)") for serial in usable]


def session_of(house: House, answers: Answers) -> SsoSession:
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
    return signed_in(session) or device.sign_in(session, house.asker)


def _accounts(house: House, answers: Answers) -> list[Option]:
    session = session_of(house, answers)
    found = portal.accounts(session, _token(house, session))
    return [Option(account.id, f"{account.name}   {account.id}") for account in found]


def _roles(house: House, answers: Answers) -> list[Option]:
    session = session_of(house, answers)
    found = portal.roles(session, _token(house, session), answers["account"])
    return [Option(role, role) for role in found]


SOURCES: Final[Mapping[str, Callable[[House, Answers], list[Option]]]] = {
    "profiles": _profiles,
    "sso-sessions": _sessions,
    "mfa-devices": _devices,
    "sso-accounts": _accounts,
    "sso-roles": _roles,
}
