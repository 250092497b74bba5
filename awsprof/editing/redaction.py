"""Texts without their secrets: references stand in the place of those that undo brings back.

A reference names a secret by a digest under a key of this machine's history: ``{{history/...}}``
is held by the vault, ``{{file/...}}`` still stood in a file when it was written.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from awsprof import atomic, paths
from awsprof.configfile import storage
from awsprof.configfile.document import FileKind
from awsprof.configfile.encoding import to_lines
from awsprof.errors import EditRefused
from awsprof.masking import MASK, find_in_lines
from awsprof.secret import Secret
from awsprof.secret_shapes import Span

HELD: Final = "history/"
_STAYS: Final = "file/"
# Earlier versions named secrets by the 64 digits of a digest without a key.
REFERENCE: Final = re.compile(r"\{\{((?:history|file)/(?:[0-9a-f]{64}|[0-9a-f]{32}))\}\}")


@dataclass(frozen=True)
class SecretNames:
    """How secrets are named: by a digest under a ``key`` of this machine's history."""

    key: bytes

    def of(self, secret: str) -> str:
        """The name under which the vault holds a secret for the history."""
        data = secret.encode(errors="surrogateescape")
        return HELD + hmac.new(self.key, data, hashlib.sha256).hexdigest()[:32]


def secret_naming() -> SecretNames:
    """How secrets are named here; without a key of its own where there is no history yet."""
    return SecretNames(atomic.read_file(_key_file()) or b"")


def ensure_secret_naming() -> SecretNames:
    """As ``names``, with a key made where there is none: before anything is recorded."""
    if atomic.read_file(_key_file()) is None:
        atomic.write_file(_key_file(), secrets.token_bytes(32))
    return secret_naming()


def _key_file() -> Path:
    return paths.history_dir() / "digest-key"


def secrets_in_files() -> dict[str, Secret]:
    """The secrets that stand in the two files now, by the names that the history gives them."""
    return secrets_in((storage.read_config_file(kind).data for kind in FileKind), secret_naming())


def split_text(data: bytes | None) -> list[str]:
    """The lines with their line ends; bytes that are no UTF-8 survive the way back."""
    return to_lines(data or b"")


def redact_lines(lines: Sequence[str], by: Callable[[str], str]) -> list[str]:
    """All lines of a text with something else in the place of each secret."""
    return [redact_line(line, found, by) for line, found in locate_secrets(lines)]


def locate_secrets(lines: Sequence[str]) -> list[tuple[str, list[Span]]]:
    """Each line of a text, and where secrets stand in it."""
    return list(_with_secrets(tuple(lines)))


@lru_cache(maxsize=8)  # a change asks for the same few texts again and again
def _with_secrets(lines: tuple[str, ...]) -> list[tuple[str, list[Span]]]:
    if not any("\0" in line for line in lines):
        return list(zip(lines, find_in_lines(lines), strict=True))
    # Half of UTF-16, as where a line was added to it: its letters stand apart, and all is hidden.
    bare = find_in_lines([line.replace("\0", "") for line in lines])
    return [
        (line, [(0, len(line.rstrip("\r\n")))] if found and "\0" in line else found)
        for line, found in zip(lines, bare, strict=True)
    ]


def redact_line(line: str, found: Sequence[Span], by: Callable[[str], str]) -> str:
    """The line with something else in the place of each secret."""
    for start, end in reversed(found):
        line = line[:start] + by(line[start:end]) + line[end:]
    return line


def file_reference(name: str) -> str:
    """The reference to a secret that stands in a file."""
    return f"{{{{{_STAYS}{name.removeprefix(HELD)}}}}}"


def as_vault_secret(secret: str) -> Secret:
    """The secret as the vault can hold it. EditRefused where it is not UTF-8."""
    if not secret.isascii() and any("\udc80" <= char <= "\udcff" for char in secret):
        raise EditRefused(
            "A secret in this part holds bytes that are not UTF-8, so undo could not keep it.",
            "write that value anew in an editor first",
        )
    return Secret(secret)


def secrets_in(texts: Iterable[bytes | None], named: SecretNames) -> dict[str, Secret]:
    """The secrets that stand in texts, by name."""
    found = {
        line[start:end]
        for data in texts
        for line, spans in locate_secrets(split_text(data))
        for start, end in spans
    }
    return {named.of(text): Secret(text) for text in found}


def vault_references(lines: tuple[str, ...]) -> tuple[str, ...]:
    """The names of the secrets that these lines refer to and the vault holds."""
    return tuple(n for line in lines for n in REFERENCE.findall(line) if n.startswith(HELD))


def all_references(lines: tuple[str, ...]) -> frozenset[str]:
    """The names of all secrets that these lines refer to, wherever those are."""
    return frozenset(_held(n) for line in lines for n in REFERENCE.findall(line))


def _held(name: str) -> str:
    return HELD + name.rpartition("/")[2]


def fill_secrets(lines: Sequence[str], secrets: Mapping[str, Secret]) -> tuple[str, ...]:
    """The lines with their secrets in them again; what is no reference of ours stays."""

    def filled(match: re.Match[str]) -> str:
        secret = secrets.get(_held(match[1]))
        return match[0] if secret is None else secret.reveal()

    return tuple(REFERENCE.sub(filled, line) for line in lines)


def mask_lines(lines: Sequence[str], *, ends: bool = False) -> list[str]:
    """All lines of a text as a person may see them: without secrets, and with no line ``ends``."""
    bare = [REFERENCE.sub(MASK, line if ends else line.rstrip("\r\n")) for line in lines]
    return redact_lines(bare, lambda secret: MASK)
