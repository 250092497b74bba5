"""How a text is written so that a shell takes it for one word, and how variables are set in each.

Everything that prints something to be run or copied takes its quoting from here. What comes out
holds no control, format or line-breaking character: those are written as the shell's escapes, or
refused where the shell has none, so that what a person copies is what they see.

Sources: POSIX.1-2024, "Quoting"; fish, "The fish language: Quotes"; tcsh(1), "Lexical structure"
and "History substitution"; PowerShell, about_Quoting_Rules; Nushell, "Working with strings"; cmd,
``set /?``; python-dotenv, "File format".
"""

import os
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Final

from awsprof.errors import UsageError


class Shell(StrEnum):
    """A syntax that we can write. ``DOTENV`` is no shell: a file of NAME=value lines."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    TCSH = "tcsh"
    NU = "nu"
    POWERSHELL = "powershell"
    CMD = "cmd"
    DOTENV = "dotenv"


_BARE: Final = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./:@+-]*\Z|-[A-Za-z0-9_-]*\Z")
_BARE_VALUE: Final = re.compile(r"[A-Za-z0-9_./:@+=,-]+\Z")  # for dotenv: no word, but a value
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_LONGEST: Final = 300  # characters of a name in a message
# Single quotes, in every kind of them that PowerShell takes for one.
_POWERSHELL_QUOTES: Final = re.compile("['\u2018\u2019\u201a\u201b]")
_OTHER_NAMES: Final = {
    "sh": Shell.BASH,
    "dash": Shell.BASH,
    "ash": Shell.BASH,
    "ksh": Shell.BASH,
    "mksh": Shell.BASH,
    "csh": Shell.TCSH,
    "pwsh": Shell.POWERSHELL,
}


def quote_word(text: str, shell: Shell = Shell.BASH) -> str:
    """``text`` as one word of the shell. UsageError where the shell has no way to write it."""
    match shell:
        case Shell.POWERSHELL:
            return text if _BARE.match(text) and "@" not in text else _powershell(text)
        case Shell.NU:
            return text if re.match(r"[A-Za-z_][A-Za-z0-9_/-]*\Z", text) else _nu(text)
        case Shell.CMD:
            return text if _BARE.match(text) else _cmd(text)
        case Shell.DOTENV:
            return _dotenv(text)
        case Shell.TCSH if any(_hidden(c) for c in text):
            raise _impossible(shell)
        case _:
            return text if _BARE.match(text) else _unix(text, shell)


def shell_word(text: str) -> str:
    """A name or path as the person types it in a command that a message shows.

    Written for the shell in SHELL where that has a syntax of its own, else so that bash, zsh,
    fish and dash take it alike; on Windows so that PowerShell does, and cmd where it can. What no
    shell can have in a word (NUL), and what is longer than a name, is not written as it is.
    """
    text = text.replace("\0", "\ufffd")
    if len(text) > _LONGEST:
        text = text[: _LONGEST - 1] + "…"
    if sys.platform == "win32":
        return _windows(text)
    shell = _named(os.environ.get("SHELL", "")) or Shell.BASH
    try:
        return quote_word(text, shell)
    except UsageError:
        return quote_word(text)


def arguments(*words: str, flags: str = "") -> str:
    """What stands behind a command's name, as the person types it: ``words``, then ``flags``.

    Each of ``words`` is quoted. Where one begins with ``-`` and would be taken for a flag, ``--``
    stands before them all, and the flags before that.
    """
    typed = " ".join(map(shell_word, words))
    if any(each.startswith("-") for each in words):
        typed, flags = f"-- {typed}", f"{flags} " if flags else ""
        return flags + typed
    return f"{typed} {flags}" if flags else typed


def assign_variables(shell: Shell, values: Mapping[str, str], unset: Iterable[str] = ()) -> str:
    """The lines that set these environment variables and take the others out.

    UsageError where a value cannot be written for that shell.
    """
    off, on = _LINES[shell]
    for name in values:
        if not _NAME.match(name):
            raise ValueError(f"{name!r} is no name of a variable")
    lines = [off.format(name) for name in unset] if off else []
    lines += [on.format(name, _value(name, text, shell)) for name, text in values.items()]
    return "\n".join(lines)


def current_shell() -> Shell:
    """The shell that SHELL names, PowerShell on Windows. UsageError where it is none we know."""
    named = os.environ.get("SHELL", "")
    found = _named(named)
    if found is not None:
        return found
    if not named:
        return Shell.POWERSHELL if sys.platform == "win32" else Shell.BASH
    raise UsageError(
        f"The shell in SHELL, {shell_word(named)}, is none that awsprof writes for.",
        "name a syntax: --shell " + ", ".join([*Shell, "json"]),
    )


_LINES: Final = {
    Shell.BASH: ("unset {0}", "export {0}={1}"),
    Shell.ZSH: ("unset {0}", "export {0}={1}"),
    Shell.FISH: ("set -e {0}", "set -gx {0} {1}"),
    Shell.TCSH: ("unsetenv {0};", "setenv {0} {1};"),
    Shell.NU: ("hide-env --ignore-errors {0}", "$env.{0} = {1}"),
    Shell.POWERSHELL: ("Remove-Item Env:{0} -ErrorAction SilentlyContinue", "$Env:{0} = {1}"),
    Shell.CMD: ('set "{0}="', 'set "{0}={1}"'),
    Shell.DOTENV: ("", "{0}={1}"),
}


def _value(name: str, text: str, shell: Shell) -> str:
    """The right side of an assignment: never bare where a bare word may be no string."""
    try:
        match shell:
            case Shell.POWERSHELL:
                return _powershell(text)
            case Shell.NU:
                return _nu(text)
            case Shell.CMD:
                return _cmd(text)[1:-1]
            case _:
                return quote_word(text, shell)
    except UsageError as exc:
        raise UsageError(exc.message.replace("The text", name, 1), exc.fix) from None


def _named(program: str) -> Shell | None:
    name = re.split(r"[/\\]", program)[-1].lower().removesuffix(".exe")
    found = _OTHER_NAMES.get(name)
    return found or (Shell(name) if name in set(Shell) - {Shell.DOTENV} else None)


def _hidden(char: str) -> bool:
    category = unicodedata.category(char)
    return category in _HIDDEN or (category == "Zs" and char != " ")


def _bytes(char: str) -> bytes:
    """UTF-8, and the byte itself for one that could not be decoded."""
    try:
        return char.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return "\ufffd".encode()


def _unix(text: str, shell: Shell) -> str:
    r"""Single quotes around all but ``'``, ``\`` and ``!``, which get a backslash.

    A backslash within single quotes means itself to sh, and not to fish; ``!`` is history to tcsh
    even there. Outside of quotes a backslash before them means the same to all.
    """
    words = []
    for part in _pieces(text, "'\\!"):
        if part in {"'", "\\", "!"}:
            words.append("\\" + part)
        elif _hidden(part[0]):
            if part == "\0":
                raise _impossible(shell)
            escape = "\\X" if shell is Shell.FISH else "\\x"
            escaped = "".join(f"{escape}{byte:02x}" for byte in _bytes(part))
            words.append(escaped if shell is Shell.FISH else f"$'{escaped}'")
        else:
            words.append(f"'{part}'")
    return "".join(words) or "''"


def _pieces(text: str, special: str = "") -> Iterator[str]:
    """The text in runs; each hidden and each special character by itself."""
    run = ""
    for char in text:
        if char in special or _hidden(char):
            if run:
                yield run
            yield char
            run = ""
        else:
            run += char
    if run:
        yield run


def _powershell(text: str) -> str:
    parts = []
    for part in _pieces(text):
        if _hidden(part[0]):
            code = ord(part) if not 0xD800 <= ord(part) < 0xE000 else 0xFFFD
            parts.append(f"[char]::ConvertFromUtf32({code})")
        else:
            parts.append("'" + _POWERSHELL_QUOTES.sub(lambda found: found[0] * 2, part) + "'")
    if any(_hidden(char) for char in text):
        return "(" + "+".join(parts) + ")"
    return "".join(parts) or "''"


def _nu(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(f"\\u{{{ord(c):x}}}" if _hidden(c) else c for c in escaped) + '"'


def _cmd(text: str) -> str:
    """Double quotes; what means something within them cannot be written."""
    if any(_hidden(c) or c in '"%!' for c in text):
        raise _impossible(Shell.CMD)
    return f'"{text}"'


def _windows(text: str) -> str:
    if _BARE.match(text) and "@" not in text:
        return text
    if text and not any(_hidden(c) or c in '"%!$`\u201c\u201d\u201e' for c in text):
        return f'"{text}"'  # one word to cmd and PowerShell alike
    return _powershell(text)


def _dotenv(text: str) -> str:
    """Bare, or in single quotes: what every reader takes alike, without escapes and ``${}``."""
    if _BARE_VALUE.match(text) or not text:
        return text
    if any(_hidden(c) or c in "'\\" for c in text) or "${" in text:
        raise _impossible(Shell.DOTENV)
    return f"'{text}'"


def _impossible(shell: Shell) -> UsageError:
    return UsageError(
        f"The text holds a character that cannot be written for {shell}.",
        "take --shell json instead",
    )
