"""Reads the words that a shell sends for completion, and prints the answer as its script reads it.

Without click, which takes longer to import than shell completion may take. bash inserts a word
unquoted, so awsprof quotes it; zsh and fish quote what they insert.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False  # neither typing nor re nor shlex: each takes as long as the rest
if TYPE_CHECKING:
    from typing import Final, Protocol

    class ShellWords(Protocol):
        """The words of one request: ``before`` the cursor's, without awsprof, and that one."""

        before: list[str]
        incomplete: str

        def shown(self, value: str, summary: str = "") -> str:
            """Returns a plain value, with its summary if the shell shows one."""


_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"
_PLAIN_IN_BASH: Final = frozenset(_LETTERS + "./:@+,%=-")
_PLAIN_IN_NU: Final = frozenset(_LETTERS + "./:@+-")


class BashWords:
    """bash, with the script of ``awsprof completion bash``."""

    def __init__(self) -> None:
        line = _line()
        words = _split(line + "_")  # COMP_WORDS would split at ':'; "_": the last is the cursor's
        self.before, self.incomplete = words[1:-1], words[-1][:-1]
        self._quote = _open_quote(line)
        breaks = set(os.environ.get("COMP_WORDBREAKS", "")) & set(":=@")
        start = max((self.incomplete.rfind(each) + 1 for each in breaks), default=0)
        self._inserted = len(_escaped(self.incomplete[:start]))

    def shown(self, value: str, summary: str = "") -> str:
        """Returns the part of the value that bash still has to insert, quoted."""
        if self._quote:
            special = "'" if self._quote == "'" else '"$`!\\'
            return f"plain,{value}" if not set(special) & set(value) else ""
        return f"plain,{_escaped(value)[self._inserted :]}"


class ZshWords:
    """zsh, with click's script. COMP_CWORD is the index of the cursor's word."""

    def __init__(self) -> None:
        words = _split(os.environ.get("COMP_WORDS", ""))
        index = _number("COMP_CWORD")
        self.before = words[1:index]
        self.incomplete = words[index] if 0 < index < len(words) else ""

    def shown(self, value: str, summary: str = "") -> str:
        """Colons are escaped where a summary follows: the script splits there."""
        if not summary:
            return f"plain\n{value}\n_"
        escaped = value.replace(":", r"\:")
        return f"plain\n{escaped}\n{summary}"


class FishWords:
    """fish, with our script. COMP_CWORD is the cursor's word, which COMP_WORDS may have too."""

    def __init__(self) -> None:
        self.before = _split(os.environ.get("COMP_WORDS", ""))[1:]
        self.incomplete = "".join(_split(os.environ.get("COMP_CWORD", ""))[:1])
        if self.incomplete and self.before and self.before[-1] == self.incomplete:
            self.before.pop()

    def shown(self, value: str, summary: str = "") -> str:
        """Returns the value without the summary: fish would cut a value at the separator."""
        return f"plain,{value}"


class PowerShellWords(FishWords):
    """PowerShell, with our script. It inserts a word as it is, so awsprof quotes it."""

    def shown(self, value: str, summary: str = "") -> str:
        """Returns the value, quoted, and its summary, which a menu shows."""
        from awsprof.shells import Shell, quote_word

        return f"{quote_word(value, Shell.POWERSHELL)}\t{summary}"


class NuWords:
    """nu, with our script: COMP_WORDS are its words, one a line, the last one the cursor's."""

    def __init__(self) -> None:
        words = os.environ.get("COMP_WORDS", "").split("\n")
        self.before, self.incomplete = words[1:-1], words[-1].strip("'\"`")

    def shown(self, value: str, summary: str = "") -> str:
        """Returns the value, quoted, and its summary, which a menu shows."""
        from awsprof.shells import Shell, quote_word

        word = value if _PLAIN_IN_NU.issuperset(value) else quote_word(value, Shell.NU)
        return f"{word}\t{summary}"


SHELLS: Final[dict[str, type[ShellWords]]] = {
    "bash": BashWords,
    "zsh": ZshWords,
    "fish": FishWords,
    "powershell": PowerShellWords,
    "nu": NuWords,
}


def _split(text: str) -> list[str]:
    """Splits like a shell; an unfinished last word is kept as it is, as click does."""
    if text.isascii() and text.isprintable() and not set(text) & set("'\"\\"):
        return text.split()
    import shlex

    lexer = shlex.shlex(text, posix=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    words: list[str] = []
    try:
        words.extend(lexer)
    except ValueError:
        words.append(lexer.token)
    return words


def _line() -> str:
    """Returns the line up to the cursor. COMP_POINT counts bytes."""
    line = os.environ.get("COMP_LINE", "")
    return os.fsencode(line)[: _number("COMP_POINT")].decode(errors="ignore")


def _number(variable: str) -> int:
    """Returns the variable's number; 0 if it has none."""
    text = os.environ.get(variable, "")
    return int(text) if text.isdecimal() else 0


def _open_quote(line: str) -> str:
    """Returns the quote character that is open at the end of the line, or ""."""
    quote = ""
    characters = iter(line)
    for character in characters:
        if character == "\\" and quote != "'":
            next(characters, None)
        elif quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
    return quote


def _escaped(text: str) -> str:
    """Returns ``text`` with a backslash before each character that is special in bash."""
    start = "\\" if text.startswith(("%", "=")) else ""
    if _PLAIN_IN_BASH.issuperset(text):
        return start + text
    return start + "".join(each if each in _PLAIN_IN_BASH else "\\" + each for each in text)
