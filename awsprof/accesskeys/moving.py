"""Long-term keys out of plain text into the vault, each proven before the plain text goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from awsprof.accesskeys.desk import Desk
from awsprof.accesskeys.incoming import from_profile
from awsprof.accesskeys.newkey import identify
from awsprof.accesskeys.proof import require_handed_out, require_profile
from awsprof.awsfiles.document import FileKind
from awsprof.clean import clean
from awsprof.editing import verbs
from awsprof.editing.apply import undo
from awsprof.editing.history import plan_undo
from awsprof.errors import AwsprofError, UsageError
from awsprof.paths import short
from awsprof.profiles.stray_secrets import stray


def chosen(desk: Desk, names: Sequence[str], *, every: bool) -> tuple[str, ...]:
    """Which profiles are meant: those named, or all whose key lies in plain text."""
    profiles = desk.catalog().plaintext_keys()
    plain = tuple(profile.name for profile in profiles)
    if every:
        roles = {profile.name for profile in profiles if profile.get("role_arn")}
        for name in roles:
            desk.terminal.warn(f"{clean(name)} is left out: a role on its own key is two profiles.")
        return tuple(name for name in plain if name not in roles)
    if names:
        for name in names:
            from_profile(desk.catalog().get(name))  # UsageError where it has none there
        return tuple(dict.fromkeys(names))
    if len(plain) <= 1:
        return plain
    raise UsageError(
        f"{len(plain)} keys lie in plain text: {', '.join(map(clean, plain))}.",
        "name those that you mean, or --all",
    )


def stray_secrets(desk: Desk) -> Iterator[str]:
    """Secrets that stay in the files, since they stand where no SDK looks for one."""
    catalog = desk.catalog()
    for kind in FileKind:
        file = catalog.stored(kind)
        for line, what in stray(file):
            yield f"A secret stands in {what}, and stays there: {short(file.path)}:{line}"


def move(desk: Desk, names: Sequence[str], moved: Callable[[str, str], object]) -> int:
    """Move the keys of these profiles; ``moved`` is told profile and key of each that went over.

    Returns how many could not be moved: each is told, and the others go on.
    """
    failed = 0
    for name in names:
        try:
            key_id = _moved(desk, name)
        except UsageError:
            raise
        except AwsprofError as exc:
            desk.terminal.failed(f"{clean(name)} stays as it is: {exc.message}", exc.fix)
            failed += 1
        else:
            if key_id is not None:
                moved(name, key_id)
    return failed


def _moved(desk: Desk, name: str) -> str | None:
    catalog = desk.catalog()
    profile = catalog.get(name)
    key = from_profile(profile)
    region = profile.get("region")
    who = identify(key.key_id, key.secret, region=region)
    change = verbs.move_key(profile, who.account, who.arn, catalog)

    def proof() -> None:
        require_handed_out(name, key.key_id, who, region=region)

    applied = desk.write(change, proof)
    if applied is None:
        return None
    try:
        require_profile(desk, name, who)
    except (AwsprofError, KeyboardInterrupt):
        undo(plan_undo(applied.id), desk.vault)
        desk.terminal.say(f"{clean(name)} has its key in plain text again.")
        raise
    desk.terminal.ok(f"{clean(name)} is {who.arn}, by credential_process")
    return key.key_id
