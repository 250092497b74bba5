"""macOS's Keychain at the seam where ``keyring`` meets it: Security.framework by ctypes.

``keyring.backends.macOS.api`` loads three frameworks and calls nine of their functions. Here these
are Python functions over a dictionary, which answer as Apple documents for a generic password:
Keychain Services, "SecItemAdd", "SecItemCopyMatching", "SecItemDelete", "Security Framework Result
Codes"; Core Foundation, "CFString", "CFData", "CFDictionary". No Mac is needed, and none is proved.
"""

from __future__ import annotations

import ctypes
import sys
import types
from typing import Any, Final

import pytest

DENIED: Final = -128  # errSecUserCanceled
AUTH_FAILED: Final = -25293  # errSecAuthFailed
LOCKED: Final = -25308  # errSecInteractionNotAllowed: no window can ask for the password
_DUPLICATE: Final = -25299  # errSecDuplicateItem
_NOT_FOUND: Final = -25300  # errSecItemNotFound
_UTF_8: Final = 0x08000100


class Keychain:
    """Generic passwords by service and account; while ``status`` is not 0, each call returns it."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], bytes] = {}
        self.status = 0
        self._objects: dict[int, Any] = {}

    def new(self, value: Any) -> int:
        """A reference to a Core Foundation object of that value."""
        reference = 0x1000 + 16 * len(self._objects)
        self._objects[reference] = value
        return reference

    def _plain(self, query: int) -> dict[str, Any]:
        """A dictionary of the caller's, with its keys and values looked up."""
        refs: dict[int, int] = self._objects[query]
        return {self._objects[key]: self._objects[value] for key, value in refs.items()}

    def _item(self, query: int) -> tuple[str, str]:
        given = self._plain(query)
        assert given["kSecClass"] == "kSecClassGenericPassword"
        return given["kSecAttrService"], given["kSecAttrAccount"]

    def add(self, query: int, _result: object) -> int:
        """SecItemAdd."""
        item = self._item(query)
        if self.status or item in self.items:
            return self.status or _DUPLICATE
        self.items[item] = self._plain(query)["kSecValueData"].encode()
        return 0

    def copy_matching(self, query: int, result: Any) -> int:
        """SecItemCopyMatching, for one item's data."""
        given = self._plain(query)
        assert given["kSecReturnData"] == 1
        assert given["kSecMatchLimit"] == "kSecMatchLimitOne"
        item = self._item(query)
        if self.status or item not in self.items:
            return self.status or _NOT_FOUND
        data = self.items[item]
        # What byref() made points to the caller's variable.
        result._obj.value = self.new(ctypes.create_string_buffer(data, max(len(data), 1)))
        self._objects[result._obj.value].used = len(data)
        return 0

    def delete(self, query: int) -> int:
        """SecItemDelete."""
        item = self._item(query)
        if self.status or item not in self.items:
            return self.status or _NOT_FOUND
        del self.items[item]
        return 0

    def string(self, _allocator: None, text: bytes, encoding: int) -> int:
        """CFStringCreateWithCString: up to the first NUL, as C reads it."""
        assert encoding == _UTF_8
        return self.new(text.partition(b"\0")[0].decode())

    def number(self, _allocator: None, _type: int, value: Any) -> int:
        """CFNumberCreate."""
        return self.new(value._obj.value)

    def dictionary(self, _allocator: None, keys: Any, values: Any, count: int, *_: object) -> int:
        """CFDictionaryCreate."""
        pairs = zip(keys[:count], values[:count], strict=True)
        return self.new({_number(key): _number(value) for key, value in pairs})

    def byte_pointer(self, data: Any) -> int:
        """CFDataGetBytePtr."""
        return ctypes.addressof(self._objects[_number(data)])

    def length(self, data: Any) -> int:
        """CFDataGetLength."""
        used: int = self._objects[_number(data)].used
        return used


def _number(reference: Any) -> int:
    """The number of a reference, which may be a c_void_p."""
    return int(getattr(reference, "value", reference))


class _Framework:
    """A loaded framework: its functions take ``argtypes`` and ``restype``, and so do these."""

    def __init__(self, keychain: Keychain) -> None:
        functions = {
            "SecItemAdd": keychain.add,
            "SecItemCopyMatching": keychain.copy_matching,
            "SecItemDelete": keychain.delete,
            "CFStringCreateWithCString": keychain.string,
            "CFNumberCreate": keychain.number,
            "CFDictionaryCreate": keychain.dictionary,
            "CFDataGetBytePtr": keychain.byte_pointer,
            "CFDataGetLength": keychain.length,
            "kCFTypeDictionaryKeyCallBacks": None,
            "kCFTypeDictionaryValueCallBacks": None,
        }
        for name, function in functions.items():
            # A method takes no attributes, so each gets a function of its own.
            setattr(self, name, function and (lambda *given, call=function: call(*given)))


def install(monkeypatch: pytest.MonkeyPatch) -> Keychain:
    """Have ``keyring``'s macOS backend, imported anew, find this Keychain for one test."""
    keychain = Keychain()
    known: dict[str, int] = {}

    class Pointer(ctypes.c_void_p):
        @classmethod
        def in_dll(cls, _library: Any, name: str) -> Pointer:
            if name not in known:
                known[name] = keychain.new(name)
            return cls(known[name])

    fake = types.ModuleType("ctypes")
    fake.__dict__.update(vars(ctypes))
    fake.__dict__.update(CDLL=lambda _name: _Framework(keychain), c_void_p=Pointer)
    util = types.ModuleType("ctypes.util")
    util.__dict__["find_library"] = lambda name: f"/System/Library/Frameworks/{name}.framework"
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    import keyring.backends

    for name in ("keyring.backends.macOS.api", "keyring.backends.macOS"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.delattr(keyring.backends, "macOS", raising=False)
    with monkeypatch.context() as loading:
        loading.setitem(sys.modules, "ctypes", fake)
        loading.setitem(sys.modules, "ctypes.util", util)
        __import__("keyring.backends.macOS.api")
    for name in ("keyring.backends.macOS.api", "keyring.backends.macOS"):
        monkeypatch.setitem(sys.modules, name, sys.modules.pop(name))
    return keychain
