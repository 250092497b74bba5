"""No cache answers what the files no longer say, however they came to say something else."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from awsprof import paths, settings
from awsprof.auth import credential_process, fast_path
from awsprof.profiles.catalog import Catalog
from awsprof.prompting import NonInteractive
from awsprof.secret import Secret
from awsprof.vault import key_answers
from awsprof.vault.session_cache import SessionCache
from awsprof.vault.vault import open_vault
from tests.requirements import need_kernel_keyring
from tests.standins.broken_keyrings import Sound

KEY_ID = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
LINE = f"credential_process = awsprof credential-process base --key {KEY_ID}"
# Both texts have the same length.
BEFORE = f"[profile base]\n{LINE}\nregion = eu-west-1\n"
AFTER = BEFORE.replace("eu-west-1", "eu-west-2")
KEY, SESSION = ["base", "--key", KEY_ID], ["base"]
BACKEND = "tests.standins.broken_keyrings.Sound"


def _same_times(path: Path, like: os.stat_result) -> None:
    os.utime(path, ns=(like.st_atime_ns, like.st_mtime_ns))


def edited(config: Path) -> None:
    """In place, as editors and the AWS CLI do; the same size, and the time set back."""
    about = config.stat()
    config.write_text(AFTER)
    _same_times(config, about)
    assert (config.stat().st_size, config.stat().st_mtime_ns) == (about.st_size, about.st_mtime_ns)


def renamed_over(config: Path) -> None:
    """As awsprof, git and dotfile managers do."""
    other, about = config.with_name("other"), config.stat()
    other.write_text(AFTER)
    _same_times(other, about)
    other.replace(config)


def retargeted(config: Path) -> None:
    """A symlink that leads to another file, as `stow` and a switch of environments do."""
    other, link, about = config.with_name("other"), config.with_name("link"), config.stat()
    other.write_text(AFTER)
    _same_times(other, about)
    link.symlink_to(other)
    link.replace(config)


def removed(config: Path) -> None:
    config.unlink()


def moved(config: Path) -> None:
    config.rename(config.with_name("away"))


def emptied(config: Path) -> None:
    config.write_bytes(b"")


def shadowed(config: Path) -> None:
    """The credentials file has keys of the profile's name, which come first."""
    config.with_name("credentials").write_text("[base]\nregion = eu-west-2\n")


CHANGES = (edited, renamed_over, retargeted, removed, moved, emptied, shadowed)
Change = Callable[[Path], None]


@pytest.fixture(params=[False, True], ids=["file", "symlink"])
def config(home: Path, request: pytest.FixtureRequest) -> Path:
    """The config file; or a symlink to it, as people have who keep it in git."""
    config = home / ".aws" / "config"
    config.parent.mkdir(exist_ok=True)
    if request.param:
        config.symlink_to(config.with_name("kept-in-git"))
    config.write_text(BEFORE)
    return config


def back(config: Path) -> None:
    """The files as they were."""
    config.with_name("credentials").unlink(missing_ok=True)
    config.unlink(missing_ok=True)
    config.write_text(BEFORE)


def region() -> str | None:
    profile = Catalog.load().profiles.get("base")
    return profile.get("region") if profile else None


@pytest.mark.parametrize("change", CHANGES)
def test_what_a_process_read_of_the_files(config: Path, change: Change) -> None:
    assert region() == "eu-west-1"
    change(config)
    assert region() in ("eu-west-2", None)
    back(config)
    assert region() == "eu-west-1"


@pytest.fixture
def linux() -> None:
    need_kernel_keyring()


@pytest.mark.parametrize("change", CHANGES)
def test_a_kept_session(config: Path, linux: None, change: Change) -> None:
    cache, expires = SessionCache(), datetime.now(UTC) + timedelta(hours=1)
    cache.put("role/x", b"kept", expires, needs_person=False)
    cache.alias(fast_path.request_fingerprint(SESSION), "role/x", expires)

    def kept() -> bytes | None:
        return fast_path.cached_output(fast_path.request_fingerprint(SESSION))

    assert kept() == b"kept"
    change(config)
    assert kept() is None
    assert cache.by_alias(fast_path.request_fingerprint(SESSION)) is None
    back(config)
    assert kept() == b"kept"


@pytest.fixture
def handed_out(config: Path, linux: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A key of the vault that was handed out a moment ago."""
    monkeypatch.delenv("AWSPROF_PASSPHRASE", raising=False)
    Sound.entries.clear()
    settings.put_setting("vault", BACKEND)
    open_vault(NonInteractive(), BACKEND, ours=False).put(KEY_ID, Secret(SECRET))
    credential_process._answer(KEY, fast_path.request_fingerprint(KEY))
    yield
    Sound.entries.clear()
    key_answers.drop_answers()


def kept_key() -> bytes | None:
    cache_key = fast_path.vault_cache_key(fast_path.request_fingerprint(KEY))
    return fast_path.cached_key(cache_key) if cache_key else None


@pytest.mark.parametrize("change", CHANGES)
def test_a_key_of_the_vault(config: Path, handed_out: None, change: Change) -> None:
    assert kept_key() is not None
    change(config)
    assert kept_key() is None
    back(config)
    assert kept_key() is not None


def _same_bytes_elsewhere(path: Path) -> None:
    other, about = path.with_name("other"), path.stat()
    other.write_bytes(path.read_bytes())
    _same_times(other, about)
    other.replace(path)


@pytest.mark.parametrize("change", [_same_bytes_elsewhere, removed, moved, emptied])
def test_a_key_of_another_vault(handed_out: None, change: Change) -> None:
    """Its index is another file now, whatever it says and whatever its time is."""
    assert kept_key() is not None
    change(paths.index_file())
    assert kept_key() is None


@pytest.mark.parametrize(
    "variable",
    ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWSPROF_HOME", "AWS_ENDPOINT_URL"],
)
def test_another_place_or_endpoint(
    config: Path, handed_out: None, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = config.with_name("other")
    other.write_text(AFTER if variable == "AWS_CONFIG_FILE" else "[base]\nregion = eu-west-2\n")
    values = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWSPROF_HOME": str(config.parent)}
    monkeypatch.setenv(variable, values.get(variable, str(other)))
    assert kept_key() is None
    monkeypatch.delenv(variable)
    assert kept_key() is not None
