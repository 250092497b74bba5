"""The regions and partitions that botocore's data knows, without botocore's 130 milliseconds."""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path


@dataclass(frozen=True)
class Regions:
    """Which regions there are, by partition; ``shapes`` are what regions of each look like."""

    partitions: dict[str, str]
    shapes: tuple[tuple[str, str], ...]
    _near: dict[str, str | None] = field(default_factory=dict, compare=False, repr=False)

    def known(self, region: str) -> bool:
        """Whether there is such a region. Where there is no data all are taken for known."""
        return not self.partitions or region in self.partitions

    def partition(self, region: str) -> str | None:
        """The partition that it is in, or would be in by its name; None where none fits."""
        by_shape = (name for name, shape in self.shapes if re.match(shape, region))
        return self.partitions.get(region) or next(by_shape, None)

    def nearest(self, region: str) -> str | None:
        """The region that was meant; None where none is near."""
        if region not in self._near:
            close = difflib.get_close_matches(region.lower(), self.partitions, n=1)
            self._near[region] = close[0] if close else None
        return self._near[region]


def load() -> Regions:
    """What the installed botocore has; nothing where its data cannot be read."""
    spec = find_spec("botocore")
    places = list(spec.submodule_search_locations or ()) if spec else []
    try:
        whole = json.loads((Path(places[0]) / "data" / "partitions.json").read_bytes())
        partitions = whole["partitions"]
        return Regions(
            {region: p["id"] for p in partitions for region in p["regions"]},
            tuple((p["id"], p["regionRegex"]) for p in partitions),
        )
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return Regions({}, ())
