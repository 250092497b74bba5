"""What belongs to whoever runs the tests: kept out of their reach, and compared at the end.

Sessions are kept by the kernel in a keyring of the user, whatever HOME is; so each test process has
a session keyring of its own, which its children inherit and which is gone when the last has ended.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from awsprof import paths
from awsprof.vault import kernel_keyring

RING = {"AWSPROF_KERNEL_KEYRING": "session"}
_JOIN_SESSION_KEYRING = 1  # man 2 keyctl


def join_a_keyring_of_our_own() -> None:
    """From now on keys of this process, and of those it starts, are in no keyring of a person."""
    kernel_keyring._keyctl(
        _JOIN_SESSION_KEYRING, None
    )  # refused in a container: then nothing is kept


_names_by_ring: dict[int, tuple[bytes, tuple[str, ...]]] = {}


def key_names(prefix: str) -> set[str]:
    """The names in this process's keyring that start with ``prefix``.

    Each test asks four times; the kernel names each key only if the keyring has others than before.
    """
    ring = kernel_keyring._ring()
    serials = kernel_keyring._read(ring) or b""
    before, names = _names_by_ring.get(ring, (None, ()))
    if serials != before:
        names = kernel_keyring.key_names("awsprof:")
        _names_by_ring[ring] = serials, names
    return {name for name in names if name.startswith(prefix)}


class OwnKeys:
    """The keys of this process's keyring: what a test adds is dropped when it has ended.

    An ordinary user may have 200 keys of 20,000 bytes in all, which a whole run would exceed.
    """

    def __init__(self) -> None:
        self._before: set[str] | None = None

    def remember(self) -> None:
        """From now on keys are those of a test."""
        self._before = self._names()

    def drop_new(self) -> None:
        """Drop the keys of the test, but for derived ones, which are slow to derive again."""
        if self._before is None:
            return
        with _ring():
            for name in self._names() - self._before:
                if not name.startswith("awsprof:passphrase-variable:"):
                    kernel_keyring.drop_key(name)
        self._before = None

    def _names(self) -> set[str]:
        with _ring():
            return key_names("awsprof:")


@contextmanager
def _ring() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in RING}
    os.environ.update(RING)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


class Surroundings:
    """The person's own keys and files, as they were when the tests began."""

    def __init__(self) -> None:
        self._prefixes: set[str] = set()
        self._places = (paths.data_dir(), paths.settings_file().parent)
        self._before = self._files()

    def used(self) -> None:
        """Note the folder of ours that a test ran with: keys are named by it."""
        self._prefixes.add(f"awsprof:{zlib.crc32(paths.data_text().encode()):08x}:")

    def changed(self) -> list[str]:
        """What the tests left in the person's keyring, and which of the person's files changed."""
        here = os.environ.pop("AWSPROF_KERNEL_KEYRING", None)
        try:
            names = kernel_keyring.key_names("awsprof:")
        finally:
            if here is not None:
                os.environ["AWSPROF_KERNEL_KEYRING"] = here
        left = [f"the key {name}" for name in names if name[: len("awsprof:01234567:")] in self]
        after = self._files()
        files = {path for path, _ in self._before ^ after}
        return left + sorted(f"the file {path}" for path in files)

    def __contains__(self, prefix: str) -> bool:
        return prefix in self._prefixes

    def _files(self) -> set[tuple[str, int]]:
        own = [path for place in self._places for path in (place, *place.glob("*"))]
        own += [Path.home() / ".aws" / name for name in ("config", "credentials")]
        return {(str(path), path.stat().st_mtime_ns) for path in own if path.is_file()}
