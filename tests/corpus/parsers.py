"""The functions that read what somebody else may have written, by a name for each.

Each takes the bytes and returns a value, or raises an AwsprofError. Files are read where awsprof
looks for them, below HOME. What AWS answers is in network.py.
"""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

from awsprof import parsing, paths
from awsprof import settings as ours
from awsprof.accesskeys import key_sources
from awsprof.accesskeys.rotation import stale_sessions
from awsprof.auth import chain_lines, process_output, totp
from awsprof.auth.identity_center import orphan_tokens, registration, token_cache
from awsprof.awsapi import credentials
from awsprof.configfile import dialects
from awsprof.configfile.document import Document, FileKind, SectionId
from awsprof.configfile.edits import SetValue
from awsprof.doctor import machine_reports
from awsprof.editing import history, history_files, intents
from awsprof.errors import AwsprofError
from awsprof.importing import aws_sso_cli, go_keyring, granted, saml2aws
from awsprof.importing.import_context import ImportContext
from awsprof.profiles import names, process_command
from awsprof.profiles.catalog import Catalog
from awsprof.secret import Secret
from awsprof.team import reader, state
from awsprof.team.accounts_file import AccountsFile
from awsprof.team.model import TeamFileError
from awsprof.vault import backend_sessions, file_format, migration
from awsprof.vault.index import Index
from tests.corpus.network import ANSWERS
from tests.standins.memory_vault import MemoryVault
from tests.standins.team_source import MemorySource

SESSION: Final = Catalog.from_bytes(
    b"[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n",
    None,
).session("corp")
_KEY: Final = b"k" * 64
_PARAMETERS: Final = file_format.KdfParameters(file_format.COSTS, b"salt" * 4)
_DEV: Final = SectionId.profile("dev")
_EMPTY: Final = Catalog.from_bytes(None, None)


def _document(data: bytes) -> None:
    for kind in FileKind:
        document = Document.parse(data, kind)
        assert document.render() == data
        assert len(document.sections) + len(document.problems) >= 0
        try:
            edited = document.edit(SetValue(_DEV, "region", "eu-west-1"))
        except AwsprofError as exc:
            assert_one_sentence(exc)
        else:
            section = edited.find(_DEV)
            assert section is not None and section.get("region") is not None


def _dialects(data: bytes) -> None:
    for kind in FileKind:
        dialects.parse_as_botocore(data, kind)
        dialects.parse_as_sdk(data, kind)


def _catalog(data: bytes) -> None:
    config, _, other = data.partition(b"\0")
    catalog = Catalog.from_bytes(config, other)
    for name in [*catalog.profiles][:20]:
        catalog.differences(name)
        try:
            catalog.chain(name)
        except AwsprofError as exc:
            assert_one_sentence(exc)


def _names(data: bytes) -> None:
    path = paths.config_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    try:
        found = names.profile_names()
    finally:
        path.unlink()
    chain_lines.chain_lines(data, b"", b"dev")
    assert all(isinstance(name, str) for name in found)


def _sealed_text(data: bytes) -> object:
    """The content of the encrypted file, whatever it is, in a file that is whole."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    header = file_format._header(_PARAMETERS, _KEY, 12 + len(data) + 16)
    body = AESGCM(_KEY[:32]).encrypt(b"n" * 12, data, header)
    return file_format.decrypt_entries(header + b"n" * 12 + body, _KEY, "vault.bin")


def _team_file(data: bytes) -> None:
    source = MemorySource({"team.toml": data, "accounts.toml": b"version = 1\n"})
    reader.load(source)


def _accounts_file(data: bytes) -> None:
    with parsing.wrap_parse_errors("accounts.toml", "save it as UTF-8"):
        text = data.decode()
    AccountsFile("accounts.toml", text)


def _process_output(data: bytes) -> None:
    if process_output.output_problem(data) is None:
        process_output.oddities(data)


class _OneEntry:
    """A keyring of the library for Go with one entry."""

    title = "the keyring"

    def __init__(self, data: bytes) -> None:
        self._data = data

    def names(self) -> list[str]:
        return ["dev"]

    def read(self, name: str) -> bytes:
        return self._data


def _go_entry(data: bytes) -> None:
    go_keyring.read_access_key(_OneEntry(data), "dev")
    item = json.dumps({"Data": base64.b64encode(data).decode()}).encode()
    go_keyring.read_access_key(_OneEntry(item), "dev")


def _jwe(data: bytes) -> None:
    with parsing.wrap_parse_errors("the file", "leave it out"):
        go_keyring.decrypt_jwe(data.decode(), Secret("a passphrase"))


def _at(place: Callable[[], Path], read: Callable[[], object]) -> Callable[[bytes], object]:
    """A parser of the file at that place."""

    def parse(data: bytes) -> object:
        path = place()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        try:
            return read()
        finally:
            path.unlink(missing_ok=True)

    return parse


def _below_home(*parts: str) -> Callable[[], Path]:
    return lambda: paths.home().joinpath(*parts)


def _cached_role() -> Path:
    return paths.aws_cli_cache_dir() / "x.json"


def _entry() -> Path:
    return history_files.entry_file("1")


def _intent() -> Path:
    return Path(paths.unfinished_text()) / "00000001.json"


def _registration() -> Path:
    return registration._file(SESSION, registration.CODE)


def _context() -> ImportContext:
    return ImportContext(_EMPTY, lambda _: Secret("a passphrase"))


FILES: Final[dict[str, Callable[[bytes], object]]] = {
    "history": _at(
        _entry, lambda: (history.entries(), history.broken(), history.overwritten_edits())
    ),
    "intent": _at(_intent, lambda: intents.read_intent(_intent())),
    "index": _at(paths.index_file, Index.load),
    "settings": _at(paths.settings_file, ours.load_settings),
    "token": _at(lambda: token_cache.token_path(SESSION), lambda: token_cache.time_left(SESSION)),
    "other tokens": _at(
        lambda: paths.sso_cache_dir() / "x.json", lambda: orphan_tokens.orphan_tokens(_EMPTY)
    ),
    "registration": _at(_registration, lambda: registration._kept(_registration())),
    "mfa seeds": _at(totp._file, totp.stored_serials),
    "kept sessions": _at(backend_sessions._file, backend_sessions._expiries),
    "the AWS CLI's cache": _at(_cached_role, lambda: stale_sessions._cached_role(_cached_role())),
    "moved vault": _at(
        migration._file, lambda: migration.resume_migration(lambda _: MemoryVault())
    ),
    "team state": _at(state.state_file, state.load_state),
    "machine report": _at(
        _below_home("reports", "x.json"),
        lambda: machine_reports._read(paths.home() / "reports" / "x.json"),
    ),
    "granted": _at(_below_home(".granted", "config"), lambda: granted.read(_context())),
    "aws-sso-cli": _at(
        _below_home(".config", "aws-sso", "config.yaml"), lambda: aws_sso_cli.read(_context())
    ),
    "saml2aws": _at(_below_home(".saml2aws"), lambda: saml2aws.read(_context())),
}
PARSERS: Final[dict[str, Callable[[bytes], object]]] = {
    **FILES,
    "document": _document,
    "dialects": _dialects,
    "catalog": _catalog,
    "profile names": _names,
    "process line": lambda data: process_command.parse_command(data.decode("latin-1")),
    "process output": _process_output,
    "key file": lambda data: key_sources.parse_csv(data.decode("latin-1"), "keys.csv"),
    "kept credentials": credentials.credentials_from_json,
    "sealed": _sealed_text,
    "vault file": lambda data: file_format.read_parameters(data, "vault.bin"),
    "team file": _team_file,
    "accounts file": _accounts_file,
    "entry of aws-vault": _go_entry,
    "file of aws-vault": _jwe,
    **ANSWERS,
}


def assert_one_sentence(exc: AwsprofError) -> None:
    """The message is on one line and short, and the fix says what to do."""
    assert exc.message
    assert exc.fix or isinstance(exc, TeamFileError), exc.message  # that has a line to mend
    assert "\n" not in exc.message
    assert len(exc.message) < 600


def parse_hostile(name: str, data: bytes) -> None:
    """Have a parser read this. Raises whatever is neither a value nor one sentence."""
    try:
        PARSERS[name](data)
    except AwsprofError as exc:
        assert_one_sentence(exc)
        # AWS's own words, quoted at the end, may have no full stop.
        assert exc.message.endswith((".", "?")) or name in ANSWERS, exc.message
