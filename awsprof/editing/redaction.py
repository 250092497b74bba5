"""Replaces secrets in texts by references, so that undo can restore them.

A reference is an HMAC of the secret under a key of this machine's history. The vault holds the
secret of ``{{history/...}}``; that of ``{{file/...}}`` was still in a config file at the time.
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

from awsprof import atomic, locks, paths
from awsprof.configfile import storage
from awsprof.configfile.document import FileKind
from awsprof.configfile.encoding import split_diff_lines
from awsprof.errors import EditRefused
from awsprof.masking.mask import MASK
from awsprof.masking.search import find_in_lines
from awsprof.masking.secret_shapes import Span
from awsprof.secret import Secret

IN_VAULT: Final = "history/"
_IN_FILE: Final = "file/"
# Earlier versions used a plain SHA-256 digest of 64 digits.
REFERENCE: Final = re.compile(r"\{\{((?:history|file)/(?:[0-9a-f]{64}|[0-9a-f]{32}))\}\}")


@dataclass(frozen=True)
class SecretNames:
    """Names secrets by an HMAC under ``key``, which belongs to this machine's history."""

    key: bytes

    def of(self, secret: str) -> str:
        """Returns the name under which the vault stores a secret for the history."""
        data = secret.encode(errors="surrogateescape")
        return IN_VAULT + hmac.new(self.key, data, hashlib.sha256).hexdigest()[:32]


def secret_naming() -> SecretNames:
    """Returns the naming of this machine; its key is empty if there is no history yet."""
    return SecretNames(atomic.read_file(_key_file()) or b"")


def ensure_secret_naming() -> SecretNames:
    """Like ``secret_naming``, but creates the key first. Call it before recording an entry."""
    if atomic.read_file(_key_file()) is None:
        lock = paths.locks_dir() / "history.lock"
        with locks.hold_lock(lock, purpose="creating the key of the history"):
            if atomic.read_file(_key_file()) is None:
                atomic.write_file(_key_file(), secrets.token_bytes(32))
    return secret_naming()


def _key_file() -> Path:
    return paths.history_dir() / "digest-key"


def secrets_in_files() -> dict[str, Secret]:
    """Returns the secrets in the two config files now, by their history names."""
    return secrets_in((storage.read_config_file(kind).data for kind in FileKind), secret_naming())


def split_bytes(data: bytes | None) -> list[str]:
    """Returns the lines with their line ends; bytes that are not UTF-8 survive the round trip."""
    return split_diff_lines(data or b"")


def redact_lines(lines: Sequence[str], by: Callable[[str], str]) -> list[str]:
    """Returns the lines of a text with each secret replaced by ``by(secret)``."""
    return redact_located(locate_secrets(lines), by)


def redact_located(
    located: Iterable[tuple[str, Sequence[Span]]], by: Callable[[str], str]
) -> list[str]:
    """Returns the lines with each secret at its spans replaced by ``by(secret)``."""
    return [_redact(line, found, by) if found else line for line, found in located]


def _redact(line: str, found: Sequence[Span], by: Callable[[str], str]) -> str:
    for start, end in reversed(found):
        line = line[:start] + by(line[start:end]) + line[end:]
    return line


def locate_secrets(lines: Sequence[str]) -> list[tuple[str, list[Span]]]:
    """Returns each line of a text with the spans of its secrets."""
    return list(_with_secrets(tuple(lines)))


@lru_cache(maxsize=8)  # one change looks at the same few texts many times
def _with_secrets(lines: tuple[str, ...]) -> list[tuple[str, list[Span]]]:
    if not any("\0" in line for line in lines):
        return list(zip(lines, find_in_lines(lines), strict=True))
    # Partly UTF-16, as after appending a line to such a file: hide the whole line.
    bare = find_in_lines([line.replace("\0", "") for line in lines])
    return [
        (line, [(0, len(line.rstrip("\r\n")))] if found and "\0" in line else found)
        for line, found in zip(lines, bare, strict=True)
    ]


class SecretSpans:
    """The lines of a text, with the spans of their secrets found only where they are asked for.

    A line may continue a secret from the lines above, but never past a section header, so finding
    begins at the header above. The whole text is searched if it has a private key or UTF-16, or if
    much of it is asked for piece by piece; ``has_none`` is then True if it has no secret.
    """

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        whole = any("PRIVATE KEY" in line or "\0" in line for line in lines)
        self._left = 0 if whole else len(lines) // 64  # pieces to search one by one
        self._found: list[list[Span] | None] = [None] * len(lines)
        self.has_none = False

    def between(self, start: int, stop: int) -> list[tuple[str, list[Span]]]:
        """Returns what ``locate_secrets`` returns for these lines of the whole text."""
        found = [spans or [] for spans in self._spans(start, stop)]
        return list(zip(self.lines[start:stop], found, strict=True))

    def redacted(self, start: int, stop: int, by: Callable[[str], str]) -> list[str]:
        """Returns these lines with each secret replaced by ``by(secret)``."""
        if self.has_none or not any(self._spans(start, stop)):
            return [*self.lines[start:stop]]
        return redact_located(self.between(start, stop), by)

    def _spans(self, start: int, stop: int) -> list[list[Span] | None]:
        """Returns the spans of these lines, all of them found."""
        found = self._found[start:stop]
        if None in found:
            self._find(start, min(stop, len(self.lines)))
            found = self._found[start:stop]
        return found

    def _find(self, first: int, last: int) -> None:
        """Finds the secrets from the header at or above these lines to the next header."""
        if self._left <= 0:
            self._found = [spans for _, spans in locate_secrets(self.lines)]
            self.has_none = not any(self._found)
            return
        while first > 0 and not self.lines[first].lstrip().startswith("["):
            first -= 1
        while last < len(self.lines) and not self.lines[last].lstrip().startswith("["):
            last += 1
        self._left -= 1
        self._found[first:last] = find_in_lines(self.lines[first:last])


def file_reference(name: str) -> str:
    """Returns the reference to a secret that is in a config file."""
    return f"{{{{{_IN_FILE}{name.removeprefix(IN_VAULT)}}}}}"


def as_vault_secret(secret: str) -> Secret:
    """Returns the secret as the vault can store it. Raises EditRefused if it is not UTF-8."""
    if not secret.isascii() and any("\udc80" <= char <= "\udcff" for char in secret):
        raise EditRefused(
            "A secret in this part has bytes that are not UTF-8, so undo could not restore it.",
            "retype that value in an editor first",
        )
    return Secret(secret)


def secrets_in(texts: Iterable[bytes | None], named: SecretNames) -> dict[str, Secret]:
    """Returns the secrets in the texts, by name."""
    found = {
        line[start:end]
        for data in texts
        for line, spans in locate_secrets(split_bytes(data))
        for start, end in spans
    }
    return {named.of(text): Secret(text) for text in found}


def vault_references(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Returns the names of the secrets in the vault that these lines refer to."""
    return tuple(n for line in lines for n in REFERENCE.findall(line) if n.startswith(IN_VAULT))


def all_references(lines: tuple[str, ...]) -> frozenset[str]:
    """Returns the names of all secrets that these lines refer to, in the vault or in a file."""
    return frozenset(_vault_name(n) for line in lines for n in REFERENCE.findall(line))


def _vault_name(name: str) -> str:
    return IN_VAULT + name.rpartition("/")[2]


def fill_secrets(lines: Sequence[str], secrets: Mapping[str, Secret]) -> tuple[str, ...]:
    """Returns the lines with references replaced by their secrets; unknown references stay."""

    def filled(match: re.Match[str]) -> str:
        secret = secrets.get(_vault_name(match[1]))
        return match[0] if secret is None else secret.reveal()

    return tuple(REFERENCE.sub(filled, line) if "{{" in line else line for line in lines)


class MaskedLines:
    """The lines of a text without line ends, with secrets and references masked when asked for."""

    def __init__(self, text: SecretSpans) -> None:
        self._text = text
        self._bare: list[str] | None = None  # all lines, of a text without secrets
        if any("{{" in line for line in text.lines):
            masked = [REFERENCE.sub(MASK, line) for line in text.lines]
            self._text = text if masked == text.lines else SecretSpans(masked)

    def between(self, start: int, stop: int) -> list[str]:
        """Returns the masked lines from ``start`` to before ``stop``."""
        if self._text.has_none:
            if self._bare is None:
                self._bare = [line.rstrip("\r\n") for line in self._text.lines]
            return self._bare[start:stop]
        masked = self._text.redacted(start, stop, lambda secret: MASK)
        return [line.rstrip("\r\n") for line in masked]

    def header_above(self, start: int) -> str | None:
        """Returns the nearest section header above the line ``start``; None if there is none."""
        for at in range(min(start, len(self._text.lines)) - 1, -1, -1):
            header = self.header_at(at)
            if header is not None:
                return header
        return None

    def header_at(self, at: int) -> str | None:
        """Returns the section header in the line ``at``; None if it has none, masked or not."""
        lines = self._text.lines
        if at >= len(lines) or not lines[at].lstrip().startswith("["):
            return None
        (line,) = self.between(at, at + 1)
        return line if line.lstrip().startswith("[") else None


def mask_lines(lines: Sequence[str], *, ends: bool = False) -> list[str]:
    """Returns a text's lines with secrets and references masked; with line ends if ``ends``."""
    bare = [REFERENCE.sub(MASK, line if ends else line.rstrip("\r\n")) for line in lines]
    return redact_lines(bare, lambda secret: MASK)
