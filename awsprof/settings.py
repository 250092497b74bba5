"""Our settings: one TOML file that people may edit by hand; comments and order live.

Every setting has a name, a meaning, a default and a check, in ``KNOWN``; nothing else is accepted.
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
    """One setting: what it means, what holds where nothing is set, and what it accepts."""

    meaning: str
    default: str
    check: Callable[[str], bool]
    accepts: str


_IGNORE = re.compile(r"([a-z][a-z-]*|[^\s,]+:[a-z][a-z-]*)?\Z")
_BACKEND = re.compile(r"(auto|keyring|file|[A-Za-z_][\w]*(\.[A-Za-z_][\w]*)+)\Z")

KNOWN: Final[Mapping[str, Setting]] = {
    "vault": Setting(
        "where secrets are kept",
        "auto",
        lambda value: bool(_BACKEND.match(value)),
        "auto, keyring, file, or the class of a keyring backend (package.module.Class)",
    ),
    "mfa": Setting(
        "where MFA codes come from",
        "ask",
        lambda value: bool(value.strip()) and "\n" not in value,
        "ask, op:ITEM (1Password), bw:ITEM (Bitwarden), pass:NAME, ykman:ACCOUNT (YubiKey), or a"
        " command; {profile}, {device}, {account} and {user} stand for those",
    ),
    "key-age": Setting(
        "after how many days doctor and keys audit call a key old, or unused too long",
        "90",
        lambda value: bool(re.fullmatch("[1-9][0-9]{0,4}", value)),
        "a number of days",
    ),
    "ignore": Setting(
        "what the doctor is not to tell",
        "",
        lambda value: all(_IGNORE.match(each.strip()) for each in value.split(",")),
        "checks by their id, of one profile alone as PROFILE:CHECK; commas between them",
    ),
}


def setting_named(name: str) -> Setting:
    """The setting of that name; UsageError where there is none."""
    try:
        return KNOWN[name]
    except KeyError:
        raise UsageError(
            f"There is no setting {name!r}.", f"the settings are: {', '.join(sorted(KNOWN))}"
        ) from None


def _data() -> bytes:
    return atomic.read_file(paths.settings_file()) or b""


def _expecting() -> AbstractContextManager[None]:
    path = paths.settings_file()
    return parsing.wrap_parse_errors(path, f"mend or delete {path}")


def load_settings() -> Mapping[str, str]:
    """Every setting and its value now, defaults included. FileProblem where the file is broken."""
    with _expecting():
        given = parsing.parse_toml(_data())
    values = {name: setting.default for name, setting in KNOWN.items()}
    for name, value in given.items():
        values[name] = validate_setting(name, value)
    return values


def validate_setting(name: str, value: object) -> str:
    """``value``, where the setting ``name`` accepts it; UsageError says what it does accept."""
    setting = setting_named(name)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)  # as people write a number by hand
    if not isinstance(value, str) or not setting.check(value):
        raise UsageError(f"The setting {name} cannot be {value!r}.", f"it takes {setting.accepts}")
    return value


def get_setting(name: str) -> str:
    """The value of one setting."""
    setting_named(name)
    return load_settings()[name]


def put_setting(name: str, value: str) -> None:
    """Set ``name``; what else stands in the file stays as it is. The default is written too."""
    import tomlkit

    value = validate_setting(name, value)
    path = paths.settings_file()
    with locks.hold_lock(
        locks.lock_path(atomic.resolve_links(path)), purpose="changing the settings"
    ):
        with _expecting():
            document = tomlkit.parse(_data().decode("utf-8-sig"))
        if document.get(name) == value:
            return
        if name not in document and not document:
            document.add(tomlkit.comment("awsprof's settings: awsprof settings lists them."))
        document[name] = value
        atomic.write_file(path, tomlkit.dumps(document).encode())
