"""Where every file is, and which environment variable moves it.

AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE move AWS's files; AWSPROF_HOME moves all of ours
into one folder (else XDG_CONFIG_HOME and XDG_DATA_HOME, or the operating system's defaults). Each
call reads the environment, so that a test or a child process sees its own. Nothing is created here.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # saves importing typing: 3 ms per cached credential-process
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any


def _path(text: str) -> Path:
    from pathlib import Path  # 10 ms that a cached credential-process saves

    return Path(text)


def _home() -> str:
    return os.path.expanduser("~")  # noqa: PTH111  # Path.home() raises where HOME is unset


def home() -> Path:
    """Returns the user's home folder (HOME, or USERPROFILE on Windows)."""
    return _path(_home())


def config_text() -> str:
    """Returns the path of ``config_file`` as text, for startup code without pathlib."""
    return _aws_path("AWS_CONFIG_FILE", "AWSPROF_CONFIG_FILE", "config")


def credentials_text() -> str:
    """Returns the path of ``credentials_file`` as text."""
    return _aws_path(
        "AWS_SHARED_CREDENTIALS_FILE", "AWSPROF_SHARED_CREDENTIALS_FILE", "credentials"
    )


def expand_as_botocore(text: str) -> str:
    """Returns a path as botocore's configloader expands it: first variables, then ~."""
    return os.path.expanduser(os.path.expandvars(text))  # noqa: PTH111  # text, as above


def _aws_path(variable: str, hidden_by: str, name: str) -> str:
    value = os.environ.get(variable)
    if value == os.devnull:
        value = os.environ.get(hidden_by) or value
    if value:
        return expand_as_botocore(value)
    return os.path.join(_home(), ".aws", name)  # noqa: PTH118  # text, as above


# Files that `exec --serve` hides from SDKs in its child: the variable that shows each to awsprof,
# its path, and botocore's name for it.
_HIDDEN = {
    "AWS_CONFIG_FILE": ("AWSPROF_CONFIG_FILE", config_text, "config_file"),
    "AWS_SHARED_CREDENTIALS_FILE": (
        "AWSPROF_SHARED_CREDENTIALS_FILE",
        credentials_text,
        "credentials_file",
    ),
}


def hiding_variables() -> dict[str, str]:
    """Returns the variables that hide both files from SDKs and show them to awsprof."""
    hidden = dict.fromkeys(_HIDDEN, os.devnull)
    return {**hidden, **{own: os.path.abspath(text()) for own, text, _ in _HIDDEN.values()}}  # noqa: PTH100


def reveal_hidden_files() -> None:
    """In awsprof under ``exec --serve``: point this process at both files again."""
    for theirs, (own, text, _) in _HIDDEN.items():
        if os.environ.get(theirs) == os.devnull and os.environ.get(own):
            os.environ[theirs] = text()


def variables_that_show_files() -> tuple[dict[str, str], list[str]]:
    """Returns what to set and to unset so that SDKs under ``exec --serve`` find both files again.

    Both empty outside of it. The files must have been revealed to this process.
    """
    if not is_served():
        return {}, []
    shown = {theirs: text() for theirs, (_, text, _) in _HIDDEN.items()}
    return shown, [own for own, _, _ in _HIDDEN.values()]


def is_served() -> bool:
    """Returns True under ``exec --serve``: SDKs read neither file, whatever is in them."""
    return any(own in os.environ for own, _, _ in _HIDDEN.values())


def hidden_file_paths() -> dict[str, str]:
    """Returns both files, keyed by botocore's variable names, under ``exec --serve``; else empty.

    For sessions that a script there creates, whose own SDK must find neither file.
    """
    hidden = {theirs for theirs in _HIDDEN if os.environ.get(theirs) == os.devnull}
    found = {_HIDDEN[theirs][2]: _HIDDEN[theirs][1]() for theirs in hidden}
    return {name: path for name, path in found.items() if path != os.devnull}


def reveal_files_to_session(session: Any) -> None:
    """Has a botocore session read both files although `exec --serve` hides them."""
    for name, path in hidden_file_paths().items():
        session.set_config_variable(name, path)


def config_file() -> Path:
    """Returns AWS's config file: AWS_CONFIG_FILE, else ~/.aws/config."""
    return _path(config_text())


def credentials_file() -> Path:
    """Returns AWS's credentials file: AWS_SHARED_CREDENTIALS_FILE, else ~/.aws/credentials."""
    return _path(credentials_text())


def aws_cli_cache_dir() -> Path:
    """Returns the AWS CLI's cache of role credentials, in plain text; no variable moves it."""
    return home() / ".aws" / "cli" / "cache"


def sso_cache_dir() -> Path:
    """Returns the AWS CLI's cache of IAM Identity Center tokens; no variable moves it."""
    return home() / ".aws" / "sso" / "cache"


def _ours(xdg: str, *default: str) -> str:
    own = os.environ.get("AWSPROF_HOME")
    if own:
        return os.path.expanduser(own)  # noqa: PTH111  # a bad ~user stays as written
    base = os.environ.get(xdg)
    if sys.platform == "darwin":
        base = os.path.join(_home(), "Library", "Application Support")  # noqa: PTH118
    elif sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or os.path.join(_home(), "AppData", "Local")  # noqa: PTH118
    elif not base or not os.path.isabs(base):  # noqa: PTH117  # the XDG specification ignores relative paths
        base = os.path.join(_home(), *default)  # noqa: PTH118
    return os.path.join(base, "awsprof")  # noqa: PTH118


def settings_file() -> Path:
    """Returns awsprof's settings (TOML)."""
    return _path(settings_text())


def settings_text() -> str:
    """Returns the path of ``settings_file`` as text."""
    return os.path.join(_ours("XDG_CONFIG_HOME", ".config"), "settings.toml")  # noqa: PTH118  # as above


def data_dir() -> Path:
    """Returns the folder of awsprof's data: index, history, locks, the encrypted vault file."""
    return _path(data_text())


def data_text() -> str:
    """Returns the path of ``data_dir`` as text."""
    return _ours("XDG_DATA_HOME", ".local", "share")


def index_file() -> Path:
    """Returns the list of what the vault stores, without secrets (TOML)."""
    return data_dir() / "index.toml"


def vault_file() -> Path:
    """Returns the encrypted file of the embedded keyring backend."""
    return data_dir() / "vault.bin"


def history_dir() -> Path:
    """Returns the previous text of changed files, one file per change."""
    return data_dir() / "history"


def own_data() -> tuple[Path, ...]:
    """Returns awsprof's data folder, and what in it decides what is written and handed out."""
    return data_dir(), history_dir(), index_file(), vault_file()


def unfinished_text() -> str:
    """Returns the folder of unfinished changes, as text, for a quick check at startup."""
    return os.path.join(data_text(), "history", "unfinished")  # noqa: PTH118  # as above


def has_unfinished_changes() -> bool:
    """Returns True if an interrupted run left a change that must be completed."""
    try:
        return bool(os.listdir(unfinished_text()))  # noqa: PTH208  # without pathlib
    except OSError:
        return False


def locks_dir() -> Path:
    """Returns the folder of all locks: none is beside a file of AWS's."""
    return data_dir() / "locks"


def written_dirs() -> tuple[Path, ...]:
    """Returns the folders that awsprof writes files in, without duplicates."""
    files = (config_file(), credentials_file())
    theirs = [_path(os.path.realpath(file)).parent for file in files]
    ours = (data_dir(), history_dir(), _path(unfinished_text()), settings_file().parent)
    return tuple(dict.fromkeys([*theirs, *(file.parent for file in files), *ours, sso_cache_dir()]))


def display_path(path: Path) -> str:
    """Returns the path for display, with ``~`` for the home folder; in full on Windows."""
    if sys.platform == "win32":
        return str(path)
    if path == home():
        return "~"
    try:
        return f"~/{path.relative_to(home())}"
    except ValueError:
        return str(path)
