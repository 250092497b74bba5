"""The order in which a keyring is chosen, and refusals with their fix."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keyring.core
import pytest

from awsprof.errors import VaultError
from awsprof.prompting import NonInteractive
from awsprof.secret import Secret
from awsprof.vault import secret_service
from awsprof.vault.backends import BackendChoice
from awsprof.vault.keyring_store import UNATTENDED_S
from awsprof.vault.vault import Vault, available_backends, open_vault
from tests.standins import subprocess_helpers

ODD = "tests.standins.broken_keyrings."
SOUND = ODD + "Sound"
SERVICE = "keyring.backends.SecretService.Keyring"


def opened(setting: str = "auto") -> Vault:
    return open_vault(NonInteractive(), setting)


def configured(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "config" / "python_keyring"
    folder.mkdir(parents=True)
    (folder / "keyringrc.cfg").write_text(text)


def test_where_there_is_no_keyring_the_encrypted_file_serves(home: Path) -> None:
    vault = opened()
    assert (vault.backend, vault.title) == ("file", f"the encrypted file {home / 'vault.bin'}")


def test_where_a_keyring_is_demanded_its_absence_is_an_error() -> None:
    with pytest.raises(
        VaultError, match=r"No usable keyring was found .* DBUS_SESSION_BUS_ADDRESS"
    ) as caught:
        opened("keyring")
    assert "settings vault file" in caught.value.fix


@pytest.mark.usefixtures("secret_service")
def test_the_order_of_choice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert opened().backend == SERVICE
    assert opened().title == "GNOME Keyring"
    configured(tmp_path, f"[backend]\ndefault-keyring = {ODD}Mangling\n")
    assert opened().backend == ODD + "Mangling"
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", ODD + "Undying")
    assert opened().backend == ODD + "Undying"
    assert opened("keyring").backend == ODD + "Undying"
    assert opened(SOUND).backend == SOUND
    assert opened("file").backend == "file"


@pytest.mark.usefixtures("secret_service")
def test_two_usable_keyrings_do_not_make_a_chainer() -> None:
    opened(SOUND)  # keyring knows it now and would chain the two
    assert opened().backend == SERVICE


def delayed(call: Callable[..., Any]) -> Callable[..., Any]:
    """The same, later than a keyring is waited for."""

    def late(*given: Any) -> Any:
        time.sleep(UNATTENDED_S + 0.3)
        return call(*given)

    return late


@pytest.mark.usefixtures("secret_service")
def test_a_busy_machine_chooses_late_and_gives_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as slow:
        slow.setattr(keyring.core, "load_keyring", delayed(keyring.core.load_keyring))
        assert opened(SERVICE).title == "GNOME Keyring"
    title = "secret_service_title"
    monkeypatch.setattr(secret_service, title, delayed(secret_service.secret_service_title))
    vault = opened()
    assert vault.title == "Secret Service"  # only its name is missing
    vault.put("AKIAIOSFODNN7EXAMPLE", Secret("made up"))


def test_what_choosing_needs_is_imported_before_its_time_runs() -> None:
    code = (
        "import sys; from awsprof.vault import backends; backends._import_keyring();"
        "before = set(sys.modules); backends._native(); print(*set(sys.modules) - before)"
    )
    assert "keyring" not in subprocess_helpers.run(code)


def test_an_rc_file_without_a_choice_chooses_nothing(tmp_path: Path) -> None:
    configured(tmp_path, "[other]\nx = 1\n")
    assert opened().backend == "file"


def test_our_own_backend_by_its_class_is_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "PYTHON_KEYRING_BACKEND", "awsprof.vault.encrypted_file.EncryptedFileKeyring"
    )
    assert opened().backend == "file"


REFUSED = [
    ("keyring.backends.null.Keyring", "keeps nothing"),
    ("keyring.backends.fail.Keyring", "keeps nothing"),
    ("keyring.backends.chainer.ChainerBackend", "several keyrings"),
    (ODD + "PlaintextKeyring", "plain text"),
    ("no_such_module.Keyring", "not an installed keyring backend"),
    (ODD + "NoSuchClass", "not an installed keyring backend"),
    ("Keyring", "not an installed keyring backend"),
    ("os.path.join", "not an installed keyring backend"),
    ("tests.standins.memory_vault.MemoryVault", "not an installed keyring backend"),
    (ODD + "Unfit", "it needs a smart card"),
    (SERVICE, "cannot be used here"),  # forced without a bus: a bare RuntimeError
]


@pytest.mark.parametrize(("name", "why"), REFUSED)
def test_what_cannot_keep_secrets_is_refused_wherever_it_is_named(
    name: str, why: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(VaultError, match=why) as caught:
        opened(name)
    assert caught.value.fix == "awsprof settings vault auto, or file for an encrypted file"
    configured(tmp_path, f"[backend]\ndefault-keyring = {name}\n")
    with pytest.raises(VaultError, match=r"keyringrc\.cfg") as caught:
        opened()
    assert caught.value.fix.startswith("fix ")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", name)
    with pytest.raises(VaultError, match=why) as caught:
        opened()
    assert caught.value.fix.startswith("unset PYTHON_KEYRING_BACKEND")
    assert opened("file").backend == "file"


@pytest.mark.parametrize("text", ["default-keyring = x\n", "[backend\n", "[a]\n[a]\n", "\x00\n"])
def test_an_rc_file_that_does_not_parse_is_an_error(text: str, tmp_path: Path) -> None:
    configured(tmp_path, text)
    with pytest.raises(VaultError, match=r"keyringrc\.cfg") as caught:
        opened()
    assert "\n" not in str(caught.value)


def test_what_could_be_used_is_listed_with_the_reasons(home: Path) -> None:
    choices = {choice.id: choice for choice in available_backends()}
    assert choices["file"] == BackendChoice(
        "file", f"the encrypted file {home / 'vault.bin'}", True
    )
    assert not choices[SERVICE].usable
    assert "DBUS_SESSION_BUS_ADDRESS" in choices[SERVICE].reason
    assert not choices["keyring.backends.kwallet.DBusKeyring"].usable
    assert choices["keyring.backends.kwallet.DBusKeyring"].reason


def test_opening_a_vault_takes_nothing_from_the_keyring_and_asks_nobody() -> None:
    vault = opened(SOUND)
    assert not vault.holds("AKIAIOSFODNN7EXAMPLE")
    vault.put("AKIAIOSFODNN7EXAMPLE", Secret("x"))
    assert opened(SOUND).holds("AKIAIOSFODNN7EXAMPLE")
    vault.delete("AKIAIOSFODNN7EXAMPLE")
