"""What earlier versions wrote into the history in clear: taken out, and into the vault for undo.

They knew secrets by three names alone. Reading the history cleans in memory whatever is there, so
nothing depends on this; where the files cannot be written, they stay until they can be.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from awsprof import atomic
from awsprof.configfile import storage
from awsprof.editing import history_files, redaction
from awsprof.errors import AwsprofError
from awsprof.secret import Secret
from awsprof.vault.keyring_vault import Vault


def clean_old_entries(vault: Callable[[], Vault]) -> str:
    """Take secrets out of the history's older entries; the sentence to tell, empty where none is.

    ``vault`` opens it without asking anybody. Secrets that stand in no file any more go there, so
    that undo can bring them back.
    """
    if not any(_is_earlier(path) for path in history_files.entry_files()):
        return ""
    with suppress(AwsprofError, OSError), storage.transaction():
        earlier = [path for path in reversed(history_files.entry_files()) if _is_earlier(path)]
        return _clean(earlier, vault)
    return ""


def _is_earlier(path: Path) -> bool:
    with suppress(AwsprofError, OSError):
        return history_files.FORMAT_MARK not in (atomic.read_file(path) or b"")
    return False  # it cannot be read; whoever reads it says so


def _clean(earlier: list[Path], vault: Callable[[], Vault]) -> str:
    here = {**redaction.secrets_in_files()}
    redaction.ensure_secret_naming()
    cleaned, lost = [], []
    for path in earlier:
        held: dict[str, Secret] = {}
        with suppress(AwsprofError):  # one that cannot be read must not keep the others
            entry, was_clear = history_files.read_entry(path, held.__setitem__)
            if not _hold({n: s for n, s in held.items() if n not in here}, vault):
                lost.append(entry.id)
            history_files.save_entry(entry)
            if was_clear:
                cleaned.append(entry.id)
    if not cleaned:
        return ""
    told = f"An earlier version left secrets in clear in the history ({', '.join(cleaned)})."
    told += " They are taken out now."
    if lost:
        told += f" The vault could not take them, so undo of {', '.join(lost)} lacks a secret."
    return told


def _hold(secrets: dict[str, Secret], vault: Callable[[], Vault]) -> bool:
    try:
        for name, secret in secrets.items():
            if not vault().holds(name):
                vault().put(name, secret)
    except AwsprofError:
        return False
    return True
