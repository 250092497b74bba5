"""Keys of the session cache: everything that affects the credentials is part of the key.

A key also says whose session it is: of which profile or sso-session its chain starts with, and of
which access key. So a logout finds the sessions that were made with options, or before a profile
was edited.
"""

import hashlib
import json
import os
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from awsprof.auth.chain_lines import SHAPING_VARIABLES
from awsprof.auth.identity_center.token_cache import token_digest
from awsprof.auth.session_options import PLAIN, SessionOptions
from awsprof.configfile.document import FileKind
from awsprof.masking.secret_names import PLACES
from awsprof.profiles.catalog import Catalog, Chain
from awsprof.profiles.model import Origin, Profile, Value
from awsprof.profiles.provider_order import access_key

_ENDPOINT: Final = ("endpoint_url", "ca_bundle", "ignore_configured_endpoint_urls")
_SHAPES_NOTHING: Final = frozenset({"region", "output", "mfa_process"})
_KINDS: Final = ("role/", "mfa/", "assumed/")
_MARK: Final = 8  # hexadecimal digits of an owner in a key


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
    return cache_key("role", shaping_values, map(owner_mark, chain_owners(chain)))


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
    return cache_key("mfa", [key_id, device, lasts, where, named], [owner_mark(key_owner(key_id))])


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


def cache_key(kind: str, shaping_values: object, marks: Iterable[str] = ()) -> str:
    """Returns ``KIND/SHA256`` of what shapes a session: the values and the environment.

    ``marks`` are those of its owners, which follow, each after a dot.
    """
    whole = json.dumps([shaping_values, [os.environ.get(name) for name in SHAPING_VARIABLES]])
    digest = hashlib.sha256(whole.encode()).hexdigest()
    return ".".join([f"{kind}/{digest}", *sorted(set(marks))])


def assumed_key(
    profile_name: str, source_key: str, access_key_id: str, parameters: Mapping[str, object]
) -> str:
    """Returns the key of a role that a script assumes with a session's credentials.

    ``source_key`` is the cache key of those, empty if they have none.
    """
    owners = (profile_owner(profile_name), *([] if source_key else [key_owner(access_key_id)]))
    marks = [*map(owner_mark, owners), *key_marks(source_key)]
    return cache_key("assumed", [source_key or access_key_id, parameters], marks)


def chain_owners(chain: Chain) -> tuple[str, ...]:
    """Returns the owners of a session of the chain: where it starts, and the access key there."""
    start = chain.links[-1]
    key_id = access_key(start)
    place = sign_in_owner(chain.session.name) if chain.session else profile_owner(start.name)
    return (place, key_owner(key_id)) if key_id else (place,)


def profile_owner(name: str) -> str:
    """Returns the owner that stands for a profile."""
    return f"profile {name}"


def sign_in_owner(session_name: str) -> str:
    """Returns the owner that stands for a session of Identity Center."""
    return f"sso-session {session_name}"


def key_owner(key_id: str) -> str:
    """Returns the owner that stands for an access key."""
    return f"key {key_id}"


def owner_mark(owner: str) -> str:
    """Returns what a cache key has of an owner."""
    whole = hashlib.sha256(owner.encode(errors="surrogateescape"))
    return whole.hexdigest()[:_MARK]


def key_marks(key: str) -> Collection[str]:
    """Returns the marks of the owners in a cache key."""
    return key.split(".")[1:]


def is_session_key(key: str) -> bool:
    """Returns True for the cache key of a session, False for that of a note about one."""
    return key.startswith(_KINDS)
