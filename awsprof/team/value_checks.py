"""Checks the values of a section as they will be written: each by itself, and together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from awsprof.configfile.dialects import portable_name
from awsprof.configfile.edits import require_portable_value
from awsprof.errors import AwsprofError
from awsprof.masking.search import is_secret
from awsprof.profiles.kinds.fields import validate_access_key_id
from awsprof.profiles.known_keys import COMMAND_KEYS
from awsprof.profiles.process_command import split_words
from awsprof.profiles.provider_order import SSO_PORTAL_KEYS, SSO_ROLE_KEYS, missing_sso_keys
from awsprof.profiles.value_rules import value_problem
from awsprof.team import limits
from awsprof.team.nested_keys import SERVICE_KEYS, last_part
from awsprof.team.tables import VAULT_KEY
from awsprof.text import one_line

ValueFault = tuple[str, str]
"""What is wrong, as a sentence, and the fix, which may be empty."""

_NAMES: Final = frozenset({"source_profile", "sso_session", "services"})
_REGIONS: Final = frozenset({"region", "sso_region"})
# What may be put into a command: it can add no word, no quote and no option.
_PLAIN_WORD: Final = re.compile(r"[A-Za-z0-9_/@.:][A-Za-z0-9_.,/:@=+-]*")


@lru_cache(maxsize=1 << 16)
def value_fault(key: str, text: str, *, role: bool = False) -> ValueFault | None:
    """Returns what is wrong with a value; None if every SDK reads it, and accepts it.

    ``role``: the profile has a role_arn.
    """
    if not text:
        return "This is empty.", "give it a value, or remove the line"
    if len(text) > limits.MAX_VALUE_CHARACTERS:
        return "The value is too long.", f"use at most {limits.MAX_VALUE_CHARACTERS} characters"
    if one_line(text) != text:
        return "This has a line break or a hidden character.", "use one line of plain text"
    if is_secret(text, key):
        return "This looks like a secret.", "remove it from the team file, and replace it"
    try:
        require_portable_value(text, key)
    except AwsprofError as exc:
        return exc.message, exc.fix
    if key in COMMAND_KEYS:
        return _command_fault(text)
    if key in _NAMES and not portable_name(text):
        return "This is not a name that every SDK can read.", "use letters, digits, _ - and ."
    if key == VAULT_KEY:
        return _key_id_fault(text)
    known = last_part(key) if last_part(key) in SERVICE_KEYS else key
    found = value_problem(known, text, role=role)
    if found is None or (key in _REGIONS and not found.refused):  # newer than botocore
        return None
    says = found.says.removeprefix(f"{key}: ")
    return says, f"use {found.meant}" if found.meant else ""


def _command_fault(text: str) -> ValueFault | None:
    try:
        words = split_words(text)
    except ValueError:
        words = []
    return None if words else ("A quote is not closed.", "close it, or leave both out")


def _key_id_fault(text: str) -> ValueFault | None:
    try:
        validate_access_key_id(text)
    except AwsprofError as exc:
        return exc.message, exc.fix
    return None


def is_plain_word(text: str) -> bool:
    """True if a text may be put into a command: it stays one word, and is no option."""
    return _PLAIN_WORD.fullmatch(text) is not None


def profile_faults(values: Mapping[str, str]) -> Iterator[tuple[str, ValueFault]]:
    """Yields the key and the fault of each value of a profile that does not fit the others.

    Source: botocore's AssumeRoleProvider and SSOProvider, which raise errors for these.
    """
    yield from _role_faults(values)
    yield from _sso_faults(values)
    if VAULT_KEY in values and "credential_process" in values:
        fix = f"remove one: {VAULT_KEY} becomes a credential_process"
        yield VAULT_KEY, (f"{VAULT_KEY} and credential_process exclude each other.", fix)


def _role_faults(values: Mapping[str, str]) -> Iterator[tuple[str, ValueFault]]:
    sources = [key for key in ("source_profile", "credential_source") if key in values]
    if "role_arn" in values and not sources and "web_identity_token_file" not in values:
        yield "role_arn", ("The role has no source.", 'add source_profile = "…"')
    if "role_arn" not in values and sources:
        yield sources[0], (f"{sources[0]} has no effect without role_arn.", 'add role_arn = "…"')
    if len(sources) > 1:
        says = "source_profile and credential_source exclude each other."
        yield "credential_source", (says, "remove one of them")


def _sso_faults(values: Mapping[str, str]) -> Iterator[tuple[str, ValueFault]]:
    used = [key for key in (*SSO_ROLE_KEYS, "sso_session") if key in values]
    legacy = [key for key in SSO_PORTAL_KEYS if key in values]
    missing = missing_sso_keys(values.__contains__)
    if "sso_session" in values and legacy:
        fix = "remove it here: the sso-session has it"
        yield legacy[0], (f"{legacy[0]} belongs to the sso-session.", fix)
    elif used and set(missing) & set(SSO_PORTAL_KEYS):
        yield used[0], ("The profile has no sso_session.", 'add sso_session = "…"')
    for key in SSO_ROLE_KEYS:
        if used and key in missing:
            yield used[0], (f"The profile has no {key}.", f'add {key} = "…"')


def session_faults(values: Mapping[str, str]) -> Iterator[tuple[str, ValueFault]]:
    """Yields each key that an sso-session lacks, as profile_faults does."""
    for key in SSO_PORTAL_KEYS:
        if key not in values:
            yield key, (f"The sso-session has no {key}.", f'add {key} = "…"')
