"""Explains AccessDenied: finds the likely reasons in AWS's message and in the profile."""

import re
from collections.abc import Sequence
from typing import Final

from awsprof.awsapi.login_target import LoginTarget
from awsprof.errors import CredentialsError
from awsprof.profiles.model import Profile
from awsprof.profiles.provider_order import ProviderType, has_token, key_in_vault, provider_type
from awsprof.shells import arguments
from awsprof.text import sanitize

# Reasons that AWS names. Source: IAM User Guide, "Troubleshoot access denied error messages".
_REASON: Final = re.compile(
    r"because no (?P<none>[a-z -]+?)(?: policy| policies)? allows?\b"
    r"|explicit deny in (?P<deny>an? [a-z -]+)"
)
_ROLE: Final = re.compile(r"on resource: (arn:\S+:role/\S+)")
_WHO: Final = re.compile(r"User: (arn:\S+)")
# What a session may carry only if the trust policy allows it; AWS names the action.
_CARRIED: Final = {
    "sts:SetSourceIdentity": "source_identity",
    "sts:TagSession": "session_tags",
}
_ACTION: Final = re.compile(r"to perform: (sts:\w+)")
_ASK: Final = (
    "Else ask its owner to apply what these print: awsprof policy assume-with-mfa, awsprof policy"
    " role-trust-mfa"
)
_WHOSE: Final = {
    "identity-based": "no policy of {who} allows it",
    "role trust": "its trust policy does not allow {who}",
    "resource-based": "its trust policy does not allow {who}",
    "permissions boundary": "the permissions boundary of {who} does not allow it",
    "session": "the session policy of {who} does not allow it",
    "service control": "a service control policy of the organization does not allow it",
}


def access_denied_error(
    operation: str, message: str, target: LoginTarget, links: Sequence[Profile]
) -> CredentialsError:
    """Returns the error for AccessDenied; ``links`` is the profile's chain, itself first."""
    if "multifactorauthentication" in message.lower():
        what = f"The MFA code was not accepted: {message}"
        fix = f"wait for the next code, then run it again; check the device: {target.show}"
    elif operation == "AssumeRole":
        what, fix = _role(message, target, links)
    elif operation == "AssumeRoleWithWebIdentity":
        what = (
            f"The role of {target.shown} cannot be assumed by this web identity: its trust policy"
            " names another provider, audience or subject, or the role does not exist"
        )
        show = target.show
        fix = f"check role_arn and the token file: {show}; or ask its owner"
    else:
        what = f"AWS does not allow {operation}: {message}"
        looks = operation == "GetAccessKeyInfo"
        fix = "ask for " + ("awsprof policy audit-keys" if looks else "that permission")
    return CredentialsError(f"{what} (AccessDenied).", fix, code="AccessDenied")


def _role(message: str, target: LoginTarget, links: Sequence[Profile]) -> tuple[str, str]:
    named, asking = _ROLE.search(message), _WHO.search(message)
    arn = named[1] if named else None
    roles = [link for link in links if link.get("role_arn")]
    role = next((r for r in roles if r.get("role_arn") == arn), roles[0] if roles else None)
    who = asking[1] if asking else "this identity"
    what = f"The role of {sanitize(role.name) if role else target.shown} cannot be assumed"
    show = target.show
    action = _ACTION.search(message)
    carried = _CARRIED.get(action[1]) if action else None
    if action and carried:
        unset = f"awsprof unset {arguments(role.name if role else target.name, carried)}"
        return f"{what}: its trust policy does not allow {action[1]}", (
            f"if you need no {carried}: {unset}. Else ask its owner to allow {action[1]}"
        )
    reason = _named_reason(message, who)
    if reason:
        return f"{what}: {reason}", f"ask its owner; {show} shows the chain"
    causes, fixes = _guesses(role, links) if role else (["it requires MFA or an external ID"], [])
    causes += [f"its trust policy does not allow {who}", "the role does not exist"]
    sentences = [f"{what}, and AWS does not say why", *map(_capitalized, causes[:-1])]
    text = f"{'. '.join(sentences)}, or {causes[-1]}"
    return text, ". ".join([f"first check role_arn: {show}", *map(_capitalized, fixes), _ASK])


def _capitalized(text: str) -> str:
    return text[:1].upper() + text[1:]


def _named_reason(message: str, who: str) -> str | None:
    match = _REASON.search(message)
    if match is None:
        return None
    if match["deny"]:
        return f"an explicit deny in {match['deny'].strip()} forbids it"
    return _WHOSE.get(match["none"], f"no {match['none']} policy allows it").format(who=who)


def _guesses(role: Profile, links: Sequence[Profile]) -> tuple[list[str], list[str]]:
    """Returns what the role may require that the profile does not send, and the fixes."""
    causes, fixes = [], []
    named, bearer = sanitize(role.name), _bearer(role, links)
    asks = any(map(_asks, links))
    if bearer is not None and not asks:
        at = bearer if key_in_vault(bearer, as_source=True) else role
        device = bearer.get("mfa_serial")
        missing = "the role does not ask for a code" if device else "no mfa_serial is set"
        causes.append(f"it may require MFA, and {missing}")
        fixes.append(
            f"for MFA: awsprof set {arguments(role.name, 'mfa_serial', device)}"
            if device
            else f"for MFA: awsprof mfa list {arguments(bearer.name)} shows the devices; set one as"
            f" mfa_serial of {sanitize(at.name)}"
        )
    elif bearer is not None and not role.get("mfa_serial"):
        fixes.append(f"for a fresh code: set the device as mfa_serial of {named} too")
    elif any(link.get("role_arn") for link in links[links.index(role) + 1 :]):
        causes.append("it may require MFA, which only the first role of a chain has")
        fixes.append(f"for MFA: set the profile with the key as source_profile of {named}")
    if not role.get("external_id"):
        causes.append("it may require an external ID, and none is set")
        fixes.append(
            f"for an external ID: ask its owner for it, and set it as external_id of {named}"
        )
    if not role.get("source_identity"):
        causes.append("it may require a source identity, and none is set")
        fixes.append(
            f"for a source identity: set your user name as source_identity of {named} (other"
            " tools do not send it)"
        )
    return causes, fixes


def _asks(link: Profile) -> bool:
    """Returns True if a code is sent there: for roles, and in awsprof for a vault key too."""
    asks = link.get("role_arn") or key_in_vault(link, as_source=True)
    return bool(link.get("mfa_serial") and asks)


def _bearer(role: Profile, links: Sequence[Profile]) -> Profile | None:
    """Returns the profile whose user key assumes the role, or None: only that can send a code.

    Sessions of a role, a web identity or Identity Center cannot, nor can a key with a token.
    """
    beneath = links[links.index(role) + 1 :]
    if len(beneath) > 1:
        return None
    bearer = beneath[0] if beneath else role
    if has_token(bearer):
        return None
    provider = provider_type(bearer, as_source=True)
    return bearer if provider in (ProviderType.KEYS, ProviderType.PROCESS) else None
