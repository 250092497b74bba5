"""Sessions that a key began outlive it: those we keep are forgotten, the AWS CLI's are offered."""

from __future__ import annotations

from awsprof.accesskeys import clicache
from awsprof.accesskeys.desk import Desk
from awsprof.accesskeys.words import holders, on_top
from awsprof.awsfiles.document import FileKind
from awsprof.clean import clean
from awsprof.moments import clock_time
from awsprof.profiles.catalog import Catalog
from awsprof.shells import arguments
from awsprof.signin.signout import forget


def forget_sessions(desk: Desk, old: str, new: str = "") -> None:
    """Forget what was signed in with ``old``; where the files name ``new`` already, as they were.

    What AWS goes on honouring is told.
    """
    now = desk.catalog()
    catalog = with_old(now, old, new) if new else now
    names = holders(old, catalog)
    above = on_top(names, catalog)
    for ended in forget(desk.keeping(catalog), desk.sessions(), (*names, *above)):
        called, until = clean(ended.profile), clock_time(ended.expires)
        desk.terminal.warn(f"{called}: session forgotten here; AWS honours it until {until}")
        if new:
            desk.terminal.detail(f"awsprof login {arguments(ended.profile)} signs in with {new}")
    roles = [role for name in above if (role := catalog.get(name).get("role_arn"))]
    files = clicache.of_roles(roles)
    if files:
        many = f"{len(files)} session{'s' * (len(files) != 1)}"
        desk.terminal.say(f"The AWS CLI keeps {many} of the old key in ~/.aws/cli/cache.")
        if desk.agree("Delete them?", True):
            clicache.clear(files)
            desk.terminal.ok(f"{many} deleted")


def with_old(catalog: Catalog, old: str, new: str) -> Catalog:
    """The profiles as they were before they went over from ``old`` to ``new``."""
    before = []
    for kind in FileKind:
        data = catalog.stored(kind).data
        before.append(data and data.replace(new.encode(), old.encode()))
    return Catalog.from_bytes(*before)
