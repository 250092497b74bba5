"""awsprof's settings: one TOML file, which you may edit by hand; comments and order are kept.

Every setting has a meaning, a default and a check, in ``KNOWN``; no other name is accepted.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final

from awsprof import atomic, locks, parsing, paths
from awsprof.errors import UsageError


@dataclass(frozen=True)
class Setting:
    """One setting: its meaning, its default, and what it accepts."""

    meaning: str
    default: str
    check: Callable[[str], bool]
    accepts: str


_IGNORE = re.compile(r"([a-z][a-z-]*|[^\s,]+:[a-z][a-z-]*)?\Z")
_BACKEND = re.compile(r"(auto|keyring|file|[A-Za-z_][\w]*(\.[A-Za-z_][\w]*)+)\Z")

CONSOLE_WAYS: Final = ("default", "firefox-containers", "chrome-profiles", "sign-out-first")

KNOWN: Final[Mapping[str, Setting]] = {
    "vault": Setting(
        "where secrets are stored",
        "auto",
        lambda value: bool(_BACKEND.match(value)),
        "auto, keyring, file, or the class of a keyring backend (package.module.Class)",
    ),
    "mfa": Setting(
        "where MFA codes come from",
        "ask",
        lambda value: bool(value.strip()) and "\n" not in value,
        "ask, op:ITEM (1Password), bw:ITEM (Bitwarden), pass:NAME, ykman:ACCOUNT (YubiKey), or a"
        " command; {profile}, {device}, {account} and {user} are replaced",
    ),
    "key-age": Setting(
        "age in days from which doctor and keys audit report a key as old or unused",
        "90",
        lambda value: bool(re.fullmatch("[1-9][0-9]{0,4}", value)),
        "a number of days",
    ),
    "key-cache": Setting(
        "minutes for which the Linux kernel keeps a key that an SDK or a command was given",
        "5",
        lambda value: bool(re.fullmatch("off|[1-9]|[1-5][0-9]|60", value)),
        "off, or a number of minutes from 1 to 60",
    ),
    "console": Setting(
        "which browser session awsprof console opens",
        "default",
        lambda value: value in CONSOLE_WAYS,
        "default (one console at a time), firefox-containers or chrome-profiles (one for each"
        " profile), or sign-out-first",
    ),
    "team-signature": Setting(
        "whether the commit of a team file needs a signature that git trusts",
        "off",
        lambda value: value in ("off", "required"),
        "off, or required (git verify-commit has to accept it)",
    ),
    "ignore": Setting(
        "checks that doctor does not report",
        "",
        lambda value: all(_IGNORE.match(each.strip()) for each in value.split(",")),
        "comma-separated check IDs, or PROFILE:CHECK for one profile only",
    ),
}


def setting_named(name: str) -> Setting:
    """Returns the setting of that name; raises UsageError if there is none."""
    try:
        return KNOWN[name]
    except KeyError:
        from awsprof.near_names import nearest_name

        close = nearest_name(name, KNOWN)
        near = f" Did you mean {close}?" if close else ""
        raise UsageError(
            f"There is no setting {name!r}.{near}",
            f"the settings are: {', '.join(sorted(KNOWN))}",
        ) from None


def _data() -> bytes:
    return atomic.read_file(paths.settings_file()) or b""


def _wrap_errors() -> AbstractContextManager[None]:
    path = paths.settings_file()
    return parsing.wrap_parse_errors(path, f"fix or delete {path}")


def load_settings() -> Mapping[str, str]:
    """Returns every setting's value, including defaults. FileError if the file is invalid.

    UsageError, which names the file, if it has a setting that does not exist, or a wrong value.
    """
    with _wrap_errors():
        stored = parsing.parse_toml(_data())
    values = {name: setting.default for name, setting in KNOWN.items()}
    try:
        for name, value in stored.items():
            values[name] = validate_setting(name, value)
    except UsageError as exc:
        path = paths.display_path(paths.settings_file())
        fix = f"correct or delete that line, or upgrade awsprof; {exc.fix}"
        raise UsageError(f"{path}: {exc.message}", fix) from exc
    return values


def validate_setting(name: str, value: object) -> str:
    """Returns ``value`` as text; raises UsageError if the setting does not accept it."""
    setting = setting_named(name)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)  # a number without quotes
    if not isinstance(value, str) or not setting.check(value):
        raise UsageError(f"The setting {name} cannot be {value!r}.", f"it takes {setting.accepts}")
    return value


def get_setting(name: str) -> str:
    """Returns the current value of one setting."""
    setting_named(name)
    return load_settings()[name]


def key_cache_minutes() -> int:
    """Returns the setting key-cache as minutes; 0 if it is off."""
    value = get_setting("key-cache")
    return 0 if value == "off" else int(value)


def put_setting(name: str, value: str) -> None:
    """Sets ``name``, even to its default; the rest of the file is unchanged."""
    import tomlkit

    value = validate_setting(name, value)
    path = paths.settings_file()
    with locks.hold_lock(
        locks.lock_path(atomic.resolve_links(path)), purpose="changing the settings"
    ):
        with _wrap_errors():
            document = tomlkit.parse(_data().decode("utf-8-sig"))
        if document.get(name) == value:
            return
        if name not in document and not document:
            document.add(tomlkit.comment("Settings of awsprof: `awsprof settings` lists them."))
        document[name] = value
        atomic.write_file(path, tomlkit.dumps(document).encode())
