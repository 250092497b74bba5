"""Calls functions of the C library by number and bytes, without the slow ``ctypes`` package.

The package imports five times as long as the rest of a kernel lookup takes; ``_ctypes`` is what it
is made of. For Linux: elsewhere there is nothing that we call.
"""

from __future__ import annotations

TYPE_CHECKING = False  # importing it from typing would cost every cache hit 3 ms
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_functions: dict[str, Callable[..., int]] = {}


def call_libc(name: str, *arguments: Any) -> int:
    """Calls the function ``name`` with numbers, bytes and buffers; returns its number.

    A failure is returned as the negative errno, as the kernel has it.
    """
    if name not in _functions:
        _functions[name] = _load(name)
    return _functions[name](*arguments)


def _load(name: str) -> Callable[..., int]:
    import _ctypes

    lib: Any = _ctypes

    class Long(lib._SimpleCData):  # type: ignore[misc]
        _type_ = "l"

    class Function(lib.CFuncPtr):  # type: ignore[misc]
        _flags_, _restype_ = lib.FUNCFLAG_CDECL | lib.FUNCFLAG_USE_ERRNO, Long

    function = Function(lib.dlsym(lib.dlopen(None, 0), name))

    def call(*arguments: Any) -> int:
        result = function(*(Long(a) if isinstance(a, int) else a for a in arguments))
        value = int(getattr(result, "value", result))
        return value if value >= 0 else -int(lib.get_errno())

    return call


def buffer(size: int) -> Any:
    """Returns zeroed memory for a function to write to; its ``raw`` is the bytes."""
    import _ctypes

    lib: Any = _ctypes

    class Byte(lib._SimpleCData):  # type: ignore[misc]
        _type_ = "c"

    class Buffer(lib.Array):  # type: ignore[misc]
        _type_, _length_ = Byte, size

    return Buffer()
