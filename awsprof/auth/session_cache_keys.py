"""Keys of the session cache: everything that affects the credentials is part of the key."""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from typing import Final

from awsprof.auth.chain_lines import SHAPING_VARIABLES
from awsprof.auth.identity_center.token_cache import token_digest
from awsprof.auth.session_options import PLAIN, SessionOptions
from awsprof.configfile.document import FileKind
from awsprof.masking.secret_names import PLACES
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.model import Origin, Profile, Value

_ENDPOINT: Final = ("endpoint_url", "ca_bundle", "ignore_configured_endpoint_urls")
_SHAPES_NOTHING: Final = frozenset({"region", "output", "mfa_process"})


def chain_key(catalog: Catalog, name: str, session_options: SessionOptions = PLAIN) -> str:
    """Returns the key of a profile's session, from all values of its chain except secrets.

    For Identity Center also from the sign-in, which the AWS CLI may end or replace.
    """
    chain = catalog.chain(name)
    parts = [link.values for link in chain.links]
    if chain.session is not None:
        parts.append(chain.session.values)
    parts += _services_sections(catalog, chain.links)
    shaping_values: list[object] = [
        sorted((k, v.text) for k, v in part.items() if k not in PLACES | _SHAPES_NOTHING)
        for part in parts
    ]
    if chain.session is not None:
        shaping_values.append(token_digest(chain.session))  # the next one may be somebody else's
    if chain.links[-1].get("credential_source") == "Environment":
        shaping_values.append(os.environ.get("AWS_ACCESS_KEY_ID"))  # the caller
    if session_options:
        shaping_values.append(session_options.parameters())
    return cache_key("role", shaping_values)


def mfa_session_key(
    catalog: Catalog, profile: Profile, key_id: str, device: str, lasts: str | None
) -> str:
    """Returns the key of an MFA session, from the access key, the device and the endpoint.

    ``lasts`` is the requested duration in seconds, as text. The session of a test server on this
    machine is never used for AWS.
    """
    where = [profile.get(name) for name in _ENDPOINT]
    named = [
        sorted((key, value.text) for key, value in part.items())
        for part in _services_sections(catalog, [profile])
    ]
    return cache_key("mfa", [key_id, device, lasts, where, named])


def _services_sections(catalog: Catalog, links: Iterable[Profile]) -> list[Mapping[str, Value]]:
    """Returns the endpoints of each ``services`` section that the chain's profiles name."""
    named = {link.get("services") for link in links} - {None}
    file = catalog.stored(FileKind.CONFIG)
    if not named or file.data is None:
        return []
    return [
        {
            f"{entry.key} {below.key}": Value(
                below.value, Origin(FileKind.CONFIG, file.path, below.line)
            )
            for entry in section.entries
            for below in entry.nested
        }
        for section in file.document.sections
        if section.id.type == "services" and section.id.name in named
    ]


def cache_key(kind: str, shaping_values: object) -> str:
    """Returns ``KIND/SHA256`` of what shapes a session: the values and the environment."""
    whole = json.dumps([shaping_values, [os.environ.get(name) for name in SHAPING_VARIABLES]])
    return f"{kind}/{hashlib.sha256(whole.encode()).hexdigest()}"
