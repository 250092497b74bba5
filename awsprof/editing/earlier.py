"""What earlier versions wrote into the history in clear: taken out, and into the vault for undo.

They knew secrets by three names alone. Reading the history cleans in memory whatever is there, so
nothing depends on this; where the files cannot be written, they stay until they can be.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from awsprof import atomic
from awsprof.awsfiles import storage
from awsprof.editing import records, redaction
from awsprof.errors import AwsprofError
from awsprof.secret import Secret
from awsprof.vault.longterm import Vault


def clean(vault: Callable[[], Vault]) -> str:
    """Take secrets out of the history's older entries; the sentence to tell, empty where none is.

    ``vault`` opens it without asking anybody. Secrets that stand in no file any more go there, so
    that undo can bring them back.
    """
    if not any(_is_earlier(path) for path in records.files()):
        return ""
    with suppress(AwsprofError, OSError), storage.editing():
        earlier = [path for path in reversed(records.files()) if _is_earlier(path)]
        return _clean(earlier, vault)
    return ""


def _is_earlier(path: Path) -> bool:
    with suppress(AwsprofError, OSError):
        return records.FORMAT_MARK not in (atomic.read(path) or b"")
    return False  # it cannot be read; whoever reads it says so


def _clean(earlier: list[Path], vault: Callable[[], Vault]) -> str:
    here = {**redaction.standing()}
    redaction.ready()
    cleaned, lost = [], []
    for path in earlier:
        held: dict[str, Secret] = {}
        with suppress(AwsprofError):  # one that cannot be read must not keep the others
            entry, was_clear = records.read(path, held.__setitem__)
            if not _hold({n: s for n, s in held.items() if n not in here}, vault):
                lost.append(entry.id)
            records.save(entry)
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
