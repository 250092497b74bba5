"""Reads a key from the vault for credential_process if it is not cached, with few imports.

For a profile whose process line names the key, without MFA. The vault is the encrypted file, whose
key the kernel has, or an unlocked Secret Service. Everything else, each error included, is left to
``auth.credential_process``.
"""

from __future__ import annotations

import os
import sys

from awsprof import paths
from awsprof.fast_read import read_regular_file
from awsprof.vault import fast_file, key_answers

_NEEDS_MORE = (b"mfa_serial", b"aws_account_id")
_PLAIN = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:-"
_BUS = "DBUS_SESSION_BUS_ADDRESS"
_SECRET_SERVICE = b"keyring.backends.SecretService.Keyring"
_LIMIT_S = 0.5  # after this, auth.credential_process takes over and reports the error
_MINUTES = b"5"


def read_answer(arguments: list[str], own_lines: list[bytes], cache_key: str) -> bytes | None:
    """Returns the output and caches it in the kernel; None leaves it to ``credential_process``.

    ``own_lines`` are the profile's own lines in either file (``chain_lines``); ``cache_key`` is
    that of ``fast_path.vault_cache_key``.
    """
    key_id = arguments[arguments.index("--key") + 1] if "--key" in arguments[:-1] else ""
    given = plain_settings()
    if not (key_id.isascii() and key_id.isalnum()) or not _is_bare(own_lines) or given is None:
        return None
    minutes = given.get(b"key-cache", _MINUTES)
    kept_for = int(minutes) if minutes.isdigit() else 0
    vault = given.get(b"vault", b"auto")
    secret = None
    if paths.has_unfinished_changes():
        return None
    if _is_encrypted_file(vault):
        secret = fast_file.read_secret(f"{paths.data_text()}/vault.bin", key_id, kept_for)
    elif _is_secret_service(vault, key_id.encode()):
        secret = _from_secret_service(key_id)
    if secret is None:
        return None
    text = f'{{"Version": 1, "AccessKeyId": "{key_id}", "SecretAccessKey": "{secret}"}}'
    key_answers.keep_answer(cache_key, text.encode(), kept_for)
    return text.encode()


def _is_bare(own_lines: list[bytes]) -> bool:
    """True if the profile exists and its key needs no session: no MFA, no account."""
    lowered = b"\n".join(own_lines).lower()
    return own_lines != [b"-", b"-"] and not any(name in lowered for name in _NEEDS_MORE)


def plain_settings() -> dict[bytes, bytes] | None:
    """Returns the settings by name; None if the file needs a TOML parser."""
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
    """Returns the bytes of a file; b"?", which no caller accepts, if it cannot be read."""
    try:
        return read_regular_file(path)
    except FileNotFoundError:
        return b""
    except OSError:
        return b"?"


def _is_encrypted_file(vault: bytes) -> bool:
    """True if the setting can only mean the encrypted file, as ``vault.backends`` would find."""
    if vault != b"auto":
        return vault == b"file"
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    has_bus = runtime and os.path.exists(f"{runtime}/bus")  # noqa: PTH110  # as above
    return not (has_bus or any(map(os.environ.get, (_BUS, "DISPLAY"))) or _names_a_keyring())


def _is_secret_service(vault: bytes, key_id: bytes) -> bool:
    """True if the setting means the Secret Service, and the index says that it has the key."""
    if not os.environ.get(_BUS) or vault not in (b"auto", b"keyring", _SECRET_SERVICE):
        return False
    kde = "KDE" in os.environ.get("XDG_CURRENT_DESKTOP", "")  # KWallet may come first
    if vault != _SECRET_SERVICE and (kde or _names_a_keyring()):
        return False
    index = _read(f"{paths.data_text()}/index.toml")
    entry = index.partition(b"[keys." + key_id + b"]\n")[2].partition(b"\n[")[0]
    return b'backend = "' + _SECRET_SERVICE + b'"' in entry.split(b"\n")


def _names_a_keyring() -> bool:
    """True if a setting of `keyring` takes precedence over the platform's backend."""
    config = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")  # noqa: PTH111  # as above
    named = os.path.exists(f"{config}/python_keyring/keyringrc.cfg")  # noqa: PTH110  # as above
    return named or bool(os.environ.get("PYTHON_KEYRING_BACKEND"))


def _from_secret_service(key_id: str) -> str | None:
    """Returns the secret of a key in an unlocked Secret Service; None if a process is using it."""
    if sys.platform == "win32":
        return None
    import fcntl

    from awsprof.vault import fast_secret_service, hardening

    try:
        lock = os.open(f"{paths.data_text()}/locks/vault.lock", os.O_RDWR | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        hardening.protect_process()
        bus = os.environ.get(_BUS, "")
        secret = fast_secret_service.read_unlocked(bus, "awsprof", key_id, limit_s=_LIMIT_S)
    except OSError:  # busy, or a file system without locks
        return None
    finally:
        os.close(lock)
    return secret if secret and not secret.encode().translate(None, fast_file.SECRET) else None
