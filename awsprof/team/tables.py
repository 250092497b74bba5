"""Reads the tables of a team file into definitions; references between them are checked later."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from awsprof.errors import AwsprofError
from awsprof.masking.secret_names import PLACES
from awsprof.parsing import InvalidValue
from awsprof.profiles.kinds.base import check_new_name
from awsprof.profiles.kinds.fields import validate_account_id
from awsprof.profiles.known_keys import NESTING_KEYS, PROFILE_KEYS, SESSION_KEYS
from awsprof.team import limits
from awsprof.team.answer_checks import compile_pattern
from awsprof.team.model import Definition, Loop, TeamAccount, Variable
from awsprof.team.nested_keys import NESTED_KEYS, SERVICE_KEYS, SERVICE_NAME
from awsprof.team.placeholders import PLACEHOLDER_NAME, names_in
from awsprof.team.toml_file import TomlFile
from awsprof.team.toml_lines import Path
from awsprof.text import one_line

VAULT_KEY: Final = "vault_key_id"
"""The key of a profile whose access key is in each user's vault: that key's ID."""
GENERATED: Final = "generated_from"
"""The key of a file that names the source of its accounts: ``session:corp``."""
SECRET_KEYS: Final = PLACES | {"aws_access_key_id"}
PLAIN_KEYS: Final = PROFILE_KEYS - SECRET_KEYS - NESTING_KEYS
_OF_PROFILE: Final = PLAIN_KEYS | NESTED_KEYS.keys() | {"template", VAULT_KEY}
_OF_VARIABLE: Final = ("question", "default", "pattern")
_OF_LOOP: Final = ("name", "accounts", "roles", "profile")
RESERVED: Final = ("account", "role")
"""Placeholder names for the account and role of a ``for_each``."""


def read_variables(file: TomlFile, value: object) -> list[Variable]:
    """Reads ``[variables]``."""
    found = []
    for name, table in file.table(("variables",), value).items():
        path: Path = ("variables", name)
        if not PLACEHOLDER_NAME.fullmatch(name) or name in RESERVED:
            fix = "use lower-case letters, digits and _, and neither account nor role"
            file.problem(path, "A variable cannot have that name.", fix)
            continue
        entry = file.table(path, table)
        file.unknown_keys(path, entry, _OF_VARIABLE)
        texts = {key: file.text((*path, key), entry[key]) for key in _OF_VARIABLE if key in entry}
        question = texts.get("question")
        if "question" not in entry:
            file.problem(path, "The variable has no question.", 'add question = "…"')
        variable = Variable(
            name,
            one_line(question or name),
            file.place(path),
            texts.get("default") or "",
            texts.get("pattern") or "",
        )
        try:
            compile_pattern(variable.pattern)
        except InvalidValue as exc:
            fix = "see docs/team.md for the allowed pattern syntax"
            file.problem((*path, "pattern"), f"{exc}.", fix)
            continue
        found.append(variable)
    return found


def read_sections(file: TomlFile, kind: str, value: object) -> list[Definition]:
    """Reads every ``[profile.NAME]``, or those of another kind: ``services``, ``template``, …"""
    known = {"sso-session": SESSION_KEYS, "services": None}.get(kind, _OF_PROFILE)
    found = []
    for name, table in file.table((kind,), value).items():
        path: Path = (kind, name)
        if file.hopeless:
            break
        if _is_name(file, path, name):
            found.append(_definition(file, path, name, file.table(path, table), known))
    return found


def _is_name(file: TomlFile, path: Path, name: str) -> bool:
    problem = name_problem(name)
    if problem:
        file.problem(path, *problem)
    return not problem


def name_problem(name: str) -> tuple[str, str] | None:
    """Returns what is wrong with a profile's or session's name, and the fix; None if nothing."""
    if len(name) > limits.MAX_NAME_CHARACTERS:
        return "The name is too long.", f"use at most {limits.MAX_NAME_CHARACTERS} characters"
    try:
        check_new_name(name)
    except AwsprofError as exc:
        return exc.message, exc.fix
    return None


def _definition(
    file: TomlFile, path: Path, name: str, table: dict[str, Any], known: frozenset[str] | None
) -> Definition:
    """Reads one section. ``known`` are its keys; None for a services section."""
    if not table:
        file.problem(path, "This section is empty.", "add some, or remove it")
    for key in sorted(SECRET_KEYS & table.keys()):
        file.problem(
            (*path, key),
            "Access keys cannot be in a team file.",
            f"use {VAULT_KEY}, and let each person store a key: awsprof setup keys",
        )
    if known is not None:
        file.unknown_keys(path, (key for key in table if key not in SECRET_KEYS), known)
    values, places = {}, {}
    for at, value in _lines(file, path, table, known):
        text = file.text(at, value)
        if text is not None and _parses(file, at, text):
            key = ".".join(map(str, at[len(path) :]))
            values[key], places[key] = text, file.place(at)
    template = values.pop("template", "") if known and "template" in known else ""
    return Definition(name, values, file.place(path), template, places)


def _lines(
    file: TomlFile, path: Path, table: dict[str, Any], known: frozenset[str] | None
) -> Iterator[tuple[Path, object]]:
    """Yields the path and the value of each line of a section, those of nested blocks too."""
    for key, value in table.items():
        at = (*path, key)
        if known is None:
            if SERVICE_NAME.fullmatch(key):
                yield from _block(file, at, value, SERVICE_KEYS)
            else:
                file.problem(
                    at, "There is no such service.", "name it as the AWS CLI does, such as s3"
                )
        elif key in known and key in NESTED_KEYS:
            yield from _block(file, at, value, NESTED_KEYS[key])
        elif key in known:
            yield at, value


def _block(
    file: TomlFile, path: Path, value: object, known: frozenset[str] | None
) -> Iterator[tuple[Path, object]]:
    """Yields the lines of a nested block. ``known`` are its keys; None for those of services."""
    table = file.table(path, value)
    if known is not None:
        file.unknown_keys(path, table, known)
    if isinstance(value, dict) and not table:
        file.problem(path, "This section is empty.", "add some, or remove it")
    for key, text in table.items():
        if known is None and not SERVICE_NAME.fullmatch(key):
            fix = "name it as the AWS CLI does, such as ec2"
            file.problem((*path, key), "There is no such service.", fix)
        elif known is None or key in known:
            yield (*path, key), text


def _parses(file: TomlFile, path: Path, text: str) -> bool:
    try:
        names_in(text)
    except InvalidValue:
        fix = "write {name} for a placeholder, {{ and }} for braces"
        file.problem(path, "A brace here is not part of a placeholder.", fix)
        return False
    return True


def read_accounts(file: TomlFile, value: object) -> list[TeamAccount]:
    """Reads the ``[[accounts]]`` tables."""
    found = []
    for at, table in enumerate(file.list(("accounts",), value)):
        if file.hopeless:
            break
        path: Path = ("accounts", at)
        entry = file.table(path, table)
        if len(entry) > limits.MAX_ACCOUNT_KEYS:
            fix = f"use at most {limits.MAX_ACCOUNT_KEYS}"
            file.problem(path, "The account has too many keys.", fix)
            continue
        account = _account(file, path, entry)
        found += [account] if account else []
    return found


def _account(file: TomlFile, path: Path, table: dict[str, Any]) -> TeamAccount | None:
    roles = file.texts((*path, "roles"), table["roles"]) if "roles" in table else ()
    attributes: dict[str, str] = {}
    for key, value in table.items():
        if key == "roles":
            continue
        text = file.text((*path, key), value)
        if not PLACEHOLDER_NAME.fullmatch(key):
            file.problem((*path, key), "An account cannot have a key of that name.", _ATTRIBUTE)
        elif text is not None and one_line(text) != text:
            file.problem((*path, key), "This has a line break or a hidden character.")
        elif text is not None:
            attributes[key] = text
    for key in ("name", "id"):
        if key not in table:
            file.problem(path, f"The account has no {key}.", f'add {key} = "…"')
    if not {"name", "id"} <= attributes.keys() or not _is_name(
        file, (*path, "name"), attributes["name"]
    ):
        return None
    if not _is_account_id(attributes["id"]):
        file.problem((*path, "id"), "This is not an account ID.", "it has twelve digits, in quotes")
        return None
    return TeamAccount(attributes, roles, file.place(path))


_ATTRIBUTE: Final = "use lower-case letters, digits and _"


def _is_account_id(text: str) -> bool:
    try:
        return validate_account_id(text) == text
    except AwsprofError:
        return False


def read_loops(file: TomlFile, value: object) -> list[Loop]:
    """Reads the ``[[for_each]]`` tables."""
    return [
        loop
        for at, table in enumerate(file.list(("for_each",), value))
        if (loop := _loop(file, ("for_each", at), file.table(("for_each", at), table)))
    ]


def _loop(file: TomlFile, path: Path, table: dict[str, Any]) -> Loop | None:
    file.unknown_keys(path, table, _OF_LOOP)
    for key in ("name", "profile"):
        if key not in table:
            file.problem(path, f"The for_each has no {key}.", f"add its {key}: see docs/team.md")
    if not {"name", "profile"} <= table.keys():
        return None
    name = file.text((*path, "name"), table["name"])
    of_profile = (*path, "profile")
    profile = _definition(
        file, of_profile, name or "", file.table(of_profile, table["profile"]), _OF_PROFILE
    )
    patterns = {
        key: file.texts((*path, key), table[key]) for key in ("accounts", "roles") if key in table
    }
    for key, globs in patterns.items():
        if any(len(glob) > limits.MAX_PATTERN_CHARACTERS for glob in globs):
            file.problem((*path, key), "A pattern is too long.")
            return None
    if name is None or not _parses(file, (*path, "name"), name):
        return None
    return Loop(
        name, profile, file.place(path), patterns.get("accounts", ("*",)), patterns.get("roles", ())
    )
