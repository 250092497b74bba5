"""Data of awsprof's that belongs to another user is refused, with the way out, by what needs it."""

import os
from pathlib import Path

import pytest

from awsprof import paths
from tests.standins.cli_runner import run, run_in_process
from tests.standins.users import SECOND, need_root

KEY = "AKIAIOSFODNN7EXAMPLE"
NEEDS = (
    ("credential-process", "base"),
    ("exec", "base", "--", "true"),
    ("history",),
    ("keys", "list"),
    ("set", "base", "region", "eu-west-1", "--yes"),
    ("undo", "--yes"),
)


@pytest.fixture
def config(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A key in the encrypted file, and a history of two changes; the config file."""
    need_root()
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    run_in_process("settings", "vault", "file")
    words = ("add", "keys", "base", "--access-key-id", KEY, "--secret-stdin", "--no-verify")
    run_in_process(*words, "--yes", stdin="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    return paths.config_file()


@pytest.mark.parametrize("part", ["", "history", "index.toml", "vault.bin"])
def test_it_is_refused_with_the_way_out(config: Path, part: str) -> None:
    before, place = config.read_bytes(), paths.data_dir() / part
    os.chown(place, SECOND, SECOND)
    for words in NEEDS:
        refused = run(*words, code=125 if words[0] == "exec" else 3)
        assert refused.stdout == ""
        assert f"{place} belongs to {SECOND}, not to root, so awsprof does not use it." in (
            refused.stderr
        )
        assert f"chown -R root {paths.data_dir()}" in refused.stderr
    assert config.read_bytes() == before
    assert "so awsprof does not use it" in run("doctor", "--offline", code=1).stdout
    assert "base" in run("list").stdout  # reads nothing of ours
