"""Whose a key is: what its id says by itself, and the accounts that one's profiles are in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from awsprof.key_ids import is_unique_id
from awsprof.profiles.catalog import Catalog
from awsprof.vault.index import Index
from awsprof.vault.key_accounts import account_of

# IAM User Guide, "IAM identifiers": what the first four letters of a unique id stand for.
PREFIXES: Final[Mapping[str, str]] = {
    "AKIA": "a long-term access key",
    "ASIA": "the key of a session, which ends by itself",
    "AIDA": "an IAM user's id, and no key",
    "AROA": "a role's id, and no key",
    "AGPA": "a group's id, and no key",
    "AIPA": "an instance profile's id, and no key",
    "ANPA": "a managed policy's id, and no key",
    "ANVA": "the id of a managed policy's version, and no key",
    "APKA": "a public key's id",
    "ASCA": "a certificate's id",
    "ABIA": "a bearer token of STS",
    "ACCA": "a credential of one service",
}


def looks_like_unique_id(text: str) -> bool:
    """Whether it looks like one of IAM's unique ids (and not like a profile's name)."""
    return is_unique_id(text) and text[:4] in PREFIXES


def known_accounts(catalog: Catalog) -> Mapping[str, tuple[str, ...]]:
    """The accounts that are known, and the profiles in each."""
    index = Index.load()
    found: dict[str, tuple[str, ...]] = {}
    for profile in catalog.profiles.values():
        account = account_of(profile, index)
        if account:
            found[account] = (*found.get(account, ()), profile.name)
    return found
