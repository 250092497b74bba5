"""How often a command reads the two files, and how much it does to add one profile.

Between two readings another program may change the files.
"""

import sys
from types import FrameType

import pytest

from awsprof.profiles.catalog import Catalog
from tests.standins.aws import Aws
from tests.standins.cli_runner import add_vault_key, run_in_process
from tests.standins.file_reads import count_file_reads
from tests.standins.sources import PACKAGE

ROLE = ("--role-arn", "arn:aws:iam::210987654321:role/Admin", "--source", "base")


@pytest.fixture
def base(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile with a key in the vault, and a role that it may assume."""
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    key, _ = aws.user("alice"), aws.role("Admin")
    add_vault_key(key, "--region", "eu-west-1")


@pytest.mark.usefixtures("base")
def test_adding_a_role_reads_the_files_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once before it, under the locks of the write, for what is unreadable now, and to prove it."""
    counts = count_file_reads(monkeypatch)
    run_in_process("add", "role", "admin", *ROLE, "--yes")
    assert "admin" in Catalog.load().profiles
    assert counts["catalogs"] <= 3 + 1  # the last one is the test's own
    assert counts["reads"] <= 10 + 2


@pytest.mark.usefixtures("base")
def test_adding_a_role_computes_things_once() -> None:
    """Calls from one file of ours to another; much more means that something is computed again."""
    calls = 0

    def count(frame: FrameType, event: str, _: object) -> None:
        nonlocal calls
        if event == "call" and frame.f_back and frame.f_code.co_name != "<module>":
            files = {frame.f_code.co_filename, frame.f_back.f_code.co_filename}
            calls += len(files) == 2 and all(file.startswith(str(PACKAGE)) for file in files)

    sys.setprofile(count)
    try:
        run_in_process("add", "role", "admin", *ROLE, "--yes")
    finally:
        sys.setprofile(None)
    assert "admin" in Catalog.load().profiles
    assert 100 < calls <= 700
