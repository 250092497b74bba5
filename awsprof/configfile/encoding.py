"""How the bytes of a file are text: UTF-8 as it should be, or what Windows programs write.

Notepad and PowerShell save UTF-16, or UTF-8 behind a byte order mark; no SDK reads either.
"""

import codecs
from typing import Final

UTF_8: Final = "utf-8"
UTF_8_SIG: Final = "utf-8-sig"
MARK: Final = "\ufeff"
_MARKED: Final = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_BARE: Final = " without its mark"
_LOOK: Final = 128  # bytes from which UTF-16 without a mark is known


def encoding_of(data: bytes) -> str:
    """``utf-8``, ``utf-8-sig`` where a byte order mark leads it, or which UTF-16 it is."""
    for mark, encoding in _MARKED:
        if data.startswith(mark) and _is_whole(data, encoding):
            return encoding
    if data.startswith(codecs.BOM_UTF8):
        return UTF_8_SIG
    for encoding, zeros in (("utf-16-le", data[1:_LOOK:2]), ("utf-16-be", data[:_LOOK:2])):
        if len(data) > 3 and not any(zeros) and _is_whole(data, encoding):
            return encoding
    return UTF_8


def is_utf_16(encoding: str) -> bool:
    """Whether it is one of the two UTF-16."""
    return encoding.startswith("utf-16")


def _is_whole(data: bytes, encoding: str) -> bool:
    try:
        return data.decode(encoding).encode(encoding) == data
    except UnicodeError:
        return False


def to_text(data: bytes) -> tuple[str, str]:
    """The encoding, and the text without the mark that may lead it; no bytes are too odd."""
    encoding = encoding_of(data)
    if is_utf_16(encoding):
        return encoding, data.decode(encoding).removeprefix(MARK)
    return encoding, data.decode(errors="surrogateescape").removeprefix(MARK)


def to_bytes(encoding: str, text: str) -> bytes:
    """The bytes that the text is in that encoding, behind a mark in all but plain UTF-8."""
    if is_utf_16(encoding):
        return (MARK + text).encode(encoding)
    return ((MARK if encoding == UTF_8_SIG else "") + text).encode(errors="surrogateescape")


def to_lines(data: bytes) -> list[str]:
    """The lines of any bytes, each with its line end, for a diff; ``from_lines`` goes back.

    Of UTF-16 the first line names the encoding, so that a text in another one differs in that
    line alone.
    """
    encoding, text = to_text(data)
    if is_utf_16(encoding):
        bare = "" if to_bytes(encoding, text) == data else _BARE
        return [f"{MARK}{encoding}{bare}\n", *text.splitlines(keepends=True)]
    return data.decode(errors="surrogateescape").splitlines(keepends=True)


def from_lines(lines: list[str]) -> bytes:
    """The bytes that ``to_lines`` made these lines of."""
    for _, encoding in _MARKED:
        if lines[:1] == [f"{MARK}{encoding}\n"]:
            return to_bytes(encoding, "".join(lines[1:]))
        if lines[:1] == [f"{MARK}{encoding}{_BARE}\n"]:
            return "".join(lines[1:]).encode(encoding)
    return "".join(lines).encode(errors="surrogateescape")
