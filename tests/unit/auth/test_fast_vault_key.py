"""A key that is read from the encrypted file the short way: the same answer, or none at all."""

import json
import os
import sys
from pathlib import Path

import pytest

from awsprof import paths, settings
from awsprof.auth import credential_process, fast_path
from awsprof.auth.fast_vault_key import plain_settings
from awsprof.errors import InteractionRequired
from awsprof.prompting import NonInteractive
from awsprof.secret import Secret
from awsprof.vault import fast_file, file_format, kernel_keyring, key_answers
from awsprof.vault.encrypted_file_store import EncryptedFileStore
from awsprof.vault.file_format import WrongPassphrase
from awsprof.vault.keyring_store import vault_lock
from awsprof.vault.vault import SERVICE, open_vault
from tests.requirements import need_kernel_keyring
from tests.standins.secret_service import SecretService, secret_service

__all__ = ["secret_service"]
KEY_ID = "AKIAIOSFODNN7EXAMPLE"
FIRST = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
ARGUMENTS = ["base", "--key", KEY_ID]
CONFIG = f"[profile base]\ncredential_process = awsprof credential-process base --key {KEY_ID}\n"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's keyring is Linux's")


@pytest.fixture
def file(home: Path, monkeypatch: pytest.MonkeyPatch) -> EncryptedFileStore:
    """The encrypted file with the key of a profile; the kernel has the file's own key."""
    need_kernel_keyring()
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    for name in ("DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(file_format, "COSTS", (16, 8, 1))  # the fastest that is accepted
    paths.config_file().parent.mkdir(exist_ok=True)
    paths.config_file().write_text(CONFIG)
    open_vault(NonInteractive(), ours=False).put(KEY_ID, Secret(FIRST))
    return EncryptedFileStore(NonInteractive())


def read() -> str | None:
    """The secret that the short way finds, where no answer is kept."""
    key_answers.drop_answers()
    answer = fast_path._key(ARGUMENTS, *fast_path._fingerprint_and_lines(ARGUMENTS))
    if answer is not None:
        assert answer == credential_process._answer(
            ARGUMENTS, fast_path.request_fingerprint(ARGUMENTS)
        )
    return json.loads(answer)["SecretAccessKey"] if answer else None


def test_it_is_what_the_whole_way_finds(file: EncryptedFileStore) -> None:
    assert read() == FIRST
    file.ready(create=False)
    file.set(SERVICE, "history/1", f'"{KEY_ID}":"forged" {{"awsprof":{{"{KEY_ID}":"forged"')
    file.set(SERVICE, KEY_ID, FIRST[::-1])
    assert read() == FIRST[::-1]
    data = paths.vault_file().read_bytes()
    paths.vault_file().write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert fast_path._key(ARGUMENTS, *fast_path._fingerprint_and_lines(ARGUMENTS)) is None
    paths.vault_file().write_bytes(data[:70])
    assert fast_path._key(ARGUMENTS, *fast_path._fingerprint_and_lines(ARGUMENTS)) is None
    paths.vault_file().write_bytes(data)
    file.set("another service", KEY_ID, "x")
    assert read() is None


def test_without_the_right_passphrase_there_is_none(
    file: EncryptedFileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fast_path._key(ARGUMENTS, *fast_path._fingerprint_and_lines(ARGUMENTS)) is not None
    errors = {"correct horse battery stable": WrongPassphrase, "": InteractionRequired}
    for passphrase, error in errors.items():
        monkeypatch.setenv("AWSPROF_PASSPHRASE", passphrase)
        assert fast_path._key(ARGUMENTS, *fast_path._fingerprint_and_lines(ARGUMENTS)) is None
        with pytest.raises(error):
            credential_process._answer(ARGUMENTS, fast_path.request_fingerprint(ARGUMENTS))


def test_no_key_is_derived_while_the_kernel_has_it(
    file: EncryptedFileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def derive(*_: object) -> bytes:
        raise AssertionError

    with monkeypatch.context() as patched:
        patched.setattr(file_format.KdfParameters, "key", derive)
        assert open_vault(NonInteractive(), ours=False).get(KEY_ID).reveal() == FIRST
    fast_file.drop_kept_keys()
    assert read() is None
    settings.put_setting("key-cache", "off")
    assert open_vault(NonInteractive(), ours=False).get(KEY_ID).reveal() == FIRST
    assert not kernel_keyring.key_names("awsprof:passphrase-variable:")


@pytest.mark.parametrize(
    "more", ["mfa_serial = arn:aws:iam::123456789012:mfa/x", "aws_account_id = 123456789012"]
)
def test_what_more_a_profile_has_is_left_to_the_whole_way(
    file: EncryptedFileStore, more: str
) -> None:
    paths.config_file().write_text(f"{CONFIG}{more}\n")
    assert read() is None
    paths.config_file().write_text("[default]\n")
    assert read() is None


@pytest.mark.parametrize("variable", ["DBUS_SESSION_BUS_ADDRESS", "PYTHON_KEYRING_BACKEND"])
def test_where_a_keyring_may_be_in_use_the_whole_way_chooses(
    file: EncryptedFileStore, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "x.y")
    fingerprint, lines = fast_path._fingerprint_and_lines(ARGUMENTS)
    key_answers.drop_answers()
    assert fast_path._key(ARGUMENTS, fingerprint, lines) is None
    settings.put_setting("vault", "file")
    assert fast_path._key(ARGUMENTS, fingerprint, lines) is not None


def test_from_an_unlocked_keyring_it_is_read_without_keyring(
    home: Path, secret_service: SecretService, monkeypatch: pytest.MonkeyPatch
) -> None:
    need_kernel_keyring()
    paths.config_file().parent.mkdir(exist_ok=True)
    paths.config_file().write_text(CONFIG)
    vault = open_vault(NonInteractive(), ours=False)
    vault.put(KEY_ID, Secret(FIRST))
    assert read() == FIRST
    vault.put(KEY_ID, Secret(FIRST[::-1]))
    assert read() == FIRST[::-1]
    with vault_lock("reading"):
        assert fast_path._key(ARGUMENTS, *fast_path._fingerprint_and_lines(ARGUMENTS))  # cached
        assert read() is None
    with monkeypatch.context() as patched:
        for library in ("secretstorage", "jeepney", "cryptography"):
            patched.setitem(sys.modules, library, None)  # as where the launcher sees it not
        key_answers.drop_answers()
        answer = fast_path._key(ARGUMENTS, *fast_path._fingerprint_and_lines(ARGUMENTS))
        assert answer is not None
        assert FIRST[::-1].encode() in answer
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "KDE")  # where KWallet may be the one
    assert read() is None
    monkeypatch.delenv("XDG_CURRENT_DESKTOP")
    secret_service.lock()
    assert read() is None
    secret_service.unlock()
    vault.delete(KEY_ID)
    assert read() is None


def test_a_change_that_was_left_half_done_is_finished_first(file: EncryptedFileStore) -> None:
    unfinished = Path(paths.unfinished_text())
    unfinished.mkdir(parents=True, exist_ok=True)
    (unfinished / "1.json").write_text("{}")
    assert read() is None


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("", {}),
        ('# mine\nvault = "file"\r\nkey-age = 60\n', {b"vault": b"file", b"key-age": b"60"}),
        ("vault = 'file'\n", None),
        ('vault = "fi\\u006ce"\n', None),
        ('"vault" = "file"\n', None),
        ('vault = "file" # here\n', None),
        ('vault = "a"\nvault = "b"\n', None),
        ("[table]\n", None),
    ],
)
def test_settings_that_need_a_parser_are_left_to_it(
    home: Path, text: str, plain: dict[bytes, bytes] | None
) -> None:
    paths.settings_file().parent.mkdir(parents=True, exist_ok=True)
    paths.settings_file().write_text(text, newline="")
    assert plain_settings() == plain
    if plain:
        read = settings.load_settings()
        assert {name: read[name.decode()].encode() for name in plain} == plain


@pytest.mark.parametrize("place", ["settings.toml", "vault.bin"])
def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(
    file: EncryptedFileStore, place: str
) -> None:
    path = {"settings.toml": paths.settings_file, "vault.bin": paths.vault_file}[place]()
    assert read() == FIRST
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    assert read() is None  # the whole way says what it is
