"""Decode a file's bytes: UTF-8, or what Windows programs write.

Notepad and PowerShell save UTF-16, or UTF-8 with a byte order mark (BOM); no SDK reads either.
"""

import codecs
import locale
import sys
from typing import Final

UTF_8: Final = "utf-8"
UTF_8_SIG: Final = "utf-8-sig"
BOM: Final = "\ufeff"
_BOMS: Final = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_BARE: Final = " without its mark"
_SAMPLE: Final = 128  # bytes that tell UTF-16 without a BOM


def encoding_of(data: bytes) -> str:
    """Returns ``utf-8``, ``utf-8-sig`` (with a BOM), ``utf-16-le`` or ``utf-16-be``."""
    for mark, encoding in _BOMS:
        if data.startswith(mark) and _round_trips(data, encoding):
            return encoding
    if data.startswith(codecs.BOM_UTF8):
        return UTF_8_SIG
    for encoding, zeros in (("utf-16-le", data[1:_SAMPLE:2]), ("utf-16-be", data[:_SAMPLE:2])):
        if len(data) > 3 and not any(zeros) and _round_trips(data, encoding):
            return encoding
    return UTF_8


def botocore_encoding() -> str:
    """Returns the encoding in which botocore opens the files on this system.

    It names none, so Python takes the locale's on Windows (cp1252, cp932, ...) unless its UTF-8
    mode is on, and UTF-8 elsewhere. The other SDKs always read UTF-8.
    """
    if sys.platform != "win32" or sys.flags.utf8_mode:
        return UTF_8
    found = locale.getencoding().lower()
    return UTF_8 if found in {"utf-8", "utf8", "cp65001"} else found


def first_misread_line(data: bytes) -> int | None:
    """Returns the first line, from 1, that botocore here reads otherwise than the other SDKs.

    None if all lines are ASCII, or botocore reads UTF-8.
    """
    if data.isascii() or botocore_encoding() == UTF_8:
        return None
    lines = enumerate(data.split(b"\n"), start=1)
    return next(number for number, line in lines if not line.isascii())


def first_undecodable_line(data: bytes, encoding: str) -> int | None:
    """Returns the first line, from 1, that is not in that encoding; None if all of it is."""
    try:
        data.decode(encoding)
    except UnicodeDecodeError as exc:
        return data.count(b"\n", 0, exc.start) + 1
    return None


def is_utf_16(encoding: str) -> bool:
    """True if the encoding is UTF-16."""
    return encoding.startswith("utf-16")


def _round_trips(data: bytes, encoding: str) -> bool:
    try:
        return data.decode(encoding).encode(encoding) == data
    except UnicodeError:
        return False


def decode_text(data: bytes) -> tuple[str, str]:
    """Returns the encoding and the text without its BOM; accepts any bytes."""
    encoding = encoding_of(data)
    if is_utf_16(encoding):
        return encoding, data.decode(encoding).removeprefix(BOM)
    return encoding, data.decode(errors="surrogateescape").removeprefix(BOM)


def encode_text(encoding: str, text: str) -> bytes:
    """Encodes the text, with a BOM in every encoding but plain UTF-8."""
    if is_utf_16(encoding):
        return (BOM + text).encode(encoding)
    return ((BOM if encoding == UTF_8_SIG else "") + text).encode(errors="surrogateescape")


def split_diff_lines(data: bytes) -> list[str]:
    """Returns the lines of any bytes, with line ends, for a diff; ``join_diff_lines`` reverses it.

    For UTF-16 the first line names the encoding, so that a change of encoding changes only that
    line.
    """
    encoding, text = decode_text(data)
    if is_utf_16(encoding):
        bare = "" if encode_text(encoding, text) == data else _BARE
        return [f"{BOM}{encoding}{bare}\n", *text.splitlines(keepends=True)]
    return data.decode(errors="surrogateescape").splitlines(keepends=True)


def join_diff_lines(lines: list[str]) -> bytes:
    """Returns the bytes from which ``split_diff_lines`` made these lines."""
    for _, encoding in _BOMS:
        if lines[:1] == [f"{BOM}{encoding}\n"]:
            return encode_text(encoding, "".join(lines[1:]))
        if lines[:1] == [f"{BOM}{encoding}{_BARE}\n"]:
            return "".join(lines[1:]).encode(encoding)
    return "".join(lines).encode(errors="surrogateescape")
