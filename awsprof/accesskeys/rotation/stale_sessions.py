"""Sessions that a key began outlive it: those we keep are forgotten, the AWS CLI's are offered."""

from __future__ import annotations

from awsprof.accesskeys import aws_cli_cache
from awsprof.accesskeys.context import KeyContext
from awsprof.accesskeys.format import dependents_of, profiles_with
from awsprof.auth.logout import forget_profile_sessions
from awsprof.configfile.document import FileKind
from awsprof.local_time import clock_time
from awsprof.profiles.catalog import Catalog
from awsprof.shells import arguments
from awsprof.text import sanitize


def forget_sessions_of_key(key_context: KeyContext, old: str, new: str = "") -> None:
    """Forget what was signed in with ``old``; where the files name ``new`` already, as they were.

    What AWS goes on honouring is told.
    """
    now = key_context.catalog()
    catalog = profiles_with_old_key(now, old, new) if new else now
    names = profiles_with(old, catalog)
    above = dependents_of(names, catalog)
    for ended in forget_profile_sessions(
        key_context.keeping(catalog), key_context.sessions(), (*names, *above)
    ):
        called, until = sanitize(ended.profile), clock_time(ended.expires)
        key_context.terminal.warn(f"{called}: session forgotten here; AWS honours it until {until}")
        if new:
            key_context.terminal.detail(
                f"awsprof login {arguments(ended.profile)} signs in with {new}"
            )
    roles = [role for name in above if (role := catalog.get(name).get("role_arn"))]
    files = aws_cli_cache.sessions_of_roles(roles)
    if files:
        many = f"{len(files)} session{'s' * (len(files) != 1)}"
        key_context.terminal.say(f"The AWS CLI keeps {many} of the old key in ~/.aws/cli/cache.")
        if key_context.agree("Delete them?", True):
            aws_cli_cache.clear_sessions(files)
            key_context.terminal.ok(f"{many} deleted")


def profiles_with_old_key(catalog: Catalog, old: str, new: str) -> Catalog:
    """The profiles as they were before they went over from ``old`` to ``new``."""
    before = []
    for kind in FileKind:
        data = catalog.stored(kind).data
        before.append(data and data.replace(new.encode(), old.encode()))
    return Catalog.from_bytes(*before)
