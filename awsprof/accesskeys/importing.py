"""A key brought in from elsewhere: proven, kept, and proven again as an SDK will get it."""

from __future__ import annotations

from awsprof.accesskeys.csvfile import KeyFile
from awsprof.accesskeys.desk import Desk
from awsprof.accesskeys.newkey import identify
from awsprof.accesskeys.proof import require_handed_out, require_profile
from awsprof.clean import clean
from awsprof.editing import verbs
from awsprof.editing.apply import Applied, undo
from awsprof.editing.history import plan_undo
from awsprof.errors import AwsprofError, UsageError
from awsprof.profiles.kinds.keys import KEYS


def bring_in(desk: Desk, name: str, key: KeyFile, region: str | None) -> Applied | None:
    """A profile that hands out ``key`` from the vault; None where nothing was written.

    What is there already, a profile or another secret of that key, is replaced where the person
    agrees. SignInFailed where AWS does not take the key, and where it is root's.
    """
    catalog = desk.catalog()
    given = {"access_key_id": key.key_id, **({"region": region} if region else {})}
    values = KEYS.validate(given, catalog, name=name)
    who = identify(key.key_id, key.secret, region=region)
    desk.terminal.ok(f"{key.key_id} is {who.arn}")
    if name in catalog.profiles:
        question = f"There is a profile {clean(name)} already. Give it this key?"
        if not desk.agree(question, False):
            raise UsageError("Nothing was written.", "awsprof keys import OTHER_NAME …")
    _replace_wrong_secret(desk, key)
    change = verbs.add(
        KEYS, name, values, catalog, secret=key.secret, account=who.account, arn=who.arn
    )
    applied = desk.write(change, None)
    if applied is not None:
        try:
            require_handed_out(name, key.key_id, who, region=region)
            require_profile(desk, name, who)
        except (AwsprofError, KeyboardInterrupt):
            undo(plan_undo(applied.id), desk.vault)
            desk.terminal.say(f"{clean(name)} was not left behind.")
            raise
    return applied


def _replace_wrong_secret(desk: Desk, key: KeyFile) -> None:
    """A key has one secret, and AWS has just taken this one: another in the vault is wrong."""
    vault = desk.vault()
    if not vault.holds(key.key_id) or vault.get(key.key_id) == key.secret:
        return
    desk.terminal.warn(f"The vault holds another secret of {key.key_id}, and AWS takes this one.")
    if not desk.agree("Put this one in its place?", True):
        raise UsageError("Nothing was written.", "awsprof keys list shows what there is")
    if not desk.dry_run:
        vault.put(key.key_id, key.secret)
