"""AWS's regions and partitions: one source, the ``partitions.json`` of the installed botocore.

It is read without a botocore session, which would cost 130 milliseconds and the person's config
(that may be the very file that cannot be read).
"""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

DEFAULT_PARTITION: Final = "aws"
DEFAULT_REGION: Final = "us-east-1"
_SHAPE: Final = re.compile(r"[a-z]{2,8}(-[a-z]+)+-\d{1,2}\Z")
_ZONE: Final = re.compile(r"(?P<region>[a-z]{2,8}(-[a-z]+)+-\d{1,2})(?:-[a-z]{3}-\d)?[a-z]\Z")


@dataclass(frozen=True)
class Partition:
    """A partition: its regions, what the names of new ones look like, and its first region.

    STS answers in ``global_region`` for every account, opt-in regions enabled or not.
    ``descriptions`` are pairs of a region and the name that the console shows: Europe (Ireland).
    """

    name: str
    regions: tuple[str, ...]
    shape: str
    global_region: str
    descriptions: tuple[tuple[str, str], ...] = ()


@lru_cache(maxsize=1)
def partitions() -> tuple[Partition, ...]:
    """Every partition; none where botocore's data cannot be read."""
    spec = find_spec("botocore")
    places = list(spec.submodule_search_locations or ()) if spec else []
    try:
        whole = json.loads((Path(places[0]) / "data" / "partitions.json").read_bytes())
        return tuple(
            Partition(
                p["id"],
                tuple(name for name in p["regions"] if not name.endswith("-global")),
                p["regionRegex"],
                p["outputs"]["implicitGlobalRegion"],
                tuple(
                    (name, str(about.get("description", "")))
                    for name, about in p["regions"].items()
                    if not name.endswith("-global")
                ),
            )
            for p in whole["partitions"]
        )
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError):
        return ()


def partition_names() -> tuple[str, ...]:
    """The names of all partitions: aws, aws-cn, aws-us-gov, ..."""
    return tuple(partition.name for partition in partitions())


def all_regions() -> tuple[str, ...]:
    """Every region of every partition, sorted."""
    return tuple(sorted(name for partition in partitions() for name in partition.regions))


def is_known_region(region: str) -> bool:
    """Whether there is such a region; all are taken for known where there is no data."""
    return not partitions() or any(region in p.regions for p in partitions())


def partition_of(region: str) -> str | None:
    """The partition that the region is in, or would be in by its name; None where none fits."""
    found = _partition_of(region)
    return found.name if found else None


def _partition_of(region: str) -> Partition | None:
    every = partitions()
    exact = next((p for p in every if region in p.regions), None)
    return exact or next((p for p in every if re.match(p.shape, region)), None)


def global_region(region: str) -> str:
    """The region of the same partition in which STS answers for every account."""
    found = _partition_of(region)
    return found.global_region if found else region


def default_region(partition: str) -> str:
    """The region to call where a partition is all that is known."""
    known = {p.name: p.global_region for p in partitions()}
    return known.get(partition, DEFAULT_REGION)


def looks_like_region(text: str) -> bool:
    """Whether the text has the shape of a region's code: eu-west-1, us-gov-east-1."""
    return _SHAPE.match(text) is not None


def closest_region(region: str) -> str | None:
    """The region that was probably meant; None where none is near.

    It may be a zone in it (eu-west-1a), the console's name for it ("Europe (Ireland)", "Ireland"),
    or have a letter wrong.
    """
    text = region.strip().strip("\"'").lower()
    every = all_regions()
    zone = _ZONE.match(text)
    if zone and zone["region"] in every:
        return zone["region"]
    if text in ("global", "aws-global"):
        return DEFAULT_REGION
    inside = re.search(r"\((.+)\)", text)
    named = _console_names().get(inside[1] if inside else text)
    found = difflib.get_close_matches(re.sub(r"[\s_]+", "-", text), every, n=1)
    return named or (found[0] if found else None)


@lru_cache(maxsize=1)
def _console_names() -> dict[str, str]:
    """Regions by the place in the console's name, in lower case; the first of two alike."""
    names: dict[str, str] = {}
    for partition in partitions():
        for region, description in partition.descriptions:
            inside = re.search(r"\((.+)\)", description.lower())
            names.setdefault(inside[1] if inside else description.lower(), region)
    return names
