"""The names that completion offers are those of the catalog, in any file."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsprof import paths
from awsprof.errors import AwsprofError
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.names import profile_names
from tests.standins.cli_runner import run, run_unchecked
from tests.standins.fuzz_files import hostile_files


def catalog_names() -> list[str]:
    try:
        return list(Catalog.load().profiles)
    except AwsprofError:
        return []


@pytest.fixture
def folder(home: Path) -> Path:
    (home / ".aws").mkdir()
    return home / ".aws"


def test_odd_files_have_the_names_of_the_catalog(folder: Path) -> None:
    texts = [text if text.endswith("\n") else text + "\n" for text in hostile_files(400)]
    for config, credentials in zip(texts[::2], texts[1::2], strict=True):
        (folder / "config").write_text(config, newline="")
        (folder / "credentials").write_text(credentials, newline="")
        assert profile_names() == catalog_names(), (config, credentials)


HEADERS = "[profile a]|[b]|[profile 'c d']|[profile \"e|[|]|[default]|[x]y]|[sso-session s]"
PIECES = st.sampled_from(
    [
        *HEADERS.split("|"),
        *("[profile\\ x y]", "[profilez q]", "[profile\vx]", "\n", "\n", "\n  ", "k = v", "k"),
        *"=#; \t\r\x0b\x85\u2028\ufeff\u00e9",
    ]
)


@given(st.lists(PIECES, max_size=12), st.sampled_from([b"", b"\xff\n", b"\xef\xbb\xbf"]))
def test_any_text_has_the_names_of_the_catalog(pieces: list[str], raw: bytes) -> None:
    data = raw + "".join(pieces).encode() + b"\n"
    paths.config_file().parent.mkdir(exist_ok=True)
    paths.config_file().write_bytes(data)
    assert profile_names() == catalog_names()


def test_a_file_that_cannot_be_read_has_no_names(folder: Path) -> None:
    (folder / "credentials").write_text("[a]\n")
    (folder / "config").mkdir()
    assert profile_names() == catalog_names() == ["a"]  # as boto3 has it
    (folder / "config").rmdir()
    os.mkfifo(folder / "config")
    assert profile_names() == catalog_names() == []
    (folder / "config").unlink()
    (folder / "config").symlink_to("/dev/zero")
    assert profile_names() == catalog_names() == []
    (folder / "config").unlink()
    (folder / "config").symlink_to("/dev/null")
    assert profile_names() == catalog_names() == ["a"]


@pytest.mark.parametrize("name", ["x" * 300, "locked/config"])
def test_a_path_that_cannot_be_looked_at_is_told(
    home: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(home / name))
    done = run_unchecked("list")
    assert "Internal error" not in done.stderr
    assert "Internal error" not in run_unchecked("doctor", "--offline").stderr


@pytest.mark.parametrize("variable", ["AWSPROF_HOME", "XDG_DATA_HOME"])
def test_a_folder_of_ours_with_too_long_a_name_is_told(
    home: Path, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, str(home / ("x" * 300)))
    assert "cannot be read: File name too long" in run("list", code=3).stderr
