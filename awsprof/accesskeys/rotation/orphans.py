"""Keys that an interrupted rotation or stop created, and whose secret nobody may have.

CreateAccessKey may have created a key although its response never arrived: nobody has the secret,
and the key still counts as one of the user's two. Somebody else may also have created a key in the
meantime, in the console or on another machine, and not used it yet. So the time of the call is
noted before it, and only a key of that minute is taken for our own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from awsprof.accesskeys.describe_keys import describe_key
from awsprof.accesskeys.key_context import KeyContext
from awsprof.accesskeys.key_users import profiles_keeping
from awsprof.awsapi.iam import AccessKey, Iam, LastUsed, NewKey, NotPermitted
from awsprof.errors import AwsprofError
from awsprof.profiles.catalog import Catalog
from awsprof.text import sanitize

# Between the note and the key's CreateDate: the call's time, and a clock that is a little wrong.
_WINDOW: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class KeyCreator:
    """The rotation or stop that creates keys.

    ``known`` are the user's keys before it created one; ``continue_command`` continues it;
    ``delete`` deletes a key of the user in IAM. ``creating`` is when it called CreateAccessKey, if
    the response never arrived.
    """

    user: str
    known: tuple[str, ...]
    continue_command: str
    delete: Callable[[str], object]
    creating: datetime | None = None


def create_noted_key(iam: Iam, user: str, note: Callable[[datetime | None], object]) -> NewKey:
    """Creates a key of ``user``; ``note`` records the time of the call, before it.

    ``note`` is called with None if AWS answers that it created none.
    """
    note(datetime.now(UTC))
    try:
        return iam.create_access_key(user)
    except AwsprofError as exc:
        if _is_refused(exc):
            note(None)
        raise


def _is_refused(exc: AwsprofError) -> bool:
    from botocore.exceptions import ClientError

    cause = exc.__cause__
    if not isinstance(cause, ClientError):
        return False
    return int(cause.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)) < 500


def find_stored_key(
    key_context: KeyContext, catalog: Catalog, creator: KeyCreator, keys: Mapping[str, AccessKey]
) -> str | None:
    """Returns the key that an earlier run stored in the vault and did not record, or None."""
    stored = [
        key.id for key in _unknown_keys(catalog, creator, keys) if key_context.vault().holds(key.id)
    ]
    return stored[-1] if stored else None


def delete_orphaned_keys(
    key_context: KeyContext,
    catalog: Catalog,
    iam: Iam,
    creator: KeyCreator,
    keys: Mapping[str, AccessKey],
) -> None:
    """Offers to delete the keys whose secret nobody may have.

    Raises AwsprofError if one stays, since there is no room for the new key then.
    """
    for key in _unknown_keys(catalog, creator, keys):
        if not key_context.vault().holds(key.id):
            _delete_orphan(key_context, iam, creator, key)


def _unknown_keys(
    catalog: Catalog, creator: KeyCreator, keys: Mapping[str, AccessKey]
) -> Iterator[AccessKey]:
    """Yields the keys that were created since, and that no profile here has."""
    for key in keys.values():
        if key.id not in creator.known and not profiles_keeping(key.id, catalog):
            yield key


def _delete_orphan(key_context: KeyContext, iam: Iam, creator: KeyCreator, key: AccessKey) -> None:
    """Deletes the key, if you agree. Raises AwsprofError if it stays, or must stay."""
    last = iam.last_used(key.id)
    own = creator.creating is not None and abs(key.created - creator.creating) <= _WINDOW
    fix = f"if nothing needs it: awsprof keys delete {key.id}; then {creator.continue_command}"
    _refuse_used(creator, key, last, fix)
    key_context.terminal.warn(describe_key(key, last))
    key_context.terminal.detail(
        "An interrupted run created it, and its secret never reached the vault: nobody can use it."
        if own
        else "It was created meanwhile: maybe by an interrupted run, maybe by somebody who has not"
        " used it yet."
    )
    # --yes confirms the rotation or the stop, not the deletion of somebody else's key.
    if (key_context.yes and not own) or not key_context.agree(f"Delete {key.id}?", own):
        raise AwsprofError(f"There is no room for a new key while {key.id} exists.", fix)
    try:
        creator.delete(key.id)
    except AwsprofError as exc:
        raise AwsprofError(
            f"{key.id} must be deleted to make room for the new key, which failed: {exc.message}",
            fix,
            code=exc.code,
        ) from exc
    key_context.terminal.ok(f"{key.id} deleted")


def _refuse_used(
    creator: KeyCreator, key: AccessKey, last: LastUsed | NotPermitted, fix: str
) -> None:
    """Raises AwsprofError if somebody has the key's secret, or if AWS does not say so."""
    user = sanitize(creator.user)
    if isinstance(last, NotPermitted):
        raise AwsprofError(
            f"{key.id} was created meanwhile, and AWS does not allow to read whether somebody uses"
            f" it (GetAccessKeyLastUsed): {user} cannot have a third key.",
            fix,
        )
    if last.when is not None:
        raise AwsprofError(
            f"{key.id} was created meanwhile, not by awsprof, and is in use: {user} cannot have a"
            " third key.",
            f"find out who uses it; {fix}",
        )
