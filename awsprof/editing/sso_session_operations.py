"""Builds the Change for each edit of an sso-session: new values, remove."""

from collections.abc import Mapping
from typing import Final

from awsprof.configfile.document import (
    FileEdit,
    FileKind,
    RemoveSection,
    SectionId,
    SetValue,
    UnsetValue,
)
from awsprof.configfile.secret_loss import name_holds_secret
from awsprof.editing.change import Change
from awsprof.editing.outcome import verify_session_removed
from awsprof.errors import EditRefused, UsageError
from awsprof.profiles.catalog import Catalog
from awsprof.text import list_names, sanitize

_SHOWN: Final = 5  # profiles in a message


def set_session_values(name: str, values: Mapping[str, str], catalog: Catalog) -> Change:
    """Sets values of an sso-session by key; an empty value is removed."""
    session = catalog.session(name)
    section = SectionId.sso_session(session.name)
    edits = [
        SetValue(section, key, value) if value else UnsetValue(section, key)
        for key, value in values.items()
        if value or session.get(key)
    ]
    summary = f"changed {', '.join(values)} of the session {name}"
    return Change(summary, tuple(FileEdit(FileKind.CONFIG, edit) for edit in edits))


def remove_session(name: str, catalog: Catalog) -> Change:
    """Removes an sso-session; its sign-in stays. Raises UsageError if profiles use it."""
    session = catalog.session(name)
    if name_holds_secret(name):
        fix = f"correct {session.origin} in an editor first"
        raise EditRefused("A secret is in the name of that sso-session.", fix)
    users = catalog.users_of_session(name)
    if users:
        verb, them = ("uses", "it") if len(users) == 1 else ("use", "them")
        raise UsageError(
            f"{list_names(users, _SHOWN)} {verb} the sso-session {sanitize(name)}.",
            f"remove {them} first, or set another sso_session for {them}",
        )
    edit = FileEdit(FileKind.CONFIG, RemoveSection(SectionId.sso_session(session.name)))
    return verify_session_removed(Change(f"removed the session {name}", (edit,)), catalog)
