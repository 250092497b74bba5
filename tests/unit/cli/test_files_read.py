"""How often a command reads the two files: between two readings another program may change them."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from awsprof.atomic import Snapshot
from awsprof.configfile import storage
from awsprof.profiles.catalog import Catalog
from tests.standins.aws import Aws
from tests.standins.cli_runner import here


def test_adding_a_role_reads_the_files_few_times(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once before it, under the locks of the write, for what is unreadable now, and to prove it."""
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    key, _ = aws.user("alice"), aws.role("Admin")
    keys = ("add", "keys", "base", "--access-key-id", key.id, "--secret-stdin", "--yes")
    here(*keys, "--region", "eu-west-1", stdin=key.secret)
    counts = {"catalogs": 0, "reads": 0}
    init, read = Catalog.__init__, storage._read_stable

    def counted_init(self: Catalog, files: Iterable[storage.ConfigFile]) -> None:
        counts["catalogs"] += 1
        init(self, files)

    def counted_read(path: Path) -> Snapshot:
        counts["reads"] += 1
        return read(path)

    monkeypatch.setattr(Catalog, "__init__", counted_init)
    monkeypatch.setattr(storage, "_read_stable", counted_read)
    role = ("--role-arn", "arn:aws:iam::210987654321:role/Admin", "--source", "base")
    here("add", "role", "admin", *role, "--yes")
    assert "admin" in Catalog.load().profiles
    assert counts["catalogs"] <= 3 + 1  # the last one is the test's own
    assert counts["reads"] <= 10 + 2
