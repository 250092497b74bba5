"""Prints the cached output of ``awsprof credential-process`` from the kernel keyring.

SDKs start awsprof once for each of their processes, so this module imports as little as Python
allows: no ``os`` (the launcher starts Python without ``site``), no ``ctypes`` package. Unusual
cases (no HOME, another machine type, Windows, a session in an encrypted file) are left to the other
modules, which return the same output.

A request's fingerprint covers the arguments, the lines of both files that the profile's credentials
depend on, the variables that select an endpoint (``chain_lines``), and Identity Center's token: the
next sign-in, in the AWS CLI too, may be somebody else's. If the files need a parser, it covers all
of their bytes instead, every ``AWS_*`` variable but those that name the profile in use, and every
token. For a key of the vault, the cache key also covers the vault's location and state.
"""

from __future__ import annotations

import sys

from awsprof.auth.chain_lines import SHAPING_VARIABLES, chain_lines

TYPE_CHECKING = False  # as typing's own, without its three milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    system: Any  # posix's environ has bytes, and os's on Windows has text
elif sys.platform == "win32":
    import os as system
else:
    import posix as system

try:  # hashlib's own, without the OpenSSL that it loads for its others
    from _blake2 import blake2b
except ImportError:
    from hashlib import blake2b

# Variables that differ between shells, and do not affect credentials.
_IGNORED = frozenset({b"AWS_PROFILE", b"AWS_DEFAULT_PROFILE", b"AWS_EXECUTION_ENV"})
# `exec --serve` hides both files behind these; awsprof.paths knows how.
_HIDDEN = (b"AWSPROF_CONFIG_FILE", b"AWSPROF_SHARED_CREDENTIALS_FILE")
_UNREADABLE = b"["  # chain_lines returns None for it
_MOST_PARTS = 64  # of a file, of a megabyte each
# keyctl, by machine, for 64-bit programs (vault.kernel_keyring has them all).
KEYCTL = {"x86_64": 250, "aarch64": 219}
_SEARCH, _READ = 10, 11
_SESSION_RING, _USER_RING = -3, -4
_TYPES = (b"big_key", b"user")
STAMP = 12  # bytes before the payload of a session (vault.session_cache)
_ROOM = 8192  # bytes; vault.kernel_keyring reads longer payloads


def print_cached(arguments: list[str]) -> int | None:
    """Prints the cached answer of ``credential-process ARGUMENTS``; returns the exit code.

    Returns None, and writes nothing, if there is no cached answer or stdout cannot be written.
    """
    if sys.platform != "linux" or sys.stdout is None:
        return None
    if any(map(system.environ.get, _HIDDEN)):
        return None
    fingerprint, lines = _fingerprint_and_lines(arguments)
    kept = cached_output(fingerprint)
    if kept is None and "--key" in arguments:
        kept = _key(arguments, fingerprint, lines)
    if kept is None:
        return None
    left = kept + b"\n"
    try:
        while left:
            left = left[system.write(1, left) :]
    except OSError:
        if len(left) == len(kept) + 1:
            return None
        from awsprof.std_streams import print_output

        return print_output(left)
    return 0


def _key(arguments: list[str], fingerprint: str, lines: list[bytes] | None) -> bytes | None:
    """Returns the output with a key of the vault, from the cache or the vault; None if slow."""
    cache_key = vault_cache_key(fingerprint)
    kept = cached_key(cache_key) if cache_key else None
    if kept is not None or cache_key is None or lines is None:
        return kept
    from awsprof.auth.fast_vault_key import read_answer

    try:
        return read_answer(arguments, lines[1:3], cache_key)
    except Exception:  # auth.credential_process fails the same way, with a message
        return None


def request_fingerprint(arguments: list[str]) -> str:
    """Returns the fingerprint of a request to credential-process, 40 hexadecimal digits."""
    return _fingerprint_and_lines(arguments)[0]


def profile_fingerprint(profile: str) -> str:
    """Returns the fingerprint of a profile for the commands that use it by name."""
    name = profile.encode(errors="surrogateescape")
    return _digest([b"profile", name], name)[0]


def _fingerprint_and_lines(arguments: list[str]) -> tuple[str, list[bytes] | None]:
    """Returns the fingerprint, and the chain's lines if it was computed from them, else None."""
    given = [part.encode(errors="surrogateescape") for part in arguments]
    return _digest(given, _profile(given))


def _digest(given: list[bytes], profile: bytes) -> tuple[str, list[bytes] | None]:
    """Returns the digest of ``given`` and of all that the profile's credentials depend on."""
    config, credentials = config_files()
    lines = chain_lines(config, credentials, profile)
    if lines is None:
        parts = [*given, b"", *_all_variables(), b"", config, credentials]
    else:
        parts = [*given, b"chain", *_shaping_variables(), b"", *lines]
    if lines is None or b"sso" in b"".join(lines).lower():
        from awsprof.auth.fast_tokens import token_parts

        parts += token_parts(lines, _bytes, _state)
    digest = blake2b(digest_size=20)
    for part in parts:
        digest.update(b"%d\0" % len(part) + part)
    return digest.hexdigest(), lines


def config_files() -> tuple[bytes, bytes]:
    """Returns the bytes of AWS's config and credentials files."""
    config = _bytes(_path(b"AWS_CONFIG_FILE", b"config"))
    return config, _bytes(_path(b"AWS_SHARED_CREDENTIALS_FILE", b"credentials"))


def _profile(arguments: list[bytes]) -> bytes:
    """Returns the profile argument; b" " (no valid name) unless there is exactly one."""
    rest = list(arguments)
    if b"--key" in rest:
        at = rest.index(b"--key")
        del rest[at : at + 2]
    if rest[:1] == [b"--"]:
        del rest[0]
    return rest[0] if len(rest) == 1 else b" "


def _shaping_variables() -> list[bytes]:
    """Returns the variables that select an endpoint, whether set or not."""
    values = dict(_environment())
    return [
        b"+" + values[name] if name in values else b"-"
        for name in (variable.encode() for variable in SHAPING_VARIABLES)
    ]


def _all_variables() -> list[bytes]:
    return sorted(
        name + b"=" + value
        for name, value in _environment()
        if name.startswith(b"AWS_") and name not in _IGNORED
    )


def _environment() -> list[tuple[bytes, bytes]]:
    environment = system.environ.items()
    if sys.platform == "win32":
        return [(name.encode(), value.encode(errors="replace")) for name, value in environment]
    return list(environment)


def _path(variable: bytes, name: bytes) -> str | bytes:
    """Returns one of AWS's files, as awsprof.paths has it."""
    if sys.platform != "win32":
        moved: bytes | None = system.environ.get(variable)
        home: bytes | None = system.environ.get(b"HOME")
        if moved and not moved.startswith((b"~", b"/dev/")) and b"$" not in moved:
            return moved
        if not moved and home and not home.startswith(b"~"):
            return home.rstrip(b"/") + b"/.aws/" + name
    from awsprof import paths

    return paths.config_text() if name == b"config" else paths.credentials_text()


def _bytes(path: str | bytes) -> bytes:
    """Returns the bytes of a file; empty if there is none. Does not wait for the writer of a pipe.

    A file that cannot be read counts as one that needs a parser.
    """
    flags = system.O_RDONLY | getattr(system, "O_NONBLOCK", 0) | getattr(system, "O_CLOEXEC", 0)
    try:
        descriptor = system.open(path, flags | getattr(system, "O_BINARY", 0))
    except (FileNotFoundError, NotADirectoryError):
        return b""
    except (OSError, ValueError):
        return _UNREADABLE
    parts = []
    try:
        while part := system.read(descriptor, 1 << 20):
            parts.append(part)
            if len(parts) > _MOST_PARTS:  # a device such as /dev/zero has no end
                return _UNREADABLE
    except OSError:
        return _UNREADABLE
    finally:
        system.close(descriptor)
    return b"".join(parts)


def vault_cache_key(fingerprint: str) -> str | None:
    """Returns the cache key of an output with a key of the vault; None if the vault's state is
    unknown.

    It changes with the settings, the encrypted file and the index, whose modification time each
    change of the vault updates (``vault.key_answers``).
    """
    if sys.platform != "linux":
        return None
    data, config = _data_folder(), _own_folder(b"XDG_CONFIG_HOME", b"/.config")
    if data is None or config is None:
        return None
    digest = blake2b(fingerprint.encode(), digest_size=20)
    for part in (
        system.environ.get(b"PYTHON_KEYRING_BACKEND") or b"",
        _state(data + b"/vault.bin"),
        _state(data + b"/index.toml"),
        _bytes(config + b"/settings.toml"),
    ):
        digest.update(b"%d\0" % len(part) + part)
    return digest.hexdigest()


def _state(path: bytes) -> bytes:
    """Returns a file's device, inode, size and times, which show a change; empty without a file."""
    try:
        about = system.stat(path)
    except (OSError, ValueError):
        return b""
    times = (about.st_mtime_ns, about.st_ctime_ns)
    return b"%d %d %d %d %d" % (about.st_dev, about.st_ino, about.st_size, *times)


def cached_output(fingerprint: str) -> bytes | None:
    """Returns the cached session of the request with that fingerprint; None if there is none."""
    own_key = kernel_reader()
    alias = own_key(b"machine:alias/" + fingerprint.encode()) if own_key else None
    if own_key is None or alias is None:
        return None
    kept = cached_session(own_key, alias[STAMP:])
    return None if kept is None else kept[STAMP:]


def cached_session(own_key: Callable[[bytes], bytes | None], key: bytes) -> bytes | None:
    """Returns the session under that cache key, behind its stamp; None if there is none."""
    for maker in (b"person:", b"machine:"):
        kept = own_key(maker + key)
        if kept is not None:
            return kept
    return None


def cached_key(cache_key: str) -> bytes | None:
    """Returns the cached output under ``vault_cache_key``; None if there is none."""
    own_key = kernel_reader()
    kept = own_key(b"vault-key:" + cache_key.encode()) if own_key else None
    if kept is None:
        return None
    from awsprof.vault import passphrase_check

    passphrase = system.environ.get(passphrase_check.VARIABLE.encode())
    if not passphrase_check.is_same(kept, passphrase):
        return None
    return kept[passphrase_check.LENGTH :]


def _data_folder() -> bytes | None:
    return _own_folder(b"XDG_DATA_HOME", b"/.local/share")


def _own_folder(variable: bytes, default: bytes) -> bytes | None:
    """Returns our data or settings folder, as awsprof.paths has it; None if its path is unusual."""
    environment = system.environ
    own = environment.get(b"AWSPROF_HOME")
    base, home = environment.get(variable), environment.get(b"HOME")
    if own:
        folder = own
    elif base and base.startswith(b"/"):
        folder = base + (b"awsprof" if base.endswith(b"/") else b"/awsprof")
    elif home and not home.startswith(b"~"):
        folder = home.rstrip(b"/") + default + b"/awsprof"
    else:
        return None
    return None if folder.startswith(b"~") else folder


def _crc32(data: bytes) -> int:
    """Returns zlib.crc32 of the data, without importing zlib for about forty bytes."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xEDB88320 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def kernel_reader() -> Callable[[bytes], bytes | None] | None:
    """Returns a function that reads a kernel key of our data folder by the rest of its name.

    It returns the key's bytes, or None if there is no such key. None on an unsupported machine, or
    if the folder's path is an unusual one.
    """
    number = KEYCTL.get(system.uname().machine) if sys.platform == "linux" else None
    folder = None if number is None or sys.maxsize <= 2**32 else _data_folder()
    if folder is None:
        return None
    try:
        import _ctypes
    except ImportError:
        return None
    lib: Any = _ctypes

    class Long(lib._SimpleCData):  # type: ignore[misc]
        _type_ = "l"

    class Byte(lib._SimpleCData):  # type: ignore[misc]
        _type_ = "c"

    class Buffer(lib.Array):  # type: ignore[misc]
        _type_, _length_ = Byte, _ROOM

    class Call(lib.CFuncPtr):  # type: ignore[misc]
        _flags_, _restype_ = lib.FUNCFLAG_CDECL, Long

    syscall = Call(lib.dlsym(lib.dlopen(None, 0), "syscall"))
    session = system.environ.get(b"AWSPROF_KERNEL_KEYRING") == b"session"
    ring, nothing = Long(_SESSION_RING if session else _USER_RING), Long(0)
    prefix = b"awsprof:%08x:" % _crc32(folder)

    def read(name: bytes) -> bytes | None:
        for type_ in _TYPES:
            key = syscall(Long(number), Long(_SEARCH), ring, type_, prefix + name, nothing)
            if key > 0:
                buffer = Buffer()
                size = syscall(Long(number), Long(_READ), Long(key), buffer, Long(_ROOM))
                return buffer.raw[:size] if 0 <= size <= _ROOM else None
        return None

    return read
