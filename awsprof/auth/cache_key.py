"""The names that sessions are kept under: what changes the credentials changes the name."""

import hashlib
import json
import os
import re
from typing import Final

from awsprof.auth.options import PLAIN, SessionOptions
from awsprof.awsapi import endpoints
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.model import Profile
from awsprof.secret_names import PLACES

# Which AWS it is; regions shape nothing, and nobody gives a code again for changing one.
_SHAPING: Final = (
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_STS",
    "AWS_ENDPOINT_URL_SSO",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    # Whoever is trusted to be AWS: a proxy that plays AWS brings a certificate of its own.
    "AWS_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
)
_ENDPOINT: Final = ("endpoint_url", "ca_bundle", "ignore_configured_endpoint_urls")
_SHAPES_NOTHING: Final = frozenset({"region", "output", "mfa_process"})
_AN_HOUR: Final = 3600  # seconds; STS API reference, AssumeRole: "role chaining"


def chain_key(catalog: Catalog, name: str, asked: SessionOptions = PLAIN) -> str:
    """The name of what a profile gives, by all values of its chain but the secrets."""
    chain = catalog.chain(name)
    parts = [link.values for link in chain.links]
    if chain.session is not None:
        parts.append(chain.session.values)
    parts += endpoints.services_sections(catalog, chain.links)
    session_options: list[object] = [
        sorted((k, v.text) for k, v in part.items() if k not in PLACES | _SHAPES_NOTHING)
        for part in parts
    ]
    if chain.links[-1].get("credential_source") == "Environment":
        session_options.append(os.environ.get("AWS_ACCESS_KEY_ID"))  # whose session it is
    if asked:
        session_options.append(asked.parameters())
    return cache_key("role", session_options)


def mfa_session_key(
    catalog: Catalog, profile: Profile, key_id: str, device: str, lasts: str | None
) -> str:
    """The name of a key's session with MFA: the key, the device, its length, and which AWS it is.

    ``lasts`` is in seconds, as it is asked for. The session of a stand-in on this machine is never
    taken for AWS's own.
    """
    where = [profile.get(name) for name in _ENDPOINT]
    named = [
        sorted((key, value.text) for key, value in part.items())
        for part in endpoints.services_sections(catalog, [profile])
    ]
    return cache_key("mfa", [key_id, device, lasts, where, named])


def cache_key(kind: str, session_options: object) -> str:
    """A name for what shapes credentials: the files' part of it, and the variables'."""
    whole = json.dumps([session_options, [os.environ.get(name) for name in _SHAPING]])
    return f"{kind}/{hashlib.sha256(whole.encode()).hexdigest()}"


def chained_overrides(profile: Profile) -> dict[str, str | None]:
    """What a role has where its source is a session with MFA: no code, and an hour at most."""
    seconds = profile.get("duration_seconds") or ""
    long = re.fullmatch("[0-9]+", seconds) is not None and int(seconds) > _AN_HOUR
    return {"mfa_serial": None, **({"duration_seconds": str(_AN_HOUR)} if long else {})}
