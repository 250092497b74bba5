"""Keys that were made while a rotation or a stop was under way, and how far they came.

CreateAccessKey may have made a key whose answer never reached us: nobody has its secret, and it
takes one of the user's two places.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from awsprof.accesskeys.desk import Desk
from awsprof.accesskeys.words import holders, told
from awsprof.clean import clean
from awsprof.errors import AwsprofError
from awsprof.signin.iam import AccessKey, Iam, LastUsed


@dataclass(frozen=True)
class Flow:
    """The rotation or the stop in which keys are made.

    ``known`` are the user's keys from before it made one; ``again`` is the command that goes on
    with it; ``delete`` deletes a key of the user at AWS.
    """

    user: str
    known: tuple[str, ...]
    again: str
    delete: Callable[[str], object]


def settle(desk: Desk, iam: Iam, flow: Flow, keys: Mapping[str, AccessKey]) -> str | None:
    """The key that an earlier run of the flow put into the vault, None where there is none.

    One whose secret nobody has is named, and deleted where the person agrees. AwsprofError where
    it is to stay, since it is in the way of the new one.
    """
    catalog, adopted = desk.catalog(), None
    for key in keys.values():
        if key.id in flow.known or holders(key.id, catalog):
            continue
        if desk.vault().holds(key.id):
            adopted = key.id
        else:
            _ask_to_delete(desk, iam, flow, key)
    return adopted


def _ask_to_delete(desk: Desk, iam: Iam, flow: Flow, key: AccessKey) -> None:
    last = iam.last_used(key.id)
    if isinstance(last, LastUsed) and last.when is not None:
        # Somebody has its secret: it was made elsewhere, and is none of ours.
        raise AwsprofError(
            f"{key.id} was made meanwhile, not by awsprof, and is in use: {clean(flow.user)} has"
            " no place for a third key.",
            f"find whose it is, or delete it: awsprof keys delete {key.id}",
        )
    desk.terminal.warn(told(key, last))
    desk.terminal.detail(
        "It was made when an earlier run was cut short, and its secret never reached the vault:"
        " nobody can use it."
    )
    by_hand = f"awsprof keys delete {key.id}, then go on: {flow.again}"
    if not desk.agree(f"Delete {key.id}?", True):
        raise AwsprofError(f"{key.id} takes the place of the new key.", by_hand)
    try:
        flow.delete(key.id)
    except AwsprofError as exc:
        raise AwsprofError(
            f"{key.id} takes the place of the new key, and could not be deleted: {exc.message}",
            by_hand,
            code=exc.code,
        ) from exc
    desk.terminal.ok(f"{key.id} is deleted")
