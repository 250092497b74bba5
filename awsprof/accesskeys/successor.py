"""A key in place of one that must go: made, kept before all else, known to AWS, and handed over."""

from __future__ import annotations

from awsprof.accesskeys.desk import Desk
from awsprof.accesskeys.hand import Hand
from awsprof.accesskeys.propagation import until_known
from awsprof.accesskeys.words import holders, in_a_row
from awsprof.awsfiles.document import FileEdit, FileKind, PutSection, SectionId, SetValue
from awsprof.editing.apply import apply
from awsprof.editing.change import Change, preview
from awsprof.errors import AwsprofError, SignInFailed
from awsprof.profiles import ownline
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.kinds.keys import key_in_vault, plain_keys_out
from awsprof.signin.credentials import Credentials
from awsprof.signin.iam import NotPermitted
from awsprof.signin.identity import whoami
from awsprof.vault.index import Index


def make(desk: Desk, hand: Hand, user: str, old: str) -> str:
    """A new key of ``user``, in the vault, that AWS knows; its id.

    One that an earlier run made, and nobody has yet, is taken. SignInFailed where the user has two
    keys and this is none of them.
    """
    waiting = _waiting(desk, hand, user, old)
    new = waiting or _made(desk, hand, user, old)
    bare = Credentials(new, desk.vault().get(new))
    until_known(lambda: whoami(bare, profile=hand.profile))
    return new


def _waiting(desk: Desk, hand: Hand, user: str, old: str) -> str | None:
    """An active key of the user in the vault, which no profile has."""
    listed = hand.iam.access_keys(user)
    index, catalog = Index.load(), desk.catalog()
    for key in () if isinstance(listed, NotPermitted) else listed:
        free = key.id != old and key.active and not holders(key.id, catalog)
        if free and index.find(key.id) is not None and desk.vault().holds(key.id):
            return key.id
    return None


def _made(desk: Desk, hand: Hand, user: str, old: str) -> str:
    vault = desk.vault()
    try:
        made = hand.do(lambda iam: iam.create_access_key(user))
    except SignInFailed as exc:
        if exc.code != "LimitExceeded":
            raise
        raise SignInFailed(
            f"{user} has two keys, and may not have more.",
            f"where nothing needs it: awsprof keys delete {old}; then make one in the console, and"
            " awsprof keys import",
            code=exc.code,
        ) from exc
    try:
        vault.put(made.id, made.secret)
    except AwsprofError:  # whose secret could not be kept is of no use to anybody
        hand.do(lambda iam: iam.delete_access_key(user, made.id))
        raise
    known = Index.load().find(old)
    own = hand.who.arn if hand.who.arn.endswith(f"/{user}") else None
    arn = known.arn if known and known.arn else own
    Index.load().record(made.id, hand.who.account, arn, backend=vault.backend)
    return made.id


def hand_over(desk: Desk, names: tuple[str, ...], old: str, new: str) -> None:
    """Every profile with ``old``, in the vault or in plain text, has ``new`` from now on."""
    catalog = desk.catalog()
    edits = [edit for name in names for edit in _edits(name, new, catalog)]
    change = Change(f"{in_a_row(names)}: the key {new} in place of {old}", tuple(edits))
    desk.terminal.diff(preview(change))
    apply(change, desk.vault)


def _edits(name: str, new: str, catalog: Catalog) -> list[FileEdit]:
    profile, section = catalog.get(name), SectionId.profile(name)
    if key_in_vault(profile) is None:
        line = ("credential_process", ownline.compose(name, new))
        put = FileEdit(FileKind.CONFIG, PutSection(section, (line,)))
        return [*plain_keys_out(name, catalog), put]
    value = profile.values["credential_process"]
    text = value.text.replace(f"--key {key_in_vault(profile)}", f"--key {new}")
    edit = SetValue(section, "credential_process", text)
    return [FileEdit(value.origin.kind, edit)]
