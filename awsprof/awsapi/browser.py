"""The browser of this machine: whether there is one that reaches us, and how it is opened."""

import os
import shutil
import subprocess
import sys
import threading
from typing import Final
from urllib.parse import urlsplit

from awsprof import logs, shells
from awsprof.awsapi.env import clean_environment

# In a process of its own: it hands its environment on, and may wait for the browser. The address
# comes by stdin, since every user of the machine can read arguments.
_OPEN: Final = "import sys, webbrowser; webbrowser.open(sys.stdin.read())"
_log = logs.get_logger(__name__)
_POWERSHELL: Final = "/mnt/c/Windows/System32/WindowsPowerShell/v1.0/powershell.exe"


def over_ssh() -> bool:
    """Whether the person sits elsewhere."""
    return bool(os.environ.get("SSH_CONNECTION") or os.environ.get("SSH_TTY"))


def in_wsl() -> bool:
    """Whether this is Linux inside Windows, whose browser may not find our loopback."""
    return sys.platform == "linux" and (
        bool(os.environ.get("WSL_DISTRO_NAME")) or "microsoft" in os.uname().release.lower()
    )


def can_open_browser() -> bool:
    """Whether a browser can be opened here, where the person sees it."""
    if over_ssh():
        return False
    if sys.platform in {"darwin", "win32"} or in_wsl():
        return True
    return any(os.environ.get(name) for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"))


def hides_address() -> bool:
    """Whether other users of this machine cannot see which address the browser is started with.

    On Windows they cannot read a program's arguments; macOS hands the address over by an event.
    Elsewhere, and where BROWSER names a program, it stands in the list of processes.
    """
    return sys.platform == "win32" or (sys.platform == "darwin" and not os.environ.get("BROWSER"))


def open_browser(url: str) -> None:
    """Open ``url``, without waiting for it: some browsers stay until they are closed.

    Others on this machine may read it in the list of processes, so it must sign nobody in. What is
    no address of a web page or of a file is not opened.
    """
    if urlsplit(url).scheme in {"http", "https", "file"} and url.isprintable():
        threading.Thread(target=_opened, args=(url,), daemon=True).start()


def _opened(url: str) -> None:
    own = os.environ.get("BROWSER")
    words, given = [sys.executable, "-I", "-c", _OPEN], url
    if in_wsl() and not own:
        words = _of_windows(url) or words
    elif sys.platform == "darwin" and not own:
        quoted = url.replace("\\", "%5C").replace('"', "%22")
        words, given = ["/usr/bin/osascript"], f'open location "{quoted}"'
    with logs.log_duration(_log, "program that opens the browser"):
        subprocess.run(  # noqa: S603  # the system's own program, or Python's way to the browser
            words, input=given.encode(), stdout=sys.stderr, env=clean_environment(), check=False
        )


def _of_windows(url: str) -> list[str] | None:
    view = shutil.which("wslview")
    if view is not None:
        return [view, url]
    shell = shutil.which("powershell.exe") or shutil.which(_POWERSHELL)
    if shell is None:
        return None
    start = f"Start-Process {shells.quote_word(url, shells.Shell.POWERSHELL)}"
    return [shell, "-NoProfile", "-NonInteractive", "-Command", start]
