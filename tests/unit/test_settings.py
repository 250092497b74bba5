"""Our settings: a TOML file that people edit by hand."""

from pathlib import Path

import pytest

from awsprof import paths, settings
from awsprof.errors import FileError, UsageError


def written(text: str) -> Path:
    path = paths.settings_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_without_a_file_the_defaults_hold() -> None:
    assert settings.load_settings() == {
        "vault": "auto",
        "mfa": "ask",
        "key-age": "90",
        "key-cache": "5",
        "console": "default",
        "team-signature": "off",
        "ignore": "",
    }
    assert not paths.settings_file().exists()


def test_put_and_get() -> None:
    settings.put_setting("vault", "file")
    assert settings.get_setting("vault") == "file"
    assert paths.settings_file().stat().st_mode & 0o777 == 0o600


def test_comments_live() -> None:
    path = written('# mine\nvault = "auto"  # for now\n')
    settings.put_setting("vault", "file")
    assert path.read_text() == '# mine\nvault = "file"  # for now\n'


def test_putting_what_is_so_writes_nothing() -> None:
    path = written('vault = "file"')
    before = path.stat().st_ino
    settings.put_setting("vault", "file")
    assert (path.stat().st_ino, path.read_text()) == (before, 'vault = "file"')


@pytest.mark.parametrize("name", ["nothing", "Vault", ""])
def test_an_unknown_setting_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="no setting"):
        settings.put_setting(name, "x")


@pytest.mark.parametrize("value", ["", "os", "../x", "a b", "a.b; rm"])
def test_a_value_that_cannot_be_is_refused(value: str) -> None:
    with pytest.raises(UsageError, match="cannot be"):
        settings.put_setting("vault", value)


@pytest.mark.parametrize(
    ("text", "kind"),
    [("vault = ", FileError), ("vault = 3", UsageError), ("other = 'x'", UsageError)],
)
def test_a_broken_file_is_said_and_kept(text: str, kind: type[Exception]) -> None:
    path = written(text)
    with pytest.raises(kind):
        settings.load_settings()
    assert path.read_text() == text


def test_bytes_that_are_no_text() -> None:
    written("").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileError, match="UTF-8"):
        settings.load_settings()
