"""How the console of several profiles can be open at once: one browser session for each.

The AWS console keeps one session in a browser. A Firefox container or a Chrome profile for each
profile keeps them apart; else the former session has to be signed out first.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from awsprof.awsapi import browser
from awsprof.awsapi.env import clean_environment
from awsprof.errors import UsageError

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
    return browser.open_browser


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
    asked = {"name": profile, "color": color, "icon": "fingerprint", "url": url}
    return f"ext+container:{urlencode(asked)}"


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
            list(words), stdout=sys.stderr, env=clean_environment(), check=False
        )

    threading.Thread(target=run, daemon=True).start()
