"""A key of gpg's in a folder of its own, with the agent that holds it."""

import os
import shutil
import subprocess
import time
from pathlib import Path

KEY_OWNER = "team@example.com"


def gpg(*words: str) -> None:
    command = ["gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""]
    subprocess.run([*command, *words], check=True, capture_output=True)


def make_key() -> None:
    gpg("--quick-generate-key", KEY_OWNER, "ed25519", "sign", "never")


def remove_gpg_home(folder: Path) -> None:
    """End the agent, which removes its own sockets, and only then the folder they lie in."""
    subprocess.run(
        ["gpgconf", "--kill", "gpg-agent"], check=True, env={**os.environ, "GNUPGHOME": str(folder)}
    )
    give_up = time.monotonic() + 30
    while any(folder.glob("S.gpg-agent*")) and time.monotonic() < give_up:
        time.sleep(0.02)
    shutil.rmtree(folder)
