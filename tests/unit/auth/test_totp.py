"""A secret of an MFA device in the vault: the codes it gives, and who is asked before it."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from awsprof import settings
from awsprof.auth import totp
from awsprof.auth.mfa_codes import UsedCodes, get_code
from awsprof.errors import InteractionRequired, UsageError, VaultError
from awsprof.profiles.catalog import Catalog
from awsprof.prompting import NonInteractive
from awsprof.secret import Secret
from tests.standins.memory_vault import MemoryVault
from tests.standins.prompter import FakePrompter

DEVICE = "arn:aws:iam::123456789012:mfa/alice"
SEED = Secret("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")  # RFC 6238, appendix B: 12345678901234567890
BASE = Catalog.from_bytes(b"[profile base]\n", None).get("base")


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_the_rfc(moment: int, code: str) -> None:
    assert totp.code_at(SEED, moment) == code


@pytest.mark.parametrize(
    "text", ["gezd gnbv gy3t qojq gezd gnbv gy3t qojq", SEED.reveal() + "===="]
)
def test_the_secret_is_taken_as_people_write_it(text: str) -> None:
    assert totp.normalize_seed(Secret(text)) == SEED


@pytest.mark.parametrize(
    "text", ["123456", "GEZDGNBV", "not a secret at all!", "10" * 16, SEED.reveal() + "é"]
)
def test_what_is_no_secret_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(UsageError) as error:
        totp.normalize_seed(Secret(text))
    assert text not in error.value.message + error.value.fix
    assert error.value.__cause__ is None


def test_a_kept_secret_gives_the_code_and_nobody_is_asked() -> None:
    vault = MemoryVault()
    totp.store_seed(vault, DEVICE, SEED)
    assert list(vault.secrets) == list(totp.seed_vault_names())
    given = get_code(BASE, DEVICE, NonInteractive(), UsedCodes(None), vault=lambda: vault)
    assert len(given) == 6 and given.isdigit()


def test_a_password_manager_comes_before_it() -> None:
    vault = MemoryVault()
    totp.store_seed(vault, DEVICE, SEED)
    settings.put_setting("mfa", "echo 123456")
    assert (
        get_code(BASE, DEVICE, NonInteractive(), UsedCodes(None), vault=lambda: vault) == "123456"
    )


def test_no_vault_is_opened_for_a_device_without_one() -> None:
    def opened() -> MemoryVault:
        raise AssertionError("the vault was opened")

    person = FakePrompter(lambda: "654321")
    assert get_code(BASE, DEVICE, person, UsedCodes(None), vault=opened) == "654321"
    assert not totp.forget_stored_seed(opened, DEVICE)


def test_forgotten_or_lost_the_person_is_asked_again() -> None:
    vault = MemoryVault()
    totp.store_seed(vault, DEVICE, SEED)
    vault.secrets.clear()  # the keyring was reset
    with pytest.raises(InteractionRequired):
        get_code(BASE, DEVICE, NonInteractive(), UsedCodes(None), vault=lambda: vault)
    totp.store_seed(vault, DEVICE, SEED)
    assert totp.forget_stored_seed(lambda: vault, DEVICE)
    assert not vault.secrets and not totp.stored_serials()


def test_seeds_that_are_stored_at_once_are_all_listed_before_they_are_stored() -> None:
    class Listed(MemoryVault):
        def put(self, key_id: str, secret: Secret) -> None:
            assert key_id in totp.seed_vault_names()
            super().put(key_id, secret)

    vault, devices = Listed(), {f"{DEVICE}{n}" for n in range(12)}
    with ThreadPoolExecutor(12) as threads:
        list(threads.map(lambda device: totp.store_seed(vault, device, SEED), devices))
    assert totp.stored_serials() == devices


def test_a_seed_that_the_vault_refuses_is_not_listed() -> None:
    vault = MemoryVault()
    vault.broken = True
    with pytest.raises(VaultError):
        totp.store_seed(vault, DEVICE, SEED)
    assert not totp.stored_serials()
