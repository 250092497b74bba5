"""Keys that were made while a rotation or a stop was under way, and how far they came.

CreateAccessKey may have made a key whose answer never reached us: nobody has its secret, and it
takes one of the user's two places.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from awsprof.accesskeys.context import KeyContext
from awsprof.accesskeys.format import describe_key, profiles_with
from awsprof.awsapi.iam import AccessKey, Iam, LastUsed
from awsprof.errors import AwsprofError
from awsprof.text import sanitize


@dataclass(frozen=True)
class KeyFlow:
    """The rotation or the stop in which keys are made.

    ``known`` are the user's keys from before it made one; ``again`` is the command that goes on
    with it; ``delete`` deletes a key of the user at AWS.
    """

    user: str
    known: tuple[str, ...]
    again: str
    delete: Callable[[str], object]


def settle_orphan(
    key_context: KeyContext, iam: Iam, flow: KeyFlow, keys: Mapping[str, AccessKey]
) -> str | None:
    """The key that an earlier run of the flow put into the vault, None where there is none.

    One whose secret nobody has is named, and deleted where the person agrees. AwsprofError where
    it is to stay, since it is in the way of the new one.
    """
    catalog, adopted = key_context.catalog(), None
    for key in keys.values():
        if key.id in flow.known or profiles_with(key.id, catalog):
            continue
        if key_context.vault().holds(key.id):
            adopted = key.id
        else:
            _ask_to_delete(key_context, iam, flow, key)
    return adopted


def _ask_to_delete(key_context: KeyContext, iam: Iam, flow: KeyFlow, key: AccessKey) -> None:
    last = iam.last_used(key.id)
    if isinstance(last, LastUsed) and last.when is not None:
        # Somebody has its secret: it was made elsewhere, and is none of ours.
        raise AwsprofError(
            f"{key.id} was made meanwhile, not by awsprof, and is in use: {sanitize(flow.user)} has"
            " no place for a third key.",
            f"find whose it is, or delete it: awsprof keys delete {key.id}",
        )
    key_context.terminal.warn(describe_key(key, last))
    key_context.terminal.detail(
        "It was made when an earlier run was cut short, and its secret never reached the vault:"
        " nobody can use it."
    )
    by_hand = f"awsprof keys delete {key.id}, then go on: {flow.again}"
    if not key_context.agree(f"Delete {key.id}?", True):
        raise AwsprofError(f"{key.id} takes the place of the new key.", by_hand)
    try:
        flow.delete(key.id)
    except AwsprofError as exc:
        raise AwsprofError(
            f"{key.id} takes the place of the new key, and could not be deleted: {exc.message}",
            by_hand,
            code=exc.code,
        ) from exc
    key_context.terminal.ok(f"{key.id} is deleted")
