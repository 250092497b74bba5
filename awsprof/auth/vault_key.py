"""A key of the vault for an SDK whose answer nobody keeps, without the modules of a sign-in.

For a profile whose process line names the key, without MFA, and a vault that is the encrypted file,
whose key the kernel has. Everything else, each error included, is left to ``auth.process``.
"""

from __future__ import annotations

import os

from awsprof import paths
from awsprof.vault import key_cache, quick_file

_NEEDS_MORE = (b"mfa_serial", b"aws_account_id")
_PLAIN = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:-"
# With any of these a keyring may be in use, or another one chosen.
_DESKTOP = ("PYTHON_KEYRING_BACKEND", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY")
_MINUTES = b"5"


def read_answer(arguments: list[str], own_lines: list[bytes], asked: str) -> bytes | None:
    """Return the answer, which the kernel then keeps; None if this way does not find it.

    ``own_lines`` are the profile's own in either file (``chain_lines``), ``asked`` is the question
    for the vault's key.
    """
    key_id = arguments[arguments.index("--key") + 1] if "--key" in arguments[:-1] else ""
    given = plain_settings()
    if not (key_id.isascii() and key_id.isalnum()) or not _is_bare(own_lines) or given is None:
        return None
    minutes = given.get(b"key-cache", _MINUTES)
    kept_for = int(minutes) if minutes.isdigit() else 0
    if not _is_encrypted_file(given.get(b"vault", b"auto")) or _is_unfinished():
        return None
    secret = quick_file.read_secret(f"{paths.data_text()}/vault.bin", key_id, kept_for)
    if secret is None:
        return None
    text = f'{{"Version": 1, "AccessKeyId": "{key_id}", "SecretAccessKey": "{secret}"}}'
    key_cache.keep_answer(asked, text.encode(), kept_for)
    return text.encode()


def _is_bare(own_lines: list[bytes]) -> bool:
    """True if the profile is there, and hands out its key as it is."""
    lowered = b"\n".join(own_lines).lower()
    return own_lines != [b"-", b"-"] and not any(name in lowered for name in _NEEDS_MORE)


def plain_settings() -> dict[bytes, bytes] | None:
    """The settings as most people have them, by name; None if the file needs a parser."""
    data = _read(paths.settings_text())
    found: dict[bytes, bytes] = {}
    for line in data.split(b"\n"):
        name, equals, value = line.partition(b"=")
        name, value = name.strip(b" \r"), value.strip(b" \r")
        if line[:1] == b"#" or not line.strip(b" \r"):
            continue
        if len(value) > 2 and value[:1] == value[-1:] == b'"':
            value = value[1:-1]
        elif not value.isdigit():
            return None
        if not equals or name in found or (name + value).translate(None, _PLAIN):
            return None
        found[name] = value
    return found


def _read(path: str) -> bytes:
    """The bytes of a file; a line that needs a parser where it cannot be read."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123  # pathlib is slow to import
            return file.read()
    except FileNotFoundError:
        return b""
    except OSError:
        return b"?"


def _is_encrypted_file(vault: bytes) -> bool:
    """True if the setting can only mean the encrypted file, as ``vault.backends`` would find."""
    if vault != b"auto":
        return vault == b"file"
    environment = os.environ
    runtime, config = environment.get("XDG_RUNTIME_DIR"), environment.get("XDG_CONFIG_HOME")
    config = config or os.path.expanduser("~/.config")  # noqa: PTH111  # as above
    named = f"{config}/python_keyring/keyringrc.cfg"
    return (
        not any(map(environment.get, _DESKTOP))
        and not (runtime and os.path.exists(f"{runtime}/bus"))  # noqa: PTH110  # as above
        and not os.path.exists(named)  # noqa: PTH110  # as above
    )


def _is_unfinished() -> bool:
    """True if an earlier run left a change half done: it has to be finished first."""
    try:
        return bool(os.listdir(paths.unfinished_text()))  # noqa: PTH208  # as above
    except OSError:
        return False
