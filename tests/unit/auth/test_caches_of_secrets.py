"""No token, failure, derived key or key of the vault outlives the file or command that ends it."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from awsprof import paths
from awsprof.auth import credential_process, fast_path, mfa_codes
from awsprof.auth.identity_center import token_cache
from awsprof.awsapi.credentials import credentials_from_json
from awsprof.configfile.document import FileKind
from awsprof.errors import AwsprofError, CredentialsError, VaultError
from awsprof.failure_sharing import SharedFailure
from awsprof.profiles.model import Origin, SsoSession
from awsprof.prompting import NonInteractive
from awsprof.vault import file_format
from awsprof.vault.encrypted_file_store import EncryptedFileStore
from awsprof.vault.session_cache import SessionCache
from tests.requirements import need_kernel_keyring
from tests.standins.aws import Aws
from tests.standins.cli_runner import run
from tests.standins.shared_costs import ONE_SALT, PASSPHRASE

Write = Callable[[Path, bytes], object]


def _in_place(path: Path, data: bytes) -> None:
    about = path.stat()
    path.write_bytes(data)
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))


def _over_it(path: Path, data: bytes) -> None:
    other, about = path.with_name("other"), path.stat()
    other.write_bytes(data)
    os.utime(other, ns=(about.st_atime_ns, about.st_mtime_ns))
    other.replace(path)


def _by_a_link(path: Path, data: bytes) -> None:
    other = path.with_name("elsewhere")
    other.write_bytes(data)
    path.unlink()
    path.symlink_to(other)


WRITES = (_in_place, _over_it, _by_a_link)


@pytest.fixture
def linux() -> None:
    need_kernel_keyring()


@pytest.mark.parametrize("write", WRITES)
def test_a_token_is_what_its_file_says(home: Path, write: Write) -> None:
    session = SsoSession("corp", {}, Origin(FileKind.CONFIG, paths.config_file(), 1))
    path = token_cache.token_path(session)
    path.parent.mkdir(parents=True)

    def content(token: str, hours: int = 1) -> bytes:
        expires = datetime.now(UTC) + timedelta(hours=hours)
        data = {"accessToken": token, "expiresAt": token_cache.format_time(expires)}
        return json.dumps(data).encode()

    def token() -> str | None:
        found = token_cache.live_token(session)
        return found.access.reveal() if found else None

    path.write_bytes(content("first"))
    assert token() == "first"
    write(path, content("other"))
    assert token() == "other"
    write(path, content("other", -1))
    assert token() is None
    write(path, content("first"))
    assert token() == "first"
    path.rename(path.with_name("away"))
    assert token() is None


@pytest.mark.parametrize("write", WRITES)
def test_a_shared_failure_is_what_its_file_says(tmp_path: Path, write: Write) -> None:
    lock = tmp_path / "x.lock"
    waiting, file = SharedFailure(lock), lock.with_suffix(".failed")
    SharedFailure(lock).note(CredentialsError("Wrong code.", code="AccessDenied"))
    data = {**json.loads(file.read_bytes()), "pid": 1}

    def known() -> str | None:
        try:
            waiting.raise_known()
        except AwsprofError as exc:
            return exc.message
        return None

    write(file, json.dumps(data).encode())
    assert known() == "Wrong code."
    write(file, json.dumps({**data, "message": "Other code."}).encode())
    assert known() == "Other code."
    write(file, json.dumps({**data, "at": data["at"] - 60}).encode())
    assert known() is None
    file.unlink()
    assert known() is None


@pytest.mark.parametrize("write", WRITES)
def test_a_derived_key_opens_only_the_file_it_belongs_to(
    linux: None, home: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWSPROF_PASSPHRASE", PASSPHRASE)
    store = EncryptedFileStore(NonInteractive())
    store.ready(create=True)
    store.set("s", "u", "first")

    def text() -> str | None:
        return EncryptedFileStore(NonInteractive()).get("s", "u")

    mine, path = paths.vault_file().read_bytes(), paths.vault_file()
    assert text() == "first"
    entries = {"s": {"u": "other"}}
    write(path, file_format.encrypt_entries(entries, ONE_SALT, ONE_SALT.key(PASSPHRASE)))
    assert text() == "other"
    write(path, file_format.encrypt_entries(entries, ONE_SALT, ONE_SALT.key("another one")))
    with pytest.raises(VaultError):
        text()
    write(path, mine)
    assert text() == "first"
    path.unlink()
    assert text() is None


def test_a_used_code_stays_used_whatever_becomes_of_the_files(linux: None, home: Path) -> None:
    device = "arn:aws:iam::123456789012:mfa/alice"
    config = paths.config_file()
    config.parent.mkdir(exist_ok=True)
    config.write_text(f"[profile base]\nmfa_serial = {device}\n")
    mfa_codes.UsedCodes(SessionCache()).note(device, "123456")
    config.unlink()
    another = mfa_codes.UsedCodes(SessionCache())
    assert another.was(device, "123456")
    assert not another.was(device, "654321")
    assert not another.was(f"{device}2", "123456")


@pytest.mark.parametrize(
    "words", [("rotate", "base", "--yes"), ("stop", "base", "--new-key", "--yes")]
)
def test_a_key_that_a_command_replaced_is_handed_out_no_more(
    linux: None, aws: Aws, home: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("AWSPROF_PASSPHRASE", PASSPHRASE)
    key = aws.user("alice")
    run("keys", "import", "base", "--stdin", "--yes", stdin=f"{key.id}\n{key.secret}")

    def kept(key_id: str) -> bytes | None:
        arguments = ["base", "--key", key_id]
        cache_key = fast_path.vault_cache_key(fast_path.request_fingerprint(arguments))
        return fast_path.cached_key(cache_key) if cache_key else None

    arguments = ["base", "--key", key.id]
    credential_process._answer(arguments, fast_path.request_fingerprint(arguments))
    answer = kept(key.id)
    assert answer is not None
    assert credentials_from_json(answer).secret.reveal() == key.secret
    run("keys", *words)
    assert kept(key.id) is None
    config = paths.config_file().read_text()
    assert key.id not in config
