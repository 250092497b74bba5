"""The browser of this machine: whether there is one that reaches us, and how it is opened."""

import os
import shutil
import subprocess
import sys
import threading
from typing import Final

from awsprof.signin.environment import without_ours

# In a process of its own: it hands its environment on, and may wait for the browser.
_OPEN: Final = "import sys, webbrowser; webbrowser.open(sys.argv[1])"
_POWERSHELL: Final = "/mnt/c/Windows/System32/WindowsPowerShell/v1.0/powershell.exe"


def over_ssh() -> bool:
    """Whether the person sits elsewhere."""
    return bool(os.environ.get("SSH_CONNECTION") or os.environ.get("SSH_TTY"))


def in_wsl() -> bool:
    """Whether this is Linux inside Windows, whose browser may not find our loopback."""
    return sys.platform == "linux" and (
        bool(os.environ.get("WSL_DISTRO_NAME")) or "microsoft" in os.uname().release.lower()
    )


def available() -> bool:
    """Whether a browser can be opened here, where the person sees it."""
    if over_ssh():
        return False
    if sys.platform in {"darwin", "win32"} or in_wsl():
        return True
    return any(os.environ.get(name) for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"))


def show(url: str) -> None:
    """Open ``url``, without waiting for it: some browsers stay until they are closed.

    Others on this machine can read it in the list of processes, so it must sign nobody in.
    """
    threading.Thread(target=_opened, args=(url,), daemon=True).start()


def _opened(url: str) -> None:
    words = _of_windows(url) if in_wsl() and not os.environ.get("BROWSER") else None
    subprocess.run(  # noqa: S603  # Windows' own program, or Python's way to the browser
        words or [sys.executable, "-I", "-c", _OPEN, url],
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        env=without_ours(),
        check=False,
    )


def _of_windows(url: str) -> list[str] | None:
    view = shutil.which("wslview")
    if view is not None:
        return [view, url]
    shell = shutil.which("powershell.exe") or shutil.which(_POWERSHELL)
    if shell is None:
        return None
    quoted = url.replace("'", "''")
    return [shell, "-NoProfile", "-NonInteractive", "-Command", f"Start-Process '{quoted}'"]
