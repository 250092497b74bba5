"""Moves long-term keys from plain text to the vault, each verified before, and back.

Back is for those who stop using awsprof.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from awsprof.accesskeys.key_context import KeyContext
from awsprof.accesskeys.key_identity import identify_key
from awsprof.accesskeys.key_sources import KeyFile, is_key_of_aws, key_from_profile
from awsprof.accesskeys.verify import require_process_identity, require_profile_identity
from awsprof.configfile.document import FileEdit, FileKind, PutSection, SectionId, UnsetValue
from awsprof.editing import profile_operations
from awsprof.editing.change import Change
from awsprof.errors import AwsprofError, UsageError
from awsprof.paths import display_path
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.default_section import inherited_fix, moving_fix
from awsprof.profiles.model import Profile
from awsprof.profiles.provider_order import key_in_vault
from awsprof.profiles.stray_secrets import find_stray_secrets
from awsprof.secret import Secret
from awsprof.shells import arguments
from awsprof.text import list_names, sanitize


def profiles_to_move(
    key_context: KeyContext, names: Sequence[str], *, every: bool
) -> tuple[str, ...]:
    """Returns the profiles to move: those in ``names``, or all with a key in plain text.

    Raises UsageError if ``names`` and ``every`` are empty and there are several.
    """
    catalog = key_context.catalog()
    profiles = catalog.plaintext_keys()
    plain = tuple(profile.name for profile in profiles)
    if every:
        shared = tuple(p for p in profiles if p.values["aws_access_key_id"].inherited)
        if shared:
            names = list_names([profile.name for profile in shared], 5)
            key_context.terminal.warn(f"The key of {names} is in [DEFAULT], and was skipped.")
            key_context.terminal.detail(moving_fix(*shared))
        profiles = tuple(p for p in profiles if not p.values["aws_access_key_id"].inherited)
        roles = {profile.name for profile in profiles if profile.get("role_arn")}
        for name in roles:
            key_context.terminal.warn(
                f"{sanitize(name)} was skipped: split the role and its key into two profiles."
            )
        others = [p.name for p in profiles if p.name not in roles and _is_for_another_service(p)]
        for name in others:
            key_context.terminal.warn(
                f"{sanitize(name)} is left out: its key is not one of AWS's, and is for another"
                " service."
            )
        return tuple(p.name for p in profiles if p.name not in {*roles, *others})
    if names:
        for name in names:
            _key_to_move(catalog.get(name))  # raises UsageError if it has none
        return tuple(dict.fromkeys(names))
    if len(plain) <= 1:
        return plain
    raise UsageError(
        f"{len(plain)} keys are in plain text: {', '.join(map(sanitize, plain))}.",
        "name the profiles, or use --all",
    )


def _is_for_another_service(profile: Profile) -> bool:
    key_id, secret = (
        profile.get(f"aws_{half}") or "" for half in ("access_key_id", "secret_access_key")
    )
    elsewhere = profile.get("endpoint_url") or profile.get("services")
    return bool(elsewhere) and not is_key_of_aws(key_id, secret)


def stray_secrets(key_context: KeyContext) -> Iterator[tuple[str, str]]:
    """Yields a warning and a fix for each secret that stays in a place where no SDK reads it."""
    catalog = key_context.catalog()
    for kind in FileKind:
        file = catalog.stored(kind)
        for stray in find_stray_secrets(file):
            where = f"{display_path(file.path)}:{stray.line}"
            yield f"There is a secret in {stray.place}, which stays: {where}", stray.fix


def move_keys(
    key_context: KeyContext, names: Sequence[str], on_moved: Callable[[str, str], object]
) -> int:
    """Moves the keys of these profiles; calls ``on_moved`` with each profile and its key ID.

    Returns how many could not be moved, or for how many ``on_moved`` failed; each is reported, and
    the others continue.
    """
    failed = 0
    for name in names:
        key_id = None
        try:
            key_id = _move_key(key_context, name)
            if key_id is not None:
                on_moved(name, key_id)
        except AwsprofError as exc:
            if len(names) == 1 and (key_id is not None or isinstance(exc, UsageError)):
                raise
            state = "not changed" if key_id is None else "moved, but the next step failed"
            key_context.terminal.failed(f"{sanitize(name)} was {state}: {exc.message}", exc.fix)
            failed += 1
    return failed


def _move_key(key_context: KeyContext, name: str) -> str | None:
    """Returns the ID of the key that was moved; None if you declined."""
    catalog = key_context.catalog()
    profile = catalog.get(name)
    key = _key_to_move(profile)
    region = profile.get("region")
    who = identify_key(key.key_id, key.secret, region=region, profile=profile)
    change = profile_operations.move_key(profile, who.account, who.arn, catalog)

    def proof() -> None:
        require_process_identity(name, key.key_id, who, region=region)

    applied = key_context.flow.write(change, proof=proof)
    if applied is None:
        return None
    undone = f"The change to {sanitize(name)} was undone."
    with key_context.flow.undone_on_error(applied, undone):
        require_profile_identity(key_context, name, who)
    key_context.terminal.ok(f"{sanitize(name)} is {who.arn}, through credential_process")
    return key.key_id


def _key_to_move(profile: Profile) -> KeyFile:
    """Returns the profile's key in plain text. Raises UsageError if it is not its own."""
    key = key_from_profile(profile)
    fix = inherited_fix(profile.values, "aws_access_key_id")
    if fix is not None:
        raise UsageError(
            f"{sanitize(profile.name)} has its key from [DEFAULT], as every profile of that file.",
            fix,
        )
    return key


def key_to_move_back(profile: Profile) -> str:
    """Returns the ID of the profile's key in the vault. Raises UsageError if it has none."""
    key_id = key_in_vault(profile)
    if key_id is None:
        raise UsageError(
            f"{sanitize(profile.name)} has no key in the vault.",
            "awsprof keys list shows which profiles have one",
        )
    return key_id


def move_back_change(profile: Profile, key_id: str, secret: Secret, catalog: Catalog) -> Change:
    """Returns the change that writes the key to ~/.aws/credentials and removes our process line.

    The vault keeps its copy, so that `awsprof undo` can bring the line back.
    """
    section = SectionId.profile(profile.name)
    lines = tuple(
        FileEdit(kind, UnsetValue(section, "credential_process"))
        for kind in catalog.files_with(profile.name, "credential_process")
    )
    values = (("aws_access_key_id", key_id), ("aws_secret_access_key", secret.reveal()))
    written = FileEdit(FileKind.CREDENTIALS, PutSection(section, values))
    return Change(f"moved the key of {profile.name} back to plain text", (*lines, written))


def roles_without_mfa(profile: Profile, catalog: Catalog) -> list[str]:
    """Returns the commands that name the MFA device at each role that got it from this profile."""
    device = profile.get("mfa_serial")
    if device is None:
        return []
    return [
        f"awsprof set {arguments(name, 'mfa_serial', device)}"
        for name in catalog.users_of(profile.name)
        if catalog.get(name).get("role_arn") and not catalog.get(name).get("mfa_serial")
    ]
