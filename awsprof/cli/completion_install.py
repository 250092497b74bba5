"""awsprof completion SHELL --install: the script in the shell's own place for completions."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

from awsprof import atomic, paths
from awsprof.cli.app_context import AppContext
from awsprof.errors import FileError, UsageError
from awsprof.shells import arguments, shell_word

_MARK: Final = "awsprof"  # every script of ours names it; another program's file does not


def install_completion(app: AppContext, shell: str, script: str, *, yes: bool) -> None:
    """Shows where the script goes, asks, writes it, and says how to undo that.

    Raises UsageError for a shell without such a place, FileError if another file is there.
    """
    path = completion_file(shell)
    if path is None:
        raise UsageError(
            "PowerShell has no place of its own for completions.",
            "add to $PROFILE: awsprof completion powershell | Out-String | Invoke-Expression",
        )
    text = (script.rstrip() + "\n").encode()
    before = atomic.read_file(path)
    shown = paths.display_path(path)
    if before == text:
        app.terminal.ok(f"{shown} has it already")
        return
    if before is not None and _MARK.encode() not in before:
        raise FileError(
            f"{shown} is another program's.", f"awsprof completion {arguments(shell)} prints it"
        )
    what = "Replace" if before is not None else "Write"
    app.terminal.say(f"{what} {shown} ({len(text.splitlines())} lines)")
    if not app.confirm("Write this?", yes=yes):
        app.terminal.say("Nothing was written.")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_file(path, text, mode=0o644)
    app.terminal.ok(f"Saved. To undo: rm {shell_word(str(path))}")
    app.terminal.detail(_NEXT[shell])


_NEXT: Final = {
    "bash": "New shells complete it, by the package bash-completion.",
    "zsh": "Add to ~/.zshrc, above compinit: fpath=(~/.zfunc $fpath)",
    "fish": "New shells complete it.",
    "nu": "New shells complete it.",
}


def completion_file(shell: str) -> Path | None:
    """Returns the file that the shell reads completions of awsprof from; None if it has none.

    Sources: bash-completion's README, "FAQ"; fish, "Where to put completions"; nu, "Startup".
    """
    home = paths.home()
    match shell:
        case "bash":
            own = os.environ.get("BASH_COMPLETION_USER_DIR")
            base = Path(own) if own else _xdg("XDG_DATA_HOME", ".local/share") / "bash-completion"
            return base / "completions" / "awsprof"
        case "zsh":
            return home / ".zfunc" / "_awsprof"
        case "fish":
            return _xdg("XDG_CONFIG_HOME", ".config") / "fish" / "completions" / "awsprof.fish"
        case "nu":
            folder = home / "Library" / "Application Support"
            if sys.platform != "darwin" or os.environ.get("XDG_CONFIG_HOME"):
                folder = _xdg("XDG_CONFIG_HOME", ".config")
            return folder / "nushell" / "autoload" / "awsprof.nu"
        case _:
            return None


def _xdg(variable: str, default: str) -> Path:
    given = os.environ.get(variable)
    return Path(given) if given and Path(given).is_absolute() else paths.home() / default
