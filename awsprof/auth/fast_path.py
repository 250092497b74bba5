"""The answer to a question that was asked before: the bytes in the session cache, as they are.

What a question is: the arguments, the bytes of both files, and every variable that AWS's code may
look at, but for the one that names the profile in use. Nothing is imported here that costs time:
SDKs start us for each process of theirs. Beneath a new question lies the resolver's full key.
"""

from __future__ import annotations

import os

from awsprof import paths

try:  # hashlib's own, without the OpenSSL that it loads for its others
    from _blake2 import blake2b
except ImportError:
    from hashlib import blake2b

# Names that change from shell to shell, and shape nothing.
_WITHOUT = frozenset({"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_EXECUTION_ENV"})


def fingerprint(arguments: list[str]) -> str:
    """A name for the question; another config, or another environment, is another question."""
    variables = sorted(
        f"{name}={value}"
        for name, value in os.environ.items()
        if name.startswith("AWS_") and name not in _WITHOUT
    )
    digest = blake2b(digest_size=20)
    for part in (*arguments, "", *variables, ""):
        digest.update(part.encode(errors="surrogateescape") + b"\0")
    for path in (paths.config_text(), paths.credentials_text()):
        data = _bytes(path)
        digest.update(b"%d\0" % len(data) + data)
    return digest.hexdigest()


def _bytes(path: str) -> bytes:
    try:
        with open(path, "rb", buffering=0, opener=_at_once) as file:  # pathlib costs
            return file.read() or b""
    except OSError:
        return b""


def _at_once(path: str, flags: int) -> int:
    """Open without waiting: that of a pipe which nobody writes to would never return."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def cached_output(asked: str) -> bytes | None:
    """What to print; None where nothing is in hand, and the whole way has to be gone."""
    from awsprof.vault.session_cache import SessionCache

    return SessionCache().by_alias(asked)
