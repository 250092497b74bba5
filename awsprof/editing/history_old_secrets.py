"""Moves secrets that earlier versions left in plain text in the history into the vault, for undo.

Those versions only recognised three key names. Reading an entry already masks such secrets in
memory, so nothing depends on this cleanup; if a file cannot be written, it is tried again later.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from awsprof import atomic
from awsprof.configfile import storage
from awsprof.editing import history_files, redaction
from awsprof.errors import AwsprofError
from awsprof.secret import Secret
from awsprof.vault.vault import Vault


def clean_old_entries(vault: Callable[[], Vault]) -> str:
    """Removes secrets from old history entries; returns a message, or "" if there were none.

    ``vault`` opens the vault without prompting. Secrets that are no longer in the config files are
    stored there, so that undo can restore them.
    """
    if not any(_is_earlier(path) for path in history_files.entry_files()):
        return ""
    with suppress(AwsprofError, OSError), storage.transaction():
        earlier = [path for path in reversed(history_files.entry_files()) if _is_earlier(path)]
        return _clean(earlier, vault)
    return ""


def _is_earlier(path: Path) -> bool:
    with suppress(AwsprofError, OSError):
        atomic.refuse_endless(path)
        with path.open("rb") as file:
            return not history_files.has_current_format(file.read(history_files.HEAD_BYTES))
    return False  # unreadable: reported when it is read


def _clean(earlier: list[Path], vault: Callable[[], Vault]) -> str:
    here = {**redaction.secrets_in_files()}
    redaction.ensure_secret_naming()
    cleaned, lost = [], []
    for path in earlier:
        removed: dict[str, Secret] = {}
        with suppress(AwsprofError):  # an unreadable entry must not block the others
            entry, had_secrets = history_files.read_entry(path, removed.__setitem__)
            if not _store({n: s for n, s in removed.items() if n not in here}, vault):
                lost.append(entry.id)
            history_files.save_entry(entry)
            if had_secrets:
                cleaned.append(entry.id)
    if not cleaned:
        return ""
    message = (
        "An earlier version of awsprof left secrets in plain text in the history"
        f" ({', '.join(cleaned)}). They have been removed."
    )
    if lost:
        message += f" The vault could not store them, so undo of {', '.join(lost)} lacks a secret."
    return message


def _store(secrets: dict[str, Secret], vault: Callable[[], Vault]) -> bool:
    try:
        for name, secret in secrets.items():
            if not vault().holds(name):
                vault().put(name, secret)
    except AwsprofError:
        return False
    return True
