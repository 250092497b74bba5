"""How often a command reads the two files, and builds a catalog of them."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from awsprof.atomic import Snapshot
from awsprof.configfile import storage
from awsprof.profiles.catalog import Catalog


def count_file_reads(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """The "catalogs" and "reads" of this process from now on."""
    counts = Counter[str]()
    init, read = Catalog.__init__, storage._read_stable

    def counted_init(self: Catalog, files: Iterable[storage.ConfigFile]) -> None:
        counts["catalogs"] += 1
        init(self, files)

    def counted_read(path: Path) -> Snapshot:
        counts["reads"] += 1
        return read(path)

    monkeypatch.setattr(Catalog, "__init__", counted_init)
    monkeypatch.setattr(storage, "_read_stable", counted_read)
    return counts
