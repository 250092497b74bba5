"""Nested blocks: ``s3.addressing_style`` is the line ``addressing_style`` below ``s3 =``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from awsprof.configfile.document import Entry
from awsprof.profiles.known_keys import S3_KEYS

NESTED_KEYS: Final[Mapping[str, frozenset[str] | None]] = {"s3": S3_KEYS, "api_versions": None}
"""The keys of a profile with a nested block, and what may be in it; None for any service."""
SERVICE_KEYS: Final = frozenset({"endpoint_url"})
"""What a services section may have below a service."""
SERVICE_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
"""The name of a service as these files have it: ``s3``, ``elastic_beanstalk``."""


def split_key(key: str) -> tuple[str, str | None]:
    """Returns the key and the key of its nested block; None if it is not in one."""
    parent, dot, below = key.partition(".")
    return (parent, below) if dot else (key, None)


def last_part(key: str) -> str:
    """Returns the key whose rules a value follows: that of the nested block, if it is in one."""
    return key.rpartition(".")[2]


def entry_values(entries: Iterable[Entry]) -> Iterator[tuple[str, str]]:
    """Yields the key and value of each line of a section."""
    for entry in entries:
        if entry.nested:
            yield from ((f"{entry.key}.{below.key}", below.value) for below in entry.nested)
        elif entry.key:
            yield entry.key, entry.value
