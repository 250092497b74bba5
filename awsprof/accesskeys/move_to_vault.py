"""Long-term keys out of plain text into the vault, each proven before the plain text goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from awsprof.accesskeys.context import KeyContext
from awsprof.accesskeys.key_owner import identify_key
from awsprof.accesskeys.key_sources import key_from_profile
from awsprof.accesskeys.verify import require_handed_out, require_profile_identity
from awsprof.configfile.document import FileKind
from awsprof.editing import operations
from awsprof.editing.apply import undo
from awsprof.editing.history import plan_undo
from awsprof.errors import AwsprofError, UsageError
from awsprof.paths import display_path
from awsprof.profiles.stray_secrets import find_stray_secrets
from awsprof.text import sanitize


def profiles_to_move(
    key_context: KeyContext, names: Sequence[str], *, every: bool
) -> tuple[str, ...]:
    """Which profiles are meant: those named, or all whose key lies in plain text."""
    profiles = key_context.catalog().plaintext_keys()
    plain = tuple(profile.name for profile in profiles)
    if every:
        roles = {profile.name for profile in profiles if profile.get("role_arn")}
        for name in roles:
            key_context.terminal.warn(
                f"{sanitize(name)} is left out: a role on its own key is two profiles."
            )
        return tuple(name for name in plain if name not in roles)
    if names:
        for name in names:
            key_from_profile(key_context.catalog().get(name))  # UsageError where it has none there
        return tuple(dict.fromkeys(names))
    if len(plain) <= 1:
        return plain
    raise UsageError(
        f"{len(plain)} keys lie in plain text: {', '.join(map(sanitize, plain))}.",
        "name those that you mean, or --all",
    )


def stray_secrets(key_context: KeyContext) -> Iterator[tuple[str, str]]:
    """Secrets that stay in the files, since they stand where no SDK looks for one; and the fix."""
    catalog = key_context.catalog()
    for kind in FileKind:
        file = catalog.stored(kind)
        for stray in find_stray_secrets(file):
            where = f"{display_path(file.path)}:{stray.line}"
            yield f"A secret stands in {stray.place}, and stays there: {where}", stray.fix


def move_keys(
    key_context: KeyContext, names: Sequence[str], moved: Callable[[str, str], object]
) -> int:
    """Move the keys of these profiles; ``moved`` is told profile and key of each that went over.

    Returns how many could not be moved: each is told, and the others go on.
    """
    failed = 0
    for name in names:
        try:
            key_id = _moved(key_context, name)
        except AwsprofError as exc:
            if isinstance(exc, UsageError) and len(names) == 1:
                raise
            key_context.terminal.failed(f"{sanitize(name)} stays as it is: {exc.message}", exc.fix)
            failed += 1
        else:
            if key_id is not None:
                moved(name, key_id)
    return failed


def _moved(key_context: KeyContext, name: str) -> str | None:
    catalog = key_context.catalog()
    profile = catalog.get(name)
    key = key_from_profile(profile)
    region = profile.get("region")
    who = identify_key(key.key_id, key.secret, region=region)
    change = operations.move_key(profile, who.account, who.arn, catalog)

    def proof() -> None:
        require_handed_out(name, key.key_id, who, region=region)

    applied = key_context.write(change, proof)
    if applied is None:
        return None
    try:
        require_profile_identity(key_context, name, who)
    except (AwsprofError, KeyboardInterrupt):
        undo(plan_undo(applied.id), key_context.vault)
        key_context.terminal.say(f"{sanitize(name)} has its key in plain text again.")
        raise
    key_context.terminal.ok(f"{sanitize(name)} is {who.arn}, by credential_process")
    return key.key_id
