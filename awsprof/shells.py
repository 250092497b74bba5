"""Quoting for shells: how text is written as one word, and how variables are set in each shell.

Everything that prints commands to run or copy gets its quoting here. The output contains no
control, format or line-breaking characters: they are written as the shell's escapes, or refused if
the shell has none, so that what you copy is what you see.

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
from functools import lru_cache
from typing import Final

from awsprof.errors import UsageError


class Shell(StrEnum):
    """A supported syntax. ``DOTENV`` is not a shell but a file of NAME=value lines."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    TCSH = "tcsh"
    NU = "nu"
    POWERSHELL = "powershell"
    CMD = "cmd"
    DOTENV = "dotenv"


_BARE: Final = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./:@+-]*\Z|-[A-Za-z0-9_-]*\Z")
_BARE_ANYWHERE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_/-]{0,99}\Z")  # nu takes no more
_BARE_VALUE: Final = re.compile(r"[A-Za-z0-9_./:@+=,-]+\Z")  # for dotenv: a value, not a word
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
LONGEST_WORD: Final = 1000  # characters of a word in a message; a longer one is cut
# Every character that PowerShell accepts as a single quote.
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
    """Quotes ``text`` as one word. Raises UsageError if the shell cannot express it."""
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
            raise _inexpressible(shell)
        case _:
            return text if _BARE.match(text) else _unix(text, shell)


def shell_word(text: str) -> str:
    """Quotes a name or path for a command that a message shows.

    Uses the syntax of the shell in SHELL, else one that bash, zsh, fish and dash all read the same;
    on Windows that of PowerShell, and of cmd where possible. NUL, which no shell can pass, is
    replaced, and overlong text is cut.
    """
    if _BARE_ANYWHERE.match(text):
        return text
    text = _shortened(text)
    if sys.platform == "win32":
        return _windows(text)
    shell = _shell_named(os.environ.get("SHELL", "")) or Shell.BASH
    try:
        return quote_word(text, shell)
    except UsageError:
        return quote_word(text)


def arguments(*words: str, flags: str = "") -> str:
    """Quotes ``words`` as the arguments of a command, followed by ``flags``.

    If a word begins with ``-`` and would be taken for a flag, ``--`` goes before all words, and the
    flags before that.
    """
    text = " ".join(map(shell_word, words))
    if any(each.startswith("-") for each in words):
        text, flags = f"-- {text}", f"{flags} " if flags else ""
        return flags + text
    return f"{text} {flags}" if flags else text


def set_variable(name: str, text: str) -> str:
    """Returns the command that sets an environment variable, as one line for a message.

    It is for the shell in SHELL; without a supported one, for sh, and on Windows for PowerShell.
    ``text`` is shortened as by `shell_word`.
    """
    shell, shown = _message_shell(), _shortened(text)
    try:
        value = _value(name, shown, shell)
    except UsageError:
        shell = _system_shell()
        value = _value(name, shown, shell)
    return _LINES[shell][1].format(_name(name), value).removesuffix(";")


def unset_variables(*names: str) -> str:
    """Returns the command that removes these environment variables, as one line for a message.

    It is for the same shell as that of `set_variable`.
    """
    shell = _message_shell()
    joined = _BETWEEN_NAMES.get(shell, " ").join(map(_name, names))
    return _LINES[shell][0].format(joined).removesuffix(";")


def swap_variables(one: str, other: str) -> str:
    """Returns the command, for a message, that swaps two variables without showing them."""
    shell = _message_shell()
    return _SWAPS.get(shell, _SWAPS[Shell.BASH]).format(one, other)


def command_with_variables(values: Mapping[str, str], command: str) -> str:
    """Returns ``command`` with these environment variables, as one line for a message.

    PowerShell and cmd have no such syntax: there the variables stay set.
    """
    shell = _message_shell()
    if shell in {Shell.POWERSHELL, Shell.CMD}:
        between = "; " if shell is Shell.POWERSHELL else " & "
        return between.join([*(set_variable(*each) for each in values.items()), command])
    assignments = [f"{name}={shell_word(text)}" for name, text in values.items()]
    return " ".join([*(["env"] if shell is Shell.TCSH else []), *assignments, command])


def assign_variables(shell: Shell, values: Mapping[str, str], unset: Iterable[str] = ()) -> str:
    """Returns the lines that set and unset these environment variables.

    Raises UsageError if the shell cannot express a value.
    """
    unset_line, set_line = _LINES[shell]
    for name in values:
        if not _NAME.match(name):
            raise ValueError(f"{name!r} is not a variable name")
    lines = [unset_line.format(name) for name in unset] if unset_line else []
    lines += [set_line.format(name, _value(name, text, shell)) for name, text in values.items()]
    return "\n".join(lines)


def current_shell() -> Shell:
    """Returns the shell in SHELL, PowerShell on Windows. Raises UsageError if it is unsupported."""
    named = os.environ.get("SHELL", "")
    shell = _shell_named(named)
    if shell is not None:
        return shell
    if not named:
        return _system_shell()
    raise UsageError(
        f"awsprof does not support the shell in SHELL, {shell_word(named)}.",
        "choose a syntax: --shell " + ", ".join([*Shell, "json"]),
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

# What stands between the names where one command of _LINES unsets several; else a space.
_BETWEEN_NAMES: Final = {
    Shell.TCSH: "; unsetenv ",
    Shell.POWERSHELL: ", Env:",
    Shell.CMD: '=" & set "',
}
# cmd expands all variables of a line before it runs any of it.
_SWAPS: Final = {
    Shell.BASH: 'export {0}="${1}" {1}="${0}"',
    Shell.TCSH: 'set swap="${0}"; setenv {0} "${1}"; setenv {1} "$swap"; unset swap',
    Shell.NU: "load-env {{ {0}: $env.{1}, {1}: $env.{0} }}",
    Shell.POWERSHELL: "$Env:{0}, $Env:{1} = $Env:{1}, $Env:{0}",
    Shell.CMD: 'set "{0}=%{1}%" & set "{1}=%{0}%"',
}


def _system_shell() -> Shell:
    return Shell.POWERSHELL if sys.platform == "win32" else Shell.BASH


def _message_shell() -> Shell:
    return _shell_named(os.environ.get("SHELL", "")) or _system_shell()


def _shortened(text: str) -> str:
    text = text.replace("\0", "\ufffd")
    return text if len(text) <= LONGEST_WORD else text[: LONGEST_WORD - 1] + "…"


def _name(name: str) -> str:
    """Returns a name from the environment; quoted if no shell takes it, so that it runs nothing."""
    return name if _NAME.match(name) else shell_word(name)


def _value(name: str, text: str, shell: Shell) -> str:
    """Returns the right side of an assignment, quoted where a bare word may not be a string."""
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


@lru_cache(maxsize=8)
def _shell_named(program: str) -> Shell | None:
    name = re.split(r"[/\\]", program)[-1].lower().removesuffix(".exe")
    shell = _OTHER_NAMES.get(name)
    return shell or (Shell(name) if name in set(Shell) - {Shell.DOTENV} else None)


def _hidden(char: str) -> bool:
    category = unicodedata.category(char)
    return category in _HIDDEN or (category == "Zs" and char != " ")


def _bytes(char: str) -> bytes:
    """Returns UTF-8, or the original byte of a character that could not be decoded."""
    try:
        return char.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return "\ufffd".encode()


def _unix(text: str, shell: Shell) -> str:
    r"""Returns the text in single quotes, except ``'``, ``\`` and ``!``, which get a backslash.

    A backslash in single quotes is literal in sh but not in fish; ``!`` is history in tcsh even
    there. Outside of quotes a backslash before them means the same in all shells.
    """
    words = []
    for part in _pieces(text, "'\\!"):
        if part in {"'", "\\", "!"}:
            words.append("\\" + part)
        elif _hidden(part[0]):
            if part == "\0":
                raise _inexpressible(shell)
            escape = "\\X" if shell is Shell.FISH else "\\x"
            escaped = "".join(f"{escape}{byte:02x}" for byte in _bytes(part))
            words.append(escaped if shell is Shell.FISH else f"$'{escaped}'")
        else:
            words.append(f"'{part}'")
    return "".join(words) or "''"


def _pieces(text: str, special: str = "") -> Iterator[str]:
    """Yields the text in runs, with each hidden or special character by itself."""
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
            parts.append("'" + _POWERSHELL_QUOTES.sub(lambda match: match[0] * 2, part) + "'")
    if any(_hidden(char) for char in text):
        return "(" + "+".join(parts) + ")"
    return "".join(parts) or "''"


def _nu(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(f"\\u{{{ord(c):x}}}" if _hidden(c) else c for c in escaped) + '"'


def _cmd(text: str) -> str:
    """Returns the text in double quotes; refuses characters that are special inside them."""
    if any(_hidden(c) or c in '"%!' for c in text):
        raise _inexpressible(Shell.CMD)
    return f'"{text}"'


def _windows(text: str) -> str:
    if _BARE.match(text) and "@" not in text:
        return text
    if text and not any(_hidden(c) or c in '"%!$`\u201c\u201d\u201e' for c in text):
        return f'"{text}"'  # one word in both cmd and PowerShell
    return _powershell(text)


def _dotenv(text: str) -> str:
    """Returns the text bare or in single quotes, as every reader takes it alike, or refuses it."""
    if _BARE_VALUE.match(text) or not text:
        return text
    if any(_hidden(c) or c in "'\\" for c in text) or "${" in text:
        raise _inexpressible(Shell.DOTENV)
    return f"'{text}'"


def _inexpressible(shell: Shell) -> UsageError:
    return UsageError(
        f"The text has a character that {shell} cannot express.",
        "use --shell json instead",
    )
