"""Patterns of profile names, as ``awsprof exec 'prod-*'`` takes them."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from awsprof.errors import UnknownProfile
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.profiles.catalog import Catalog


def is_pattern(text: str, catalog: Catalog) -> bool:
    """True if ``text`` is a pattern (``*``, ``?``, ``[...]``) and not the name of a profile."""
    return text not in catalog.profiles and any(character in text for character in "*?[")


def matching_profiles(texts: Sequence[str], catalog: Catalog) -> tuple[str, ...]:
    """Returns the profiles that the names and patterns mean, in the order of the files.

    Raises UnknownProfile for a name that no profile has and a pattern that none matches.
    """
    found: set[str] = set()
    for text in texts:
        if not is_pattern(text, catalog):
            found.add(catalog.get(text).name)
            continue
        names = [name for name in catalog.profiles if fnmatchcase(name, text)]
        if not names:
            raise UnknownProfile(
                f"No profile's name matches {sanitize(text)!r}.", "awsprof list shows them all"
            )
        found.update(names)
    return tuple(name for name in catalog.profiles if name in found)
