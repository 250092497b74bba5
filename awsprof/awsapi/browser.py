"""Opens the browser of this machine, and tells whether one can be opened here."""

import os
import shutil
import subprocess
import sys
import threading
from typing import Final
from urllib.parse import urlsplit

from awsprof import logs, shells
from awsprof.awsapi.env import clean_environment

# webbrowser runs in its own process: it passes its environment on, and may wait for the browser.
# The URL goes through stdin, because every user of the machine can read arguments.
_OPEN: Final = "import sys, webbrowser; webbrowser.open(sys.stdin.read())"
_log = logs.get_logger(__name__)
_POWERSHELL: Final = "/mnt/c/Windows/System32/WindowsPowerShell/v1.0/powershell.exe"


def over_ssh() -> bool:
    """Returns True if you are logged in over SSH, so that a browser here is not in front of you."""
    return bool(os.environ.get("SSH_CONNECTION") or os.environ.get("SSH_TTY"))


def in_wsl() -> bool:
    """Returns True on Linux inside Windows, whose browser may not reach this loopback address."""
    return sys.platform == "linux" and (
        bool(os.environ.get("WSL_DISTRO_NAME")) or "microsoft" in os.uname().release.lower()
    )


def can_open_browser() -> bool:
    """Returns True if a browser can be opened where you see it."""
    if over_ssh():
        return False
    if sys.platform in {"darwin", "win32"} or in_wsl():
        return True
    return any(os.environ.get(name) for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"))


def hides_address(*, as_argument: bool = False) -> bool:
    """Returns True if other users of this machine cannot see which URL the browser is given.

    On Windows they cannot read a program's arguments; macOS passes the URL in an Apple event.
    Elsewhere, if BROWSER names a program, and if the URL is an argument of the browser
    (``as_argument``), it is in the process list.
    """
    apple_event = sys.platform == "darwin" and not os.environ.get("BROWSER") and not as_argument
    return sys.platform == "win32" or apple_event


def open_browser(url: str) -> None:
    """Opens ``url`` in the background: some browsers run in the foreground until they are closed.

    Other users may read the URL in the process list, so it must not sign anyone in. URLs other
    than http, https and file are ignored.
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
        subprocess.run(  # noqa: S603  # the system's opener, or Python's webbrowser
            words,
            input=given.encode(),
            stdout=sys.stderr,
            env=clean_environment(),
            check=False,
            process_group=0,  # a Ctrl-C is for awsprof, not for the browser
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
