"""Our credential_process lines: how one is written, recognised, and which program it names.

The line must mean the same to botocore, which splits it with shlex and starts no shell, to the
SDKs that hand it to ``sh -c`` or ``cmd /C``, and to a PATH that is not the person's.
"""

import os
import re
import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from awsprof import paths
from awsprof.errors import AwsprofError

_COMMAND: Final = "credential-process"
_MODULE: Final = ("-m", "awsprof")
# No variable of Python's counts (-E), nor the folder of the script or of the person (-P). A user's
# own site-packages, where pip installs for one user, count still: -I would leave them out.
_ISOLATED: Final = "-EP"
# For our launcher, which looks for site-packages (-S) only where it needs them.
_WITHOUT_SITE: Final = "-EPS"
_ISOLATING: Final = frozenset(
    {_ISOLATED, _WITHOUT_SITE, "-PE", "-I", "-E", "-P", "-s", "-IS", "-ISE", "-Es"}
)
_SHEBANG: Final = re.compile(r"#!(/[^\s]*/python[0-9.]*)[ \t]*\n")
# What pip and uv write where a path is too long, or has a blank in it.
_BY_SHELL: Final = re.compile(
    r"""#!/bin/sh\n'''exec' (["']?)(/[^"'\n]*/python[0-9.]*)\1 "\$0" "\$@"\n"""
)
# Where the wheel puts packaging/launcher.py, seen from the prefix of the Python it is installed in.
_LAUNCHER: Final = Path("share", "awsprof", "awsprof")
# What neither shlex, nor sh, nor cmd, nor a reader of AWS's files takes for anything but itself.
_PLAIN: Final = re.compile(r"[A-Za-z0-9_@%+:,./\\~-]+\Z")
_QUOTABLE: Final = re.compile(r"[A-Za-z0-9_@+:,./\\~ ()\[\]{}&=-]+\Z")


@dataclass(frozen=True)
class ProcessCommand:
    """A line of ours: the program, the profile it answers for, and the key it names, if any."""

    program: tuple[str, ...]
    profile: str
    key_id: str | None

    @property
    def files(self) -> tuple[str, ...]:
        """The files that must be there to start it: a Python, a script, or both."""
        words = self.program[:-2] if self.program[-2:] == _MODULE else self.program
        return tuple(word for word in words if not word.startswith("-"))

    @property
    def isolated(self) -> bool:
        """Whether its Python looks at no PYTHON* variable, and imports from no folder it is in."""
        flags = {letter for word in self.program if word in _ISOLATING for letter in word}
        return "I" in flags or {"E", "P"} <= flags


def parse_command(command: str) -> ProcessCommand | None:
    """The parts of a line of ours; None for any other command."""
    if _COMMAND not in command:
        return None  # at once: a doctor looks at a thousand of them
    try:
        return command_from_words(split_words(command))
    except ValueError:
        return None


def split_words(command: str) -> list[str]:
    """The words of any command, as botocore cuts it. ValueError where a quote is not closed."""
    windows = sys.platform == "win32"
    words = shlex.split(command, posix=not windows)
    return [word.strip('"') for word in words] if windows else words


def command_from_words(words: list[str]) -> ProcessCommand | None:
    """The same of a line that was split already."""
    if _COMMAND not in words:
        return None
    at = words.index(_COMMAND)
    program, rest = tuple(words[:at]), words[at + 1 :]
    if not rest or not _is_ours(program):
        return None
    match rest:
        case [profile] | ["--", profile]:
            return ProcessCommand(program, profile, None)
        case [profile, "--key", key] | ["--key", key, "--", profile]:
            return ProcessCommand(program, profile, key)
    return None


def _is_ours(program: tuple[str, ...]) -> bool:
    if len(program) > 1:  # a Python, and maybe how it is to leave its surroundings out
        rest = tuple(word for word in program[1:] if word not in _ISOLATING)
        if rest == _MODULE:
            return True
        program = rest
    if len(program) != 1:
        return False
    name = program[0].replace("\\", "/").rsplit("/", 1)[-1].lower()
    return name in {"awsprof", "awsprof.exe"}


def build_command(profile: str, key_id: str | None = None, program: str | None = None) -> str:
    """The line for a profile. AwsprofError where the program's path cannot be written safely.

    Where the program is a script, the line starts its Python, without what a project or a shell
    may have set for it: PYTHONHOME would keep it from starting at all, and a sitecustomize.py on
    PYTHONPATH would run before us.
    """
    started = [program] if program else _isolated(stable_executable())
    words = [*(_quoted(word) for word in started), _COMMAND]
    key = ["--key", key_id] if key_id else []
    # One that begins with "-" would be taken for a flag.
    words += [*key, "--", profile] if profile.startswith("-") else [profile, *key]
    return " ".join(words)


def _isolated(script: Path) -> list[str]:
    """The words that start a script of Python's, isolated; the script alone where it is none.

    Where that Python has our launcher, it is started in the script's stead: it lasts as long as the
    Python does, which the line names anyway, and starts sooner than what pip writes.
    """
    python = _python_of(script)
    if python is None:
        return [str(script)]
    launcher = Path(python).parent.parent / _LAUNCHER
    if launcher.is_file():
        return [python, _WITHOUT_SITE, str(launcher)]
    return [python, _ISOLATED, str(script)]


def _python_of(script: Path) -> str | None:
    """The Python that a script names in its first lines, as pip, pipx and uv write them."""
    try:
        with script.open("rb") as file:
            head = file.read(1024).decode(errors="replace")
    except OSError:
        return None
    match = _SHEBANG.match(head) or _BY_SHELL.match(head)
    python = Path(match[match.re.groups]) if match else None
    if python is None or not python.is_absolute() or not os.access(python, os.X_OK):
        return None
    return str(python)


def _quoted(path: str) -> str:
    if _PLAIN.match(path) and "\\" not in path and not path.startswith("~"):
        return path
    windows = sys.platform == "win32"
    if _QUOTABLE.match(path) and (windows or "\\" not in path) and not path.startswith("~"):
        return f'"{path}"'  # double quotes: the only ones that cmd knows too
    raise AwsprofError(
        f"awsprof is installed at {path!r}, a path that not every SDK can start.",
        "install it where paths have letters, digits and spaces alone: pipx install . in its clone",
    )


def stable_executable() -> Path:
    """The absolute path of awsprof that is likely to last longest.

    A shim of pipx or uv (in ~/.local/bin) outlives upgrades and rebuilt environments; what PATH
    finds first was put there by the person; the script beside this Python goes when its virtual
    environment does. A shim counts only where it leads to an awsprof that is there.
    """
    name = "awsprof.exe" if sys.platform == "win32" else "awsprof"
    beside = Path(sys.executable).parent / name
    candidates = [paths.home() / ".local" / "bin" / name, _from_path(name), beside, _started_as()]
    for candidate in candidates:
        if candidate is not None and candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate.absolute()
    raise AwsprofError(
        "No awsprof program was found that an SDK could start.",
        "install it from its clone (pipx install . there), then run this again",
    )


def _from_path(name: str) -> Path | None:
    found = shutil.which(name)
    return Path(found) if found and Path(found).is_absolute() else None


def _started_as() -> Path | None:
    started = Path(sys.argv[0])
    return started if started.name.startswith("awsprof") else None
