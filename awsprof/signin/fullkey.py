"""What sessions are kept under: a name made of everything that shapes them.

Another config, or another variable that matters, makes another name, so that nothing is answered
with credentials of before.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from typing import Final

from awsprof.awsfiles.document import FileKind
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.model import Profile

# Which AWS it is; regions shape nothing, and nobody gives a code again for changing one.
_SHAPING: Final = (
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_STS",
    "AWS_ENDPOINT_URL_SSO",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
)
_SHAPES_NOTHING: Final = frozenset({"region", "output", "mfa_process"})


def of_chain(catalog: Catalog, name: str) -> str:
    """The name for what a profile gets by its chain: every value of its links but the secrets."""
    chain = catalog.chain(name)
    parts = [link.values for link in chain.links]
    if chain.session is not None:
        parts.append(chain.session.values)
    shape: list[object] = [
        sorted((k, v.text) for k, v in part.items() if not v.secret and k not in _SHAPES_NOTHING)
        for part in parts
    ]
    shape.append(_services(catalog, chain.links))
    if chain.links[-1].get("credential_source") == "Environment":
        shape.append(os.environ.get("AWS_ACCESS_KEY_ID"))  # whose session it is
    return digest("role", shape)


def _services(catalog: Catalog, links: Iterable[Profile]) -> list[str]:
    """The sections of endpoints that the links name."""
    named = {link.get("services") for link in links} - {None}
    if not named:
        return []
    sections = catalog.stored(FileKind.CONFIG).document.sections
    return [
        f"{entry.key}={entry.value} {[(below.key, below.value) for below in entry.nested]}"
        for section in sections
        if section.id.type == "services" and section.id.name in named
        for entry in section.entries
    ]


def digest(kind: str, shape: object) -> str:
    """A name for what shapes credentials: the files' part of it, and the variables'."""
    whole = json.dumps([shape, [os.environ.get(name) for name in _SHAPING]])
    return f"{kind}/{hashlib.sha256(whole.encode()).hexdigest()}"
