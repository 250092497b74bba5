"""Opens the browser of this machine, and tells whether one can be opened here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final
from urllib.parse import urlencode, urlsplit

from awsprof import logs, shells
from awsprof.awsapi.child_environment import clean_environment
from awsprof.errors import UsageError

# webbrowser runs in its own process: it passes its environment on, and may wait for the browser.
# The URL goes through stdin, because every user of the machine can read arguments.
_OPEN: Final = "import sys, webbrowser; webbrowser.open(sys.stdin.read())"
_log = logs.get_logger(__name__)
_POWERSHELL: Final = "/mnt/c/Windows/System32/WindowsPowerShell/v1.0/powershell.exe"
SAME_SESSION: Final = "default"
SIGN_OUT_FIRST: Final = "sign-out-first"
_FIREFOX: Final = (
    "firefox",
    "firefox-esr",
    "/Applications/Firefox.app/Contents/MacOS/firefox",
    r"C:\Program Files\Mozilla Firefox\firefox.exe",
)
_CHROME: Final = (
    "google-chrome",
    "google-chrome-stable",
    "chromium",
    "chromium-browser",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
)
_PROGRAMS: Final = {"firefox-containers": _FIREFOX, "chrome-profiles": _CHROME}
_COLORS: Final = ("blue", "turquoise", "green", "yellow", "orange", "red", "pink", "purple")


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


def opener(way: str, profile: str) -> Callable[[str], None]:
    """Returns what opens a URL in the browser session of ``profile``.

    ``way`` is the setting ``console``. Raises UsageError if its browser is not on this machine.
    """
    require_browser(way)
    if way == "firefox-containers":
        return lambda url: _start([_find(_FIREFOX) or "", container_url(profile, url)])
    if way == "chrome-profiles":
        folder = f"--profile-directory={_folder_name(profile)}"
        return lambda url: _start([_find(_CHROME) or "", folder, "--no-first-run", url])
    return open_browser


def starts_browser(way: str) -> bool:
    """Returns True if the setting ``console`` starts a browser, with the URL as its argument."""
    return way in _PROGRAMS


def require_browser(way: str) -> None:
    """Raises UsageError if the setting ``console`` needs a browser that is not here."""
    names = _PROGRAMS.get(way)
    if names is not None and _find(names) is None:
        raise UsageError(
            f"The setting console is {way}, and there is no {names[0]} on this machine.",
            f"awsprof settings console {SAME_SESSION}",
        )


def container_url(profile: str, url: str) -> str:
    """Returns the URL that opens ``url`` in the profile's container, made if there is none.

    Its scheme is that of the add-on "Open external links in a container".
    """
    color = _COLORS[sha256(profile.encode()).digest()[0] % len(_COLORS)]
    query = {"name": profile, "color": color, "icon": "fingerprint", "url": url}
    return f"ext+container:{urlencode(query)}"


def _folder_name(profile: str) -> str:
    """Returns a folder's name for the profile, different for each, of safe characters."""
    safe = re.sub(r"[^A-Za-z0-9_-]", "_", profile)
    mark = "" if safe == profile else f"-{sha256(profile.encode()).hexdigest()[:8]}"
    return f"awsprof-{safe[:60]}{mark}"


def _find(names: Sequence[str]) -> str | None:
    paths = (name if Path(name).is_file() else shutil.which(name) for name in names)
    return next(filter(None, paths), None)


def _start(words: Sequence[str]) -> None:
    def run() -> None:
        subprocess.run(  # noqa: S603  # the browser of the setting
            list(words),
            stdout=sys.stderr,
            env=clean_environment(),
            check=False,
            process_group=0,  # a Ctrl-C is for awsprof, not for the browser
        )

    threading.Thread(target=run, daemon=True).start()
