"""AWS regions and partitions, from one source: ``partitions.json`` of the installed botocore.

It is read without a botocore session, which would cost 130 ms and parse the user's config file
(possibly the very file that cannot be read).
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
# The console's domain in each partition, which botocore does not have.
CONSOLE_DOMAINS: Final = {
    "aws": "aws.amazon.com",
    "aws-cn": "amazonaws.cn",
    "aws-us-gov": "amazonaws-us-gov.com",
    "aws-eusc": "amazonaws-eusc.eu",
    "aws-iso": "c2shome.ic.gov",
    "aws-iso-b": "sc2shome.sgov.gov",
    "aws-iso-e": "csphome.adc-e.uk",
    "aws-iso-f": "csphome.hci.ic.gov",
}
_CLOSE: Final = 0.75  # least likeness of a misspelled region, from 0 to 1
_SHAPE: Final = re.compile(r"[a-z]{2,8}(-[a-z]+)+-\d{1,2}\Z")
_ZONE: Final = re.compile(r"(?P<region>[a-z]{2,8}(-[a-z]+)+-\d{1,2})(?:-[a-z]{3}-\d)?[a-z]\Z")


@dataclass(frozen=True)
class Partition:
    """A partition: its regions, the pattern of region names, and the region of global endpoints.

    STS in ``global_region`` accepts every account, whatever opt-in regions are enabled.
    ``descriptions`` are pairs of region and console name, for example Europe (Ireland).
    """

    name: str
    regions: tuple[str, ...]
    shape: str
    global_region: str
    descriptions: tuple[tuple[str, str], ...] = ()


@lru_cache(maxsize=1)
def partitions() -> tuple[Partition, ...]:
    """Returns every partition; empty if botocore's data cannot be read."""
    spec = find_spec("botocore")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    try:
        data = json.loads((Path(folders[0]) / "data" / "partitions.json").read_bytes())
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
            for p in data["partitions"]
        )
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError):
        return ()


def partition_names() -> tuple[str, ...]:
    """Returns the names of all partitions: aws, aws-cn, aws-us-gov, ..."""
    return tuple(partition.name for partition in partitions())


def all_regions() -> tuple[str, ...]:
    """Returns every region of every partition, sorted."""
    return tuple(sorted(name for partition in partitions() for name in partition.regions))


def is_known_region(region: str) -> bool:
    """True if the region exists, or if there is no data to check it against."""
    return not partitions() or any(region in p.regions for p in partitions())


def partition_of(region: str) -> str | None:
    """Returns the partition that a region belongs to, by its name; None if none matches."""
    found = _partition_of(region)
    return found.name if found else None


def _partition_of(region: str) -> Partition | None:
    every = partitions()
    exact = next((p for p in every if region in p.regions), None)
    return exact or next((p for p in every if re.match(p.shape, region)), None)


def global_region(region: str) -> str:
    """Returns the region of the same partition in which STS accepts every account."""
    found = _partition_of(region)
    return found.global_region if found else region


def default_region(partition: str) -> str:
    """Returns the region to call if only the partition is known."""
    known = {p.name: p.global_region for p in partitions()}
    return known.get(partition, DEFAULT_REGION)


def looks_like_region(text: str) -> bool:
    """True if the text has the format of a region code: eu-west-1, us-gov-east-1."""
    return _SHAPE.match(text) is not None


def closest_region(region: str) -> str | None:
    """Returns the region that was probably meant; None if none is close, or several equally.

    Accepts an availability zone (eu-west-1a), the console's name ("Europe (Ireland)", "Ireland")
    and misspellings.
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
    return named or _only_closest(re.sub(r"[\s_]+", "-", text), every)


def _only_closest(text: str, every: tuple[str, ...]) -> str | None:
    """Returns the region closest to ``text``; None if two are equally close."""
    matcher = difflib.SequenceMatcher(b=text)
    ratios: dict[str, float] = {}
    for region in difflib.get_close_matches(text, every, n=2, cutoff=_CLOSE):
        matcher.set_seq1(region)
        ratios[region] = matcher.ratio()
    best = max(ratios.values(), default=0.0)
    found = [region for region, ratio in ratios.items() if ratio == best]
    return found[0] if len(found) == 1 else None


@lru_cache(maxsize=1)
def _console_names() -> dict[str, str]:
    """Returns regions by the place in their console name, in lower case; the first of equals.

    Without GovCloud's "US-East" and "US-West", which are how the other regions begin.
    """
    names: dict[str, str] = {}
    every = all_regions()
    for partition in partitions():
        for region, description in partition.descriptions:
            inside = re.search(r"\((.+)\)", description.lower())
            place = inside[1] if inside else description.lower()
            if not any(known.startswith(place) for known in every):
                names.setdefault(place, region)
    return names
