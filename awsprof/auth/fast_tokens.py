"""What ``fast_path`` adds to a fingerprint for Identity Center: the tokens of the sign-ins.

After the next sign-in, in the AWS CLI too, a session may be somebody else's. Imported only for
profiles that may sign in there.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # as in fast_path
if TYPE_CHECKING:
    from collections.abc import Callable

_VISIBLE = bytes(range(0x21, 0x7F))  # of ASCII


def token_parts(
    lines: list[bytes] | None,
    read: Callable[[bytes], bytes],
    state: Callable[[bytes], bytes],
) -> list[bytes]:
    """Returns the token files of the chain's sessions, as the AWS CLI has them.

    They are named by the SHA-1 of the sso-session's name, or of an older profile's start URL. If
    that needs a parser, as with ``lines`` None, returns the names and states of all token files.
    ``read`` and ``state`` return a file's bytes, and what shows that it changed.
    """
    names = None if lines is None else _token_names(lines)
    if names is None:
        return _all_tokens(state)
    if not names:
        return []
    try:  # hashlib's own, without the OpenSSL that it loads for its others
        from _sha1 import sha1  # type: ignore[import-not-found]
    except ImportError:
        from hashlib import sha1

    digests = [sha1(name, usedforsecurity=False).hexdigest().encode() for name in names]
    folder = _sso_cache()
    return [read(folder + b"/" + digest + b".json") for digest in digests]


def _token_names(lines: list[bytes]) -> list[bytes] | None:
    """Returns the names of all sessions that the lines could mean; None if that needs a parser.

    A role that assumes another one may name an sso-session that it does not use.
    """
    names = []
    for header, *texts in zip(lines[::3], lines[1::3], lines[2::3], strict=True):
        kind, _, name = header.partition(b" ")
        found = [name] if kind == b"sso-session" else _start_urls(b"\n".join(texts))
        if found is None:
            return None
        names += found
    return names


def _start_urls(text: bytes) -> list[bytes] | None:
    """Returns the start URLs of an older profile's lines; None if they need a parser."""
    lowered = text.lower()
    if b"sso_start_url" not in lowered:
        return []
    pairs = [line.partition(b"=") for line in text.split(b"\n")]
    urls = [url.strip() for key, _, url in pairs if key.strip(b" +") == b"sso_start_url"]
    if len(urls) != lowered.count(b"sso_start_url") or not all(urls):
        return None
    is_plain = not b"".join(urls).translate(None, _VISIBLE)
    return urls if is_plain and b"\n " not in text and b"\n\t" not in text else None


def _all_tokens(state: Callable[[bytes], bytes]) -> list[bytes]:
    """Returns the names and states of all files in the cache of Identity Center."""
    folder = _sso_cache()
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208  # pathlib is slow
    except OSError:
        return []
    return [name + b" " + state(folder + b"/" + name) for name in names]


def _sso_cache() -> bytes:
    """Returns the folder, as awsprof.paths has it."""
    home = "" if sys.platform == "win32" else os.environ.get("HOME", "")
    if home and not home.startswith("~"):
        return os.fsencode(home.rstrip("/")) + b"/.aws/sso/cache"
    from awsprof import paths

    return str(paths.sso_cache_dir()).encode(errors="surrogateescape")
