"""The real GNOME Keyring: locked, frozen, stopped, and used concurrently."""

import subprocess
import sys
import time

import pytest

from awsprof.errors import VaultError
from awsprof.prompting import NonInteractive
from awsprof.secret import Secret
from awsprof.vault.vault import Vault, open_vault
from tests.standins import subprocess_helpers
from tests.standins.secret_service import SecretService

KEY_ID = "AKIAIOSFODNN7EXAMPLE"
SECRET = Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")


@pytest.fixture
def vault(secret_service: SecretService) -> Vault:
    vault = open_vault(NonInteractive())
    vault.put(KEY_ID, SECRET)
    return vault


@pytest.mark.parametrize("patient", [False, True])
def test_locked_it_says_so_at_once_and_unlocked_it_answers(
    secret_service: SecretService, vault: Vault, patient: bool
) -> None:
    secret_service.lock()
    vault = open_vault(NonInteractive(), patient=patient)
    start = time.monotonic()
    calls = (lambda: vault.get(KEY_ID), lambda: vault.put("x", SECRET), lambda: vault.delete("x"))
    for call in calls:
        with pytest.raises(VaultError, match=r"^GNOME Keyring is locked\.$") as caught:
            call()
        assert "unlock it" in caught.value.fix
    assert time.monotonic() - start < 2
    assert secret_service.locked
    secret_service.unlock()
    assert vault.get(KEY_ID) == SECRET


def test_unattended_no_prompt_is_ever_raised(secret_service: SecretService, vault: Vault) -> None:
    # Only one call asks the service to unlock; the bus sends this monitor a copy.
    secret_service.lock()
    with secret_service.monitored() as heard:
        with pytest.raises(VaultError):
            vault.get(KEY_ID)
        with pytest.raises(VaultError):
            open_vault(NonInteractive(), patient=True).get(KEY_ID)
        said = heard()
    assert said.count("member=Unlock\n") == 1  # with patient=True


def test_frozen_it_is_given_up_in_time_and_the_process_ends(
    secret_service: SecretService, vault: Vault
) -> None:
    secret_service.freeze()
    code = f"""
        import time
        from awsprof.prompting import NonInteractive
        from awsprof.errors import VaultError
        from awsprof.vault.vault import open_vault
        start = time.monotonic()
        try:
            open_vault(NonInteractive()).get({KEY_ID!r})
        except VaultError as exc:
            print(exc, time.monotonic() - start)
    """
    said, _, seconds = subprocess_helpers.run(code).strip().rpartition(" ")
    assert said == "GNOME Keyring did not answer within 2 seconds."
    assert float(seconds) < 6  # without the start of Python, which takes long on a busy machine
    secret_service.thaw()
    assert (
        subprocess_helpers.run(code + "\n        else:\n            print('there')\n").strip()
        == "there"
    )


def test_what_was_given_up_is_not_done_later(secret_service: SecretService, vault: Vault) -> None:
    secret_service.freeze()
    with pytest.raises(VaultError, match="did not answer"):
        vault.delete(KEY_ID)
    with pytest.raises(VaultError, match="did not answer"):
        vault.put(KEY_ID, Secret("another"))
    secret_service.thaw()
    time.sleep(0.5)
    assert vault.get(KEY_ID) == SECRET


def test_gone_between_two_calls_it_cannot_be_reached(
    secret_service: SecretService, vault: Vault
) -> None:
    secret_service.kill()
    with pytest.raises(VaultError, match=r"^GNOME Keyring cannot be reached") as caught:
        vault.get(KEY_ID)
    assert "desktop session" in caught.value.fix
    fallen_back = open_vault(NonInteractive())
    assert fallen_back.backend == "file"
    with pytest.raises(VaultError, match=f"The secret of {KEY_ID} is in Secret Service"):
        fallen_back.get(KEY_ID)


def test_the_bus_itself_gone(secret_service: SecretService, vault: Vault) -> None:
    secret_service.close()
    with pytest.raises(VaultError, match="cannot be reached"):
        vault.get(KEY_ID)


def test_other_programs_that_use_keyring_find_it(
    secret_service: SecretService, vault: Vault
) -> None:
    code = f"import keyring; print(keyring.get_password('awsprof', {KEY_ID!r}))"
    assert subprocess_helpers.run(code).strip() == SECRET.reveal()


def test_many_at_once_are_served_one_after_the_other(
    secret_service: SecretService, vault: Vault
) -> None:
    # Without the lock, gnome-keyring 42 crashed in one of five such runs.
    code = f"""
import sys, time
from awsprof.prompting import NonInteractive
from awsprof.secret import Secret
from awsprof.vault.vault import open_vault
vault, me = open_vault(NonInteractive()), f"history/{{sys.argv[1]}}"
end = time.monotonic() + 1.5
while time.monotonic() < end:
    assert len(vault.get({KEY_ID!r}).reveal()) == 40
    vault.put(me, Secret(str(end)))
    assert vault.get(me).reveal() == str(end)
    vault.delete(me)
"""
    clients = [subprocess.Popen([sys.executable, "-c", code, str(n)]) for n in range(5)]
    assert [client.wait(60) for client in clients] == [0] * 5
    assert vault.get(KEY_ID) == SECRET
