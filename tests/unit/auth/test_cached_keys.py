"""A key that the kernel keeps for a while is never one that files, settings or vault deny."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from awsprof import paths, settings
from awsprof.auth import credential_process, fast_path
from awsprof.auth.logout import forget_profile_sessions
from awsprof.auth.resolver import Resolver
from awsprof.awsapi.credentials import Credentials, credentials_from_json
from awsprof.profiles.catalog import Catalog
from awsprof.prompting import NonInteractive
from awsprof.secret import Secret
from awsprof.vault import kernel_keyring, key_answers
from awsprof.vault.session_cache import SessionCache
from awsprof.vault.vault import Vault, open_vault
from tests.requirements import need_kernel_keyring
from tests.standins.broken_keyrings import Sound

KEY_ID, OTHER_ID = "AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE"
FIRST, SECOND = (
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY",
)
ARGUMENTS = ["base", "--key", KEY_ID]
CONFIG = f"[profile base]\ncredential_process = awsprof credential-process base --key {KEY_ID}\n"
BACKEND = "tests.standins.broken_keyrings.Sound"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's keyring is Linux's")


@pytest.fixture
def vault(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vault]:
    """A profile with a key in a keyring, which was handed out a moment ago."""
    need_kernel_keyring()
    monkeypatch.delenv("AWSPROF_PASSPHRASE", raising=False)
    Sound.entries.clear()
    settings.put_setting("vault", BACKEND)
    paths.config_file().parent.mkdir(exist_ok=True)
    paths.config_file().write_text(CONFIG)
    vault = open_vault(NonInteractive(), BACKEND, ours=False)
    vault.put(KEY_ID, Secret(FIRST))
    make()
    yield vault
    Sound.entries.clear()
    key_answers.drop_answers()


def make() -> str:
    """The secret that an SDK gets where nothing is kept."""
    answer = credential_process._answer(ARGUMENTS, fast_path.request_fingerprint(ARGUMENTS))
    return credentials_from_json(answer).secret.reveal()


def kept() -> str | None:
    """The secret that the kernel keeps."""
    cache_key = fast_path.vault_cache_key(fast_path.request_fingerprint(ARGUMENTS))
    answer = fast_path.cached_key(cache_key) if cache_key else None
    return credentials_from_json(answer).secret.reveal() if answer else None


def touched_back(path: Path, change: Callable[[], object]) -> None:
    about = path.stat()
    change()
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))


def test_it_is_kept_for_the_minutes_of_the_setting(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert kept() == FIRST
    lasting: list[int] = []
    monkeypatch.setattr(kernel_keyring, "put_key", lambda *given: lasting.append(given[2]))
    make()
    settings.put_setting("key-cache", "7")
    make()
    settings.put_setting("key-cache", "off")
    make()
    assert lasting == [300, 420]


@pytest.mark.parametrize(
    "after",
    [
        CONFIG + "region = eu-west-1\n",
        CONFIG.replace("base", "ba5e"),
        CONFIG + "mfa_serial = arn:aws:iam::123456789012:mfa/x\n",
        "",
        CONFIG + "[profile x\n",
    ],
)
def test_an_edited_config_asks_anew(vault: Vault, after: str) -> None:
    config = paths.config_file()
    touched_back(config, lambda: config.write_text(after))
    assert kept() is None
    config.write_text("# mine\n\n" + CONFIG + "\n[profile other]\nregion = eu-west-1\n")
    assert kept() == FIRST


def test_each_change_of_the_vault_deletes_it(vault: Vault) -> None:
    vault.put(KEY_ID, Secret(SECOND))
    assert kept() is None
    assert (make(), kept()) == (SECOND, SECOND)
    vault.put(OTHER_ID, Secret(FIRST))
    assert kept() is None
    make()
    vault.delete(KEY_ID)
    assert kept() is None
    assert not [name for name in kernel_keyring.key_names("awsprof:") if key_answers.KIND in name]


def test_what_was_read_before_a_change_is_not_kept_for_after_it(vault: Vault) -> None:
    cache_key = fast_path.vault_cache_key(fast_path.request_fingerprint(ARGUMENTS))
    assert cache_key is not None
    vault.put(KEY_ID, Secret(SECOND))  # while another process has read the first
    key_answers.keep_answer(
        cache_key, Credentials(KEY_ID, Secret(FIRST)).process_json().encode(), 5
    )
    assert kept() is None
    assert make() == SECOND


def test_settings_edited_by_hand_count_at_once(vault: Vault) -> None:
    file = paths.settings_file()
    touched_back(file, lambda: file.write_text(file.read_text().replace("Sound", "Locke")))
    assert kept() is None


def test_another_encrypted_file_counts_at_once(vault: Vault) -> None:
    file = paths.vault_file()
    file.write_bytes(b"x")
    assert kept() is None
    assert (make(), kept()) == (FIRST, FIRST)
    other, about = file.with_name("other"), file.stat()
    other.write_bytes(b"y")
    os.utime(other, ns=(about.st_atime_ns, about.st_mtime_ns))
    other.replace(file)
    assert kept() is None


@pytest.mark.parametrize(
    ("variable", "value"), [("AWSPROF_PASSPHRASE", "x"), ("PYTHON_KEYRING_BACKEND", "x.Y")]
)
def test_another_way_into_the_vault_asks_anew(
    vault: Vault, variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    assert kept() is None
    assert (make(), kept()) == (FIRST, FIRST)
    monkeypatch.setenv(variable, value + "2")
    assert kept() is None
    monkeypatch.delenv(variable)
    assert kept() == FIRST or variable == "AWSPROF_PASSPHRASE"


def test_signing_out_and_a_refusal_by_aws_delete_it(vault: Vault) -> None:
    catalog = Catalog.load()
    resolver = Resolver(catalog, lambda: vault, NonInteractive(), cache=SessionCache())
    forget_profile_sessions(resolver, SessionCache(), ["base"])
    assert kept() is None
    make()
    assert resolver.clients.on_refusal is not None
    resolver.clients.on_refusal(resolver.credentials("base"), catalog.get("base"))
    assert kept() is None


def test_a_session_is_no_key(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    paths.config_file().write_text(CONFIG + "mfa_serial = arn:aws:iam::123456789012:mfa/x\n")
    temporary = Credentials(KEY_ID, Secret(SECOND), Secret("token"))
    monkeypatch.setattr(Resolver, "credentials", lambda *_, **__: temporary)
    make()
    assert kept() is None


def test_it_takes_little_of_the_kernels_room(vault: Vault) -> None:
    for number in range(30):
        key_answers.keep_answer(f"{number}", b"x", 5)
    names = [name for name in kernel_keyring.key_names("awsprof:") if key_answers.KIND in name]
    assert len(names) <= 20
