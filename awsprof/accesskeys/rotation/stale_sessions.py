"""Sessions of a key outlive it: deletes awsprof's, and offers to delete the AWS CLI's."""

from __future__ import annotations

from awsprof.accesskeys import aws_cli_cache
from awsprof.accesskeys.key_context import KeyContext
from awsprof.accesskeys.key_users import dependents_of, profiles_with
from awsprof.auth.logout import forget_profile_sessions
from awsprof.configfile.document import FileKind
from awsprof.local_time import clock_time
from awsprof.profiles.catalog import Catalog
from awsprof.shells import arguments
from awsprof.text import counted, sanitize


def forget_sessions_of_key(
    key_context: KeyContext, catalog: Catalog, old: str, new: str = ""
) -> None:
    """Deletes cached sessions of ``old``; ``new`` is the key that the profiles switched to.

    Warns about sessions that AWS still accepts.
    """
    before = profiles_with_old_key(catalog, old, new) if new else catalog
    names = profiles_with(old, before)
    dependents = dependents_of(names, before)
    for session in forget_profile_sessions(
        key_context.caching_resolver(before), key_context.sessions(), (*names, *dependents)
    ):
        name, until = sanitize(session.profile), clock_time(session.expires)
        key_context.terminal.warn(f"{name}: session deleted here; AWS accepts it until {until}")
        if new:
            key_context.terminal.detail(
                f"awsprof login {arguments(session.profile)} signs in with {new}"
            )
    roles = [role for name in dependents if (role := before.get(name).get("role_arn"))]
    files = aws_cli_cache.sessions_of_roles(roles)
    if files:
        count = counted(len(files), "session")
        key_context.terminal.say(f"The AWS CLI has {count} of the old key in ~/.aws/cli/cache.")
        if key_context.agree("Delete them?", True):
            aws_cli_cache.clear_sessions(files)
            key_context.terminal.ok(f"{count} deleted")


def profiles_with_old_key(catalog: Catalog, old: str, new: str) -> Catalog:
    """Returns the profiles as they were before they switched from ``old`` to ``new``."""
    before = []
    for kind in FileKind:
        data = catalog.stored(kind).data
        before.append(data and data.replace(new.encode(), old.encode()))
    return Catalog.from_bytes(*before)
