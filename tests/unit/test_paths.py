"""Where every file is, and what moves it."""

import sys
from pathlib import Path

import pytest

from awsprof import paths
from tests.requirements import need

VARIABLES = (
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWSPROF_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
)
OURS = {
    paths.index_file: "index.toml",
    paths.vault_file: "vault.bin",
    paths.history_dir: "history",
    paths.locks_dir: "locks",
}


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    return tmp_path


def test_awss_files_are_in_the_home_folder(own_home: Path) -> None:
    assert paths.home() == own_home
    assert paths.config_file() == own_home / ".aws" / "config"
    assert paths.credentials_file() == own_home / ".aws" / "credentials"
    assert paths.sso_cache_dir() == own_home / ".aws" / "sso" / "cache"


def test_awss_variables_move_its_files(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", "~/work/config")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/etc/aws/credentials")
    assert paths.config_file() == own_home / "work" / "config"
    assert paths.credentials_file() == Path("/etc/aws/credentials")
    assert paths.sso_cache_dir() == own_home / ".aws" / "sso" / "cache"


def test_an_empty_variable_is_none(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.setenv(name, "")
    assert paths.config_file() == own_home / ".aws" / "config"
    assert own_home in paths.data_dir().parents


def test_ours_are_where_xdg_has_them(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need(sys.platform not in {"darwin", "win32"}, "a system that has XDG")
    assert paths.settings_file() == own_home / ".config" / "awsprof" / "settings.toml"
    assert paths.data_dir() == own_home / ".local" / "share" / "awsprof"
    monkeypatch.setenv("XDG_CONFIG_HOME", "/x/config")
    monkeypatch.setenv("XDG_DATA_HOME", "/x/data")
    assert paths.settings_file() == Path("/x/config/awsprof/settings.toml")
    for path, name in OURS.items():
        assert path() == Path("/x/data/awsprof") / name


def test_a_relative_xdg_path_is_ignored(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need(sys.platform not in {"darwin", "win32"}, "a system that has XDG")
    monkeypatch.setenv("XDG_DATA_HOME", "data")
    assert paths.data_dir() == own_home / ".local" / "share" / "awsprof"


@pytest.mark.parametrize(
    ("system", "local", "folder"),
    [
        ("darwin", "", "~/Library/Application Support/awsprof"),
        ("win32", "", "~/AppData/Local/awsprof"),
        ("win32", "/c/Local", "/c/Local/awsprof"),
    ],
)
def test_on_other_systems_ours_are_where_programs_keep_theirs_there(
    system: str, local: str, folder: str, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setenv("LOCALAPPDATA", local)
    expected = Path(folder).expanduser()
    assert paths.settings_file() == expected / "settings.toml"
    for path, name in OURS.items():
        assert path() == expected / name


def test_one_variable_moves_all_of_ours(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWSPROF_HOME", "~/keep")
    monkeypatch.setenv("XDG_DATA_HOME", "/x/data")
    assert paths.settings_file() == own_home / "keep" / "settings.toml"
    for path, name in OURS.items():
        assert path() == own_home / "keep" / name
    assert paths.config_file() == own_home / ".aws" / "config"


def test_nothing_is_made(own_home: Path) -> None:
    for path in (paths.config_file, paths.settings_file, paths.sso_cache_dir, *OURS):
        path()
    assert list(own_home.iterdir()) == []


def test_a_missing_home_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME")
    assert paths.config_file().is_absolute()
