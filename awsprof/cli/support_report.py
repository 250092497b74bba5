"""awsprof doctor --support: what a bug report needs, and nothing that says who you are.

No name of a profile, session or user, no account, ARN, URL, value or path outside of awsprof is
printed: only versions, kinds, counts, names of settings and variables, and IDs of checks.
"""

from __future__ import annotations

import os
import platform
import shutil
import stat
import sys
from collections import Counter
from collections.abc import Iterator
from importlib import metadata
from typing import TYPE_CHECKING, Final

from awsprof import __version__, settings
from awsprof.awsapi import browser
from awsprof.configfile.document import FileKind
from awsprof.configfile.storage import config_path
from awsprof.doctor.check_context import CheckContext
from awsprof.doctor.runner import run_offline
from awsprof.errors import AwsprofError
from awsprof.profiles import kinds
from awsprof.vault import kernel_keyring
from awsprof.vault.vault import available_backends

if TYPE_CHECKING:
    from awsprof.profiles.catalog import Catalog

_LIBRARIES: Final = ("boto3", "botocore", "click", "keyring", "questionary", "rich", "cryptography")
_SHOWN_SETTINGS: Final = ("vault", "key-age", "key-cache", "console")  # the others may name things
_MFA_SOURCES: Final = ("-", "ask", "op", "bw", "pass", "ykman")
_LOCALE: Final = ("TERM", "LANG", "LC_ALL", "NO_COLOR", "COLORTERM")


def support_report(catalog: Catalog) -> list[tuple[str, str]]:
    """Returns the report, as rows of what it is and its value."""
    return [*_program(), *_machine(), *_vault(), *_files(catalog), *_findings(catalog)]


def _program() -> Iterator[tuple[str, str]]:
    yield "awsprof", __version__
    yield "Python", f"{platform.python_implementation()} {platform.python_version()}"
    yield "installed", "in a virtual environment" if sys.prefix != sys.base_prefix else "for a user"
    for name in _LIBRARIES:
        try:
            yield name, metadata.version(name)
        except metadata.PackageNotFoundError:
            yield name, "missing"


def _machine() -> Iterator[tuple[str, str]]:
    yield "system", f"{platform.system()} {platform.release()} {platform.machine()}"
    size = shutil.get_terminal_size()
    tty = [name for name in ("stdin", "stdout", "stderr") if getattr(sys, name).isatty()]
    yield "terminal", f"{size.columns} by {size.lines}; {', '.join(tty) or 'none'}"
    yield "locale", " ".join(f"{n}={os.environ[n]}" for n in _LOCALE if n in os.environ)
    yield "shell", os.path.basename(os.environ.get("SHELL", ""))  # noqa: PTH119  # a name
    marks = {
        "SSH": browser.over_ssh(),
        "WSL": browser.in_wsl(),
        "a browser can be opened": browser.can_open_browser(),
        "AWS CLI": shutil.which("aws") is not None,
    }
    yield "around", ", ".join(mark for mark, holds in marks.items() if holds) or "-"
    names = sorted(n for n in os.environ if n.startswith(("AWS_", "AWSPROF_")))
    yield "variables", " ".join(names) or "-"


def _vault() -> Iterator[tuple[str, str]]:
    try:
        now = settings.load_settings()
    except AwsprofError as exc:
        yield "settings", f"cannot be read ({type(exc).__name__})"
        now = {}
    for name in _SHOWN_SETTINGS:
        yield f"setting {name}", now.get(name, "-")
    source = now.get("mfa", "-").partition(":")[0]
    yield "setting mfa", source if source in _MFA_SOURCES else "a command"
    for backend in available_backends():
        yield "vault", f"{backend.id}: {'usable' if backend.usable else 'not usable'}"
    if sys.platform == "linux":
        works = kernel_keyring.kernel_keyring_works()
        yield "kernel keyring", "works" if works else "refused"


def _files(catalog: Catalog) -> Iterator[tuple[str, str]]:
    for kind in FileKind:
        yield f"{kind.value} file", _file(catalog, kind)
    counts = Counter(kinds.profile_facts(p).kind or "other" for p in catalog.profiles.values())
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
    yield "profiles", f"{len(catalog.profiles)} ({told})" if told else "0"
    yield "sso-sessions", str(len(catalog.sessions))


def _file(catalog: Catalog, kind: FileKind) -> str:
    stored = catalog.stored(kind)
    if stored.data is None:
        return "missing"
    path = config_path(kind)
    parts = [f"{len(stored.data.splitlines())} lines"]
    if sys.platform != "win32":
        parts.append(f"mode {stat.S_IMODE(path.stat().st_mode):04o}")
    if path.is_symlink():
        parts.append("a symbolic link")
    readings = {"boto3": stored.botocore.error, "other SDKs": stored.sdk.error}
    parts += [f"not readable by {who}" for who, error in readings.items() if error is not None]
    return ", ".join(parts)


def _findings(catalog: Catalog) -> Iterator[tuple[str, str]]:
    found = run_offline(CheckContext.of(catalog, catalog.names_to_check))
    counts = Counter((f.severity.rank, f.severity.value, f.id) for f in found)
    for (_, severity, id), count in sorted(counts.items()):
        yield severity, f"{id}, {count} times" if count > 1 else id
