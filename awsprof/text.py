"""Make text from outside safe to show, and write times, counts and lists in words.

Account and profile names, other programs' stderr, AWS's error messages and shared files may contain
control characters (which move a terminal's cursor), bidirectional marks (which reorder text) and
line breaks (which forge lines). Escaping markup is left to the terminal package.
"""

import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime

_HIDDEN = frozenset(
    {"Cc", "Cf", "Cs", "Co", "Cn"}
)  # control, format, surrogate, private use, unassigned
_LONG = 32  # characters; an AWS secret has 40


def one_line(text: str) -> str:
    """Returns ``text`` on one line with its blanks, without hidden characters."""
    if text.isascii() and text.isprintable():
        return text
    chars = (" " if c.isspace() else c for c in text.replace("\r\n", " "))
    return "".join(c for c in chars if unicodedata.category(c) not in _HIDDEN)


def sanitize(text: str, limit: int = 300) -> str:
    """Returns ``text`` on one line, without hidden characters, at most ``limit`` long."""
    if text.isalnum() and text.isascii() and len(text) <= limit:  # the usual case
        return text
    spaced = " ".join(text.split())
    plain = spaced.isascii() and spaced.isprintable()
    shown = (
        spaced if plain else "".join(c for c in spaced if unicodedata.category(c) not in _HIDDEN)
    )
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def show_hidden(text: str) -> str:
    """Returns ``sanitize(text)``; quoted, with escapes, if that hides how a short text differs.

    For a name that is not known, beside one that is: 'dev\\u200f' and dev look the same otherwise,
    and so do é as one character and as two. A text as long as a secret is not split by escapes,
    since masking would not recognize it.
    """
    shown = sanitize(text)
    composed = text.isascii() or unicodedata.is_normalized("NFC", text)
    if (shown == text and composed) or len(text) >= _LONG:
        return shown
    hidden = (not c.isprintable() or not (composed or c.isascii()) for c in text)
    escaped = (
        c.encode("unicode_escape").decode() if odd else c
        for c, odd in zip(text, hidden, strict=True)
    )
    return f"'{''.join(escaped)}'"


def cut_long_words(text: str, limit: int = 1000) -> str:
    """Returns ``text`` with each word of more than ``limit`` characters cut to a third of it.

    An argument that an error repeats may be as long as the command line; a URL is shorter.
    """
    if len(text) <= limit:
        return text
    words = (w if len(w) <= limit else w[: limit // 3] + "…" for w in text.split(" "))
    return " ".join(words)


def list_names(names: Sequence[str], most: int) -> str:
    """Returns the names for a sentence: at most ``most``, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(sanitize, names[:most])) + more


def counted(count: int, noun: str) -> str:
    """Returns the number with its noun: "1 profile", "3 profiles"."""
    return f"{count} {noun}{'s' * (count != 1)}"


def sanitize_line(line: str, limit: int) -> str:
    """Returns ``sanitize(line, limit)`` after the line's indent as at most 20 blanks.

    The white space that a line begins with has a meaning in a config file.
    """
    if (
        len(line) <= limit
        and line.isascii()
        and line.isprintable()
        and line[:1] != " "
        and line[-1:] != " "
        and "  " not in line
    ):
        return line  # the usual case
    bare = line.lstrip(" \t")
    indent = line[: len(line) - len(bare)].replace("\t", "    ")[:20] if bare else ""
    return indent + sanitize(line, limit)


def width(text: str) -> int:
    """Returns the number of columns that ``text`` takes in a terminal."""
    if text.isascii():
        return len(text)
    bare = (c for c in text if unicodedata.category(c) not in {"Mn", "Me"})  # combining marks
    return sum(2 if unicodedata.east_asian_width(c) in {"W", "F"} else 1 for c in bare)


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Returns rows as lines: each column as wide as its widest cell, two spaces between them."""
    padded = []
    for column in zip(*rows, strict=True):
        widths = [*map(width, column)]
        room = max(widths)
        padded.append([c + " " * (room - w) for c, w in zip(column, widths, strict=True)])
    return ["  ".join(cells) for cells in zip(*padded, strict=True)]


def fold(text: str, room: int) -> list[str]:
    """Returns ``text`` in lines of at most ``room`` columns, broken at blanks.

    A word that is wider, such as an ARN, is broken after a "/", ":" or "," if there is one near
    the end. A URL stays whole: a terminal opens it only if it is one word.
    """
    bare = text.lstrip(" ")
    lines, line = [], " " * (len(text) - len(bare))
    for word in bare.split(" "):
        longer = f"{line} {word}" if line.strip() else line + word
        if width(longer) <= room:
            line = longer
            continue
        if line.strip():
            lines.append(line.rstrip())
        while width(word) > room and "://" not in word:
            head = _head(word, room)
            lines.append(head)
            word = word[len(head) :]
        line = word
    return [*lines, line] if line.strip() or not lines else lines


def _head(word: str, room: int) -> str:
    """Returns the part of ``word`` that goes into ``room`` columns: at least one character."""
    taken = end = 0
    for character in word:
        taken += width(character)
        if taken > room:
            break
        end += 1
    mark = max(word.rfind(each, 0, end) for each in "/:,") + 1
    return word[: mark if mark > end // 2 else max(end, 1)]


def clock_time(moment: datetime, now: datetime | None = None) -> str:
    """Returns ``22:11`` for a time today, else ``22:11 on Sat 28 Nov``, in local time."""
    local = moment.astimezone()
    today = (now or datetime.now(UTC)).astimezone().date()
    day = "" if local.date() == today else f" on {local:%a} {local.day} {local:%b}"
    return f"{local:%H:%M}{day}"


def sentence_start(text: str) -> str:
    """Returns the text as the start of a sentence: ``the`` becomes ``The``; names stay."""
    return f"T{text[1:]}" if text.startswith("the ") else text
