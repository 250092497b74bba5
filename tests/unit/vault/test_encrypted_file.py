"""The encrypted file's passphrase: when it prompts, and what it remembers."""

import hashlib
import importlib.metadata
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from awsprof import paths
from awsprof.errors import InteractionRequired, VaultError
from awsprof.prompting import NonInteractive
from awsprof.secret import Secret
from awsprof.vault import file_format, kernel_keyring
from awsprof.vault.encrypted_file_store import EncryptedFileStore
from awsprof.vault.file_format import CorruptFile, WrongPassphrase
from awsprof.vault.vault import StoreVault, check_passphrase_variable
from tests.requirements import need_kernel_keyring
from tests.standins import subprocess_helpers

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
KEY_ID = "AKIAIOSFODNN7EXAMPLE"
BACKEND = "awsprof.vault.encrypted_file.EncryptedFileKeyring"


class Person:
    """Types ``answers`` one by one; records the prompts."""

    def __init__(self, *answers: str) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str, bool]] = []
        self.shown: list[str] = []

    def code(self, *, profile: str, device: str) -> str:
        raise AssertionError("no code is asked here")

    def passphrase(self, *, purpose: str, twice: bool = False) -> Secret:
        self.asked.append((purpose, twice))
        return Secret(self._answers.pop(0))

    def show(self, message: str) -> None:
        self.shown.append(message)


@pytest.fixture(autouse=True)
def one_salt() -> None:
    """Each file has a salt of its own here."""


def _derive_at_once(self: file_format.KdfParameters, passphrase: str) -> bytes:
    data = f"{passphrase} {self.costs} {self.salt.hex()}".encode()
    return hashlib.sha512(data).digest()


@pytest.fixture(autouse=True)
def quick_keys(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key depends on what it does, but takes no half second; `full_cost` tests derive it."""
    if "full_cost" not in request.fixturenames:
        monkeypatch.setattr(file_format.KdfParameters, "key", _derive_at_once)


@pytest.fixture
def full_cost() -> None:
    """Keys by scrypt: other processes derive them too."""


@pytest.fixture(autouse=True)
def nothing_left_in_the_kernel() -> Iterator[None]:
    before = set(kernel_keyring.key_names("awsprof:passphrase:"))
    yield
    for name in set(kernel_keyring.key_names("awsprof:passphrase:")) - before:
        kernel_keyring.drop_key(name)


def put(store: EncryptedFileStore, text: str = SECRET) -> None:
    store.ready(create=True)
    store.set("awsprof", KEY_ID, text)


def got(store: EncryptedFileStore) -> str | None:
    store.ready(create=False)
    return store.get("awsprof", KEY_ID)


def forgotten() -> None:
    """As after eight hours."""
    for name in kernel_keyring.key_names("awsprof:passphrase:"):
        if paths.vault_file().exists():
            salt = file_format.read_parameters(paths.vault_file().read_bytes(), "it").salt.hex()
            if name.endswith(salt):
                kernel_keyring.drop_key(name)


def test_asked_twice_when_it_is_made_and_then_not_for_hours(home: Path) -> None:
    need_kernel_keyring()
    person = Person("correct horse")
    put(EncryptedFileStore(person))
    assert person.asked == [(f"the encrypted file {home / 'vault.bin'}", True)]
    assert got(EncryptedFileStore(NonInteractive())) == SECRET


def test_when_the_kernel_has_forgotten_the_person_is_asked_once() -> None:
    put(EncryptedFileStore(Person("correct horse")))
    forgotten()
    person = Person("correct horse")
    store = EncryptedFileStore(person)
    assert got(store) == SECRET
    put(store, "another")
    assert got(store) == "another"
    assert [twice for _, twice in person.asked] == [False]


def test_where_there_is_no_file_nobody_is_asked(home: Path) -> None:
    assert got(EncryptedFileStore(NonInteractive())) is None
    store = EncryptedFileStore(NonInteractive())
    store.ready(create=False)
    store.delete("awsprof", KEY_ID)
    assert not home.exists() or not list(home.glob("vault.bin"))


def test_a_wrong_passphrase_may_be_typed_again_three_times() -> None:
    put(EncryptedFileStore(Person("correct horse")))
    forgotten()
    person = Person("hoarse", "correct horse")
    assert got(EncryptedFileStore(person)) == SECRET
    assert person.shown == ["Wrong passphrase."]
    forgotten()
    with pytest.raises(WrongPassphrase, match="was not entered"):
        got(EncryptedFileStore(Person("a", "b", "c")))


def test_the_variable_is_for_those_whom_nobody_can_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse")
    put(EncryptedFileStore(NonInteractive()))
    assert got(EncryptedFileStore(NonInteractive())) == SECRET
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "hoarse")
    with pytest.raises(
        WrongPassphrase, match="AWSPROF_PASSPHRASE is not the passphrase of"
    ) as caught:
        got(EncryptedFileStore(NonInteractive()))
    assert "AWSPROF_PASSPHRASE" in caught.value.fix
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "")
    forgotten()
    with pytest.raises(InteractionRequired):
        got(EncryptedFileStore(NonInteractive()))


def test_a_new_file_wants_a_passphrase_that_is_not_soon_guessed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "12345678901")
    with pytest.raises(VaultError, match="needs a passphrase of 12 or more") as caught:
        put(EncryptedFileStore(NonInteractive()))
    assert "12345678901" not in f"{caught.value.message} {caught.value.fix}"
    assert not paths.vault_file().exists()


def test_a_variable_that_is_no_use_is_told_without_a_question_or_a_write(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vault = StoreVault(EncryptedFileStore(NonInteractive()))
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "short")
    with pytest.raises(VaultError, match="needs a passphrase of 12 or more"):
        check_passphrase_variable(vault)
    monkeypatch.delenv("AWSPROF_PASSPHRASE")
    check_passphrase_variable(vault)
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    check_passphrase_variable(vault)
    assert not paths.vault_file().exists()
    put(EncryptedFileStore(NonInteractive()))
    check_passphrase_variable(vault)
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "another horse battery staple")
    with pytest.raises(WrongPassphrase, match="is not the passphrase of"):
        check_passphrase_variable(vault)


def test_an_old_file_opens_by_the_passphrase_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    put(EncryptedFileStore(Person("short")))
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "short")
    assert got(EncryptedFileStore(NonInteractive())) == SECRET
    put(EncryptedFileStore(NonInteractive()))


def test_where_nobody_can_be_asked_the_mend_is_told() -> None:
    with pytest.raises(InteractionRequired, match="needs a passphrase") as caught:
        put(EncryptedFileStore(NonInteractive()))
    assert caught.value.fix == "set AWSPROF_PASSPHRASE"
    put(EncryptedFileStore(Person("correct horse")))
    forgotten()
    with pytest.raises(InteractionRequired) as caught:
        got(EncryptedFileStore(NonInteractive()))
    assert caught.value.fix.endswith("set AWSPROF_PASSPHRASE")
    assert ("awsprof doctor" in caught.value.fix) == kernel_keyring.kernel_keyring_works()


def test_only_its_owner_can_read_it_and_it_says_nothing(home: Path) -> None:
    put(EncryptedFileStore(Person("correct horse")))
    path = home / "vault.bin"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    for file in home.rglob("*"):
        if file.is_file():
            assert SECRET.encode() not in file.read_bytes()
            assert b"correct horse" not in file.read_bytes()


def test_damage_is_told_before_anybody_is_asked(home: Path) -> None:
    put(EncryptedFileStore(Person("correct horse")))
    path = home / "vault.bin"
    whole = path.read_bytes()
    path.write_bytes(whole[:-7])
    with pytest.raises(CorruptFile, match="was cut short"):
        got(EncryptedFileStore(NonInteractive()))
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(CorruptFile, match="was changed"):
        got(EncryptedFileStore(Person("correct horse")))


def test_taken_away_while_we_write_it_is_not_made_anew_with_half_of_it(home: Path) -> None:
    store = EncryptedFileStore(Person("correct horse"))
    store.ready(create=True)
    (home / "vault.bin").unlink()
    with pytest.raises(VaultError, match="deleted"):
        store.set("awsprof", KEY_ID, SECRET)


def test_replaced_by_another_file_the_new_passphrase_is_asked(home: Path) -> None:
    store = EncryptedFileStore(Person("correct horse", "battery staple"))
    put(store)
    (home / "vault.bin").unlink()
    put(EncryptedFileStore(Person("battery staple")), "another")
    forgotten()
    assert got(store) == "another"


def test_while_one_types_another_waits_and_then_need_not_ask() -> None:
    need_kernel_keyring()
    put(EncryptedFileStore(Person("correct horse")))
    forgotten()
    typing, go_on = threading.Event(), threading.Event()

    class Slow(Person):
        def passphrase(self, *, purpose: str, twice: bool = False) -> Secret:
            typing.set()
            assert go_on.wait(10)
            return super().passphrase(purpose=purpose, twice=twice)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(lambda: got(EncryptedFileStore(Slow("correct horse"))))
        assert typing.wait(10)
        second = pool.submit(lambda: got(EncryptedFileStore(NonInteractive())))
        go_on.set()
        assert [first.result(20), second.result(20)] == [SECRET, SECRET]


@pytest.mark.long
@pytest.mark.usefixtures("full_cost")
def test_forty_writes_by_eight_processes_all_survive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse")
    code = (
        "import sys\n"
        "from awsprof.prompting import NonInteractive\n"
        "from awsprof.secret import Secret\n"
        "from awsprof.vault.vault import open_vault\n"
        "vault = open_vault(NonInteractive(), 'file')\n"
        "for n in range(5): vault.put(f'history/{sys.argv[1]}-{n}', Secret(f's{n}'))\n"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, str(n)]) for n in range(8)]
    assert [writer.wait(60) for writer in writers] == [0] * 8
    store = EncryptedFileStore(NonInteractive())
    store.ready(create=False)
    kept = [store.get("awsprof", f"history/{w}-{n}") for w in range(8) for n in range(5)]
    assert kept == [f"s{n}" for _ in range(8) for n in range(5)]


def test_it_never_changes_what_keyring_picks_for_other_programs() -> None:
    code = """
        import keyring.core, keyring.backend
        before = type(keyring.core._detect_backend())
        from awsprof.vault.encrypted_file import EncryptedFileKeyring
        keyring.backend.get_all_keyring.reset()
        assert EncryptedFileKeyring.priority == -1
        after = type(keyring.core._detect_backend())
        assert before is after, after
    """
    subprocess_helpers.run(code)
    points = importlib.metadata.entry_points(group="keyring.backends")
    assert not [point for point in points if point.value.startswith("awsprof")]


def test_any_program_that_uses_keyring_can_be_pointed_at_it(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", BACKEND)
    code = """
        import keyring
        from keyring.errors import PasswordDeleteError
        keyring.set_password("their service", "me", "pässword")
        print(keyring.get_password("their service", "me"), keyring.get_password("x", "me"))
        keyring.delete_password("their service", "me")
        try:
            keyring.delete_password("their service", "me")
        except PasswordDeleteError as exc:
            print(exc, keyring.get_password("their service", "me"))
    """
    assert subprocess_helpers.run(code).splitlines() == ["pässword None", "No such password! None"]
    assert (home / "vault.bin").exists()
    assert os.environ["PYTHON_KEYRING_BACKEND"] == BACKEND


@pytest.mark.usefixtures("full_cost")
def test_a_file_of_lower_costs_is_opened_and_written_with_those_of_today(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    former = file_format.KdfParameters((16, 8, 1), b"salt" * 4)
    entries = {"awsprof": {"AKIAIOSFODNN7EXAMPLE": "made up"}}
    path = paths.vault_file()
    path.parent.mkdir(parents=True)
    path.write_bytes(
        file_format.encrypt_entries(entries, former, former.key("correct horse battery staple"))
    )
    store = EncryptedFileStore(NonInteractive())
    store.ready(create=False)
    assert store.get("awsprof", "AKIAIOSFODNN7EXAMPLE") == "made up"
    assert file_format.read_parameters(path.read_bytes(), "it").costs == (16, 8, 1)
    store.ready(create=True)
    store.set("awsprof", "other", "text")
    assert file_format.read_parameters(path.read_bytes(), "it").costs == file_format.COSTS
    again = EncryptedFileStore(NonInteractive())
    assert again.get("awsprof", "AKIAIOSFODNN7EXAMPLE") == "made up"
    assert again.get("awsprof", "other") == "text"
