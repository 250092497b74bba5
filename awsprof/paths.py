"""Where every file is, and which environment variable moves it.

AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE move AWS's files; AWSPROF_HOME moves all of ours
into one folder (else XDG_CONFIG_HOME and XDG_DATA_HOME, or the system's own places). Read at each
call, so that a test or a child process sees its own environment. Nothing is created here.
"""

import os
import sys
from pathlib import Path


def home() -> Path:
    """The person's home folder (HOME, or USERPROFILE on Windows)."""
    return Path(os.path.expanduser("~"))  # noqa: PTH111  # Path.home() raises where HOME is unset


def _moved(variable: str, default: Path) -> Path:
    value = os.environ.get(variable)
    return Path(os.path.expanduser(value)) if value else default  # noqa: PTH111  # as botocore does


def config_file() -> Path:
    """AWS's config file: AWS_CONFIG_FILE, else ~/.aws/config."""
    return _moved("AWS_CONFIG_FILE", home() / ".aws" / "config")


def credentials_file() -> Path:
    """AWS's credentials file: AWS_SHARED_CREDENTIALS_FILE, else ~/.aws/credentials."""
    return _moved("AWS_SHARED_CREDENTIALS_FILE", home() / ".aws" / "credentials")


def sso_cache_dir() -> Path:
    """The AWS CLI's cache of Identity Center tokens; no variable moves it."""
    return home() / ".aws" / "sso" / "cache"


def _ours(xdg: str, default: str) -> Path:
    own = os.environ.get("AWSPROF_HOME")
    if own:
        return Path(os.path.expanduser(own))  # noqa: PTH111  # a bad ~user stays as written
    if sys.platform == "darwin":
        return home() / "Library" / "Application Support" / "awsprof"
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else home() / "AppData" / "Local") / "awsprof"
    base = os.environ.get(xdg)
    # The XDG specification has relative paths ignored.
    return (Path(base) if base and Path(base).is_absolute() else home() / default) / "awsprof"


def settings_file() -> Path:
    """Our settings (TOML)."""
    return _ours("XDG_CONFIG_HOME", ".config") / "settings.toml"


def data_dir() -> Path:
    """The folder of what we keep: index, history, locks, the encrypted file."""
    return _ours("XDG_DATA_HOME", ".local/share")


def index_file() -> Path:
    """What the vault holds, without secrets (TOML)."""
    return data_dir() / "index.toml"


def vault_file() -> Path:
    """The embedded keyring's encrypted file."""
    return data_dir() / "vault.bin"


def history_dir() -> Path:
    """The old text of what was changed, a file for each change."""
    return data_dir() / "history"


def locks_dir() -> Path:
    """Locks that are not beside the file they guard."""
    return data_dir() / "locks"


def short(path: Path) -> str:
    """The path as people write it, with ``~`` for their home."""
    try:
        return f"~/{path.relative_to(home())}"
    except ValueError:
        return str(path)
