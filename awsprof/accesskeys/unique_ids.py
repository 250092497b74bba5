"""What the prefix of an IAM unique ID means, and the accounts of your profiles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from awsprof.key_ids import is_unique_id
from awsprof.profiles.catalog import Catalog
from awsprof.vault.index import Index
from awsprof.vault.key_accounts import account_of

# IAM User Guide, "IAM identifiers": what the first four letters of a unique ID stand for.
PREFIXES: Final[Mapping[str, str]] = {
    "AKIA": "a long-term access key",
    "ASIA": "the key of a session, which expires",
    "AIDA": "an IAM user's ID, not a key",
    "AROA": "a role's ID, not a key",
    "AGPA": "a group's ID, not a key",
    "AIPA": "an instance profile's ID, not a key",
    "ANPA": "a managed policy's ID, not a key",
    "ANVA": "the ID of a managed policy's version, not a key",
    "APKA": "a public key's ID",
    "ASCA": "a certificate's ID",
    "ABIA": "a bearer token of STS",
    "ACCA": "a credential of one service",
}


def looks_like_unique_id(text: str) -> bool:
    """True if the text looks like an IAM unique ID, not like a profile's name."""
    return is_unique_id(text) and text[:4] in PREFIXES


def known_accounts(catalog: Catalog) -> Mapping[str, tuple[str, ...]]:
    """Returns the known accounts, with the profiles in each."""
    index = Index.load()
    accounts: dict[str, tuple[str, ...]] = {}
    for profile in catalog.profiles.values():
        account = account_of(profile, index)
        if account:
            accounts[account] = (*accounts.get(account, ()), profile.name)
    return accounts
