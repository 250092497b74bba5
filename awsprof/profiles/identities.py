"""Who a profile is by the files alone: compared, and described in a sentence."""

from __future__ import annotations

from awsprof import key_ids, masking
from awsprof.text import sanitize

Who = tuple[object, ...]
"""Where a profile's credentials come from, as a comparable tuple. The first item is the kind."""


def is_same_identity(one: Who | None, other: Who | None) -> bool:
    """True if both are the same identity; the secret of a key in the vault is not known here."""
    match one, other:
        case ("key", str(key_id), *secret), ("key", str(other_id), *other_secret):
            known = bool(secret and other_secret)
            return key_id == other_id and (secret == other_secret or not known)
        case ("role", str(arn), tuple(source)), ("role", str(other_arn), tuple(other_source)):
            return arn == other_arn and is_same_identity(source, other_source)
        case _:
            return one == other


def describe_change(name: str, meant: Who, then: Who | None) -> str:
    """A sentence on the profile ``name``, which is ``meant`` and would be ``then``."""
    before, after = _describe(meant), _describe(then)
    if before != after:
        return f"{sanitize(name)} is {before} now and would be {after}."
    if _is_of_key(meant):
        return f"{sanitize(name)} would have another secret for {after}."
    return f"{sanitize(name)} would still be {after}, but get its credentials from elsewhere."


def _is_of_key(who: Who) -> bool:
    match who:
        case ("role", _, tuple(source)):
            return _is_of_key(source)
        case _:
            return who[0] == "key"


def _describe(who: Who | None) -> str:
    match who:
        case None:
            return "without credentials"
        case ("key", str(key_id), *_):
            return f"the key {key_ids.display_id(key_id)}"
        case ("role", str(arn), tuple(source)):
            return f"{shown(arn)}, by {_describe(source)}"
        case ("web", str(arn), _):
            return f"{shown(arn)}, by a web identity"
        case ("sso", _, _, str(account), str(role)):
            return f"{shown(role)} of {shown(account)} in Identity Center"
        case ("process", str(command)):
            return f"the process {shown(command, 60)}"
        case _:
            return " ".join(shown(str(part)) for part in who)


def shown(text: str, limit: int = 120) -> str:
    """A value for display, with secrets masked, cut to ``limit`` characters."""
    return sanitize(masking.mask_text(text), limit)
