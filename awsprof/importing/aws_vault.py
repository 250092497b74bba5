"""aws-vault: keys in its own keyring, everything else in ~/.aws/config."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from typing import Final

from awsprof.accesskeys.key_sources import KeyFile
from awsprof.importing.go_keyring import (
    CollectionKeyring,
    FileKeyring,
    GoKeyring,
    access_keys,
    read_access_key,
)
from awsprof.importing.import_context import ImportContext, own_folder
from awsprof.importing.plan import KeyRemoval, Plan, PlannedProfile, Skipped
from awsprof.paths import config_file, display_path
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.kinds.base import answers_from_config, free_name
from awsprof.profiles.kinds.keys import KEYS
from awsprof.profiles.kinds.process import PROCESS
from awsprof.profiles.kinds.role import ROLE
from awsprof.profiles.model import Profile
from awsprof.profiles.process_command import words_if_program
from awsprof.profiles.provider_order import ProviderType, key_in_vault, provider_type
from awsprof.secret import Secret
from awsprof.shells import arguments

_PASSPHRASE: Final = "AWS_VAULT_FILE_PASSPHRASE"  # noqa: S105  # the name of a variable
_ELSEWHERE: Final = ("keychain", "kwallet", "pass", "wincred", "keyctl", "1password")
# aws-vault takes these from the profile that include_profile names, else from [default].
_INHERITED: Final = ("mfa_serial", "region", "source_profile", "role_session_name", "external_id")
_WITH_VALUE: Final = frozenset(  # options of aws-vault whose value is a word of its own
    [
        *("-d", "--duration", "--region", "-t", "--mfa-token", "--prompt", "--format"),
        *("--backend", "--keychain", "--secret-service-collection", "--file-dir"),
        *("--pass-dir", "--pass-cmd", "--pass-prefix"),
    ]
)


def read(context: ImportContext) -> Plan:
    """Returns a plan with each profile whose key aws-vault keeps."""
    stores = [store for store in _stores(context) if access_keys(store)]
    planned: dict[str, Callable[[], KeyFile]] = {}
    skipped = []
    for store in stores:
        for name in access_keys(store):
            present = context.catalog.profiles.get(name)
            if present is not None and key_in_vault(present):
                skipped.append(
                    Skipped(name, "Its key is in awsprof's vault already.", needless=True)
                )
                continue
            planned.setdefault(name, partial(read_access_key, store, name))
    keys = {name: [*_keys(name, read_key, context)] for name, read_key in planned.items()}
    profiles = [
        *(each for own in keys.values() for each in own),
        *_roles(context.catalog, planned),
        *_in_front_of(context.catalog, planned),
    ]
    skipped += _unreadable_parts(context.catalog, [profile.name for profile in profiles])
    if not stores:
        skipped.append(_no_store(context.catalog))
    return Plan(
        (display_path(config_file()), *(store.title for store in stores)),
        tuple(store.title for store in stores),
        profiles=tuple(profiles),
        skipped=tuple(skipped),
        leaving=(
            "awsprof doctor                  check that every profile works",
            *(
                KeyRemoval(own[0].name, f"aws-vault remove {arguments(name)}")
                for name, own in keys.items()
            ),
            "then write awsprof in place of aws-vault where your scripts have aws-vault exec",
        ),
    )


def _keys(
    name: str, read_key: Callable[[], KeyFile], context: ImportContext
) -> Iterator[PlannedProfile]:
    """Yields a profile with the key; for a role on itself, the key gets a profile of its own."""
    values = _inherited(name, context.catalog)
    shared: dict[str, str] = {k: values[k] for k in ("mfa_serial", "region") if k in values}
    if not values.get("role_arn") or values.get("source_profile", name) != name:
        yield PlannedProfile(KEYS, name, shared, read_key)
        return
    base = free_name(f"{name}-key", context.catalog.profiles)
    yield PlannedProfile(KEYS, base, shared, read_key)
    yield PlannedProfile(ROLE, name, _role_answers(values, base), replaced=("mfa_serial",))


def _roles(catalog: Catalog, keys: Collection[str]) -> Iterator[PlannedProfile]:
    """Yields roles that have values only by inheritance, which aws-vault alone reads."""
    for name, profile in catalog.profiles.items():
        values = _inherited(name, catalog)
        source = values.get("source_profile")
        if not values.get("role_arn") or source is None or name in {source, *keys}:
            continue
        if all(profile.get(key) for key in values):
            continue  # it inherits nothing
        answers = _role_answers(values, source)
        device = values.get("mfa_serial")
        if device and source in keys and not _inherited(source, catalog).get("mfa_serial"):
            answers["mfa_serial"] = device
        if source in keys or source in catalog.profiles:
            yield PlannedProfile(ROLE, name, answers)


def _role_answers(values: Mapping[str, str], source: str) -> dict[str, str]:
    keys = ("role_arn", "region", "role_session_name", "external_id")
    own = {key: values[key] for key in keys if key in values}
    return {"source": source, **answers_from_config(ROLE.fields, own)}


def _inherited(name: str, catalog: Catalog) -> dict[str, str]:
    """Returns the values as aws-vault sees them; a role_arn is not taken from [default]."""
    values: dict[str, str] = {}
    seen: set[str] = set()
    at: str | None = name
    while at is not None and at not in seen:
        seen.add(at)
        profile = catalog.profiles.get(at)
        names = _INHERITED if at == "default" and name != at else ("role_arn", *_INHERITED)
        own = {key: profile.get(key) for key in names} if profile else {}
        values = {**{key: value for key, value in own.items() if value}, **values}
        included = profile and (profile.get("include_profile") or profile.get("parent_profile"))
        at = included or "default"
    return values


def _stores(context: ImportContext) -> Iterator[GoKeyring]:
    backend = os.environ.get("AWS_VAULT_BACKEND", "")
    if backend in ("", "secret-service"):
        yield CollectionKeyring(
            os.environ.get("AWS_VAULT_SECRET_SERVICE_COLLECTION_NAME") or "awsvault"
        )
    if backend in ("", "file"):
        folder = own_folder("AWS_VAULT_FILE_DIR", ".awsvault", "keys")
        yield FileKeyring(folder, partial(_passphrase, context))


def _passphrase(context: ImportContext, store: str) -> Secret:
    given = os.environ.get(_PASSPHRASE)
    return Secret(given) if given else context.passphrase(store)


def _no_store(catalog: Catalog) -> Skipped:
    through = [
        f"aws-vault exec --no-session {arguments(name)} -- awsprof keys import"
        f" {arguments(name, flags='--env')}"
        for name, profile in catalog.profiles.items()
        if provider_type(profile) is ProviderType.NONE
    ]
    return Skipped(
        "keys",
        "No key of aws-vault is in the Secret Service or in ~/.awsvault/keys; awsprof cannot read"
        f" its other stores ({', '.join(_ELSEWHERE)}).",
        "; ".join(through)
        or "run aws-vault exec --no-session for each key, and import the key in its shell",
        needless=not through,
    )


def _unreadable_parts(catalog: Catalog, planned: Iterable[str]) -> Iterator[Skipped]:
    """Yields what only aws-vault understands in ~/.aws/config."""
    for profile in catalog.profiles.values():
        if profile.get("include_profile") and profile.name not in planned:
            yield Skipped(
                profile.name,
                "It has include_profile, which only aws-vault reads.",
                f"copy the values of the profile that it includes into {profile.name}",
            )
        if _started_for(profile) is not None and profile.name not in planned:
            yield Skipped(
                profile.name,
                "Its credential_process starts aws-vault.",
                "give it other credentials before you remove aws-vault: awsprof setup",
            )


def _in_front_of(catalog: Catalog, keys: Collection[str]) -> Iterator[PlannedProfile]:
    """Yields profiles whose line runs aws-vault for another profile; the new line runs awsprof."""
    for profile in catalog.profiles.values():
        name = _started_for(profile)
        if not name or name == profile.name or profile.get("role_arn"):
            continue
        if name in catalog.profiles or name in keys:
            region = _inherited(profile.name, catalog).get("region")
            answers = {"command": f"awsprof credential-process {arguments(name)}"}
            answers |= {"region": region} if region else {}
            yield PlannedProfile(PROCESS, profile.name, answers, in_front_of=name)


def _started_for(profile: Profile) -> str | None:
    """Returns the profile that a line which starts aws-vault names, "" if it names none.

    None for any other line.
    """
    words = words_if_program(profile.get("credential_process"), "aws-vault")
    if words is None:
        return None
    command = next((at for at, word in enumerate(words) if word in {"exec", "export"}), len(words))
    value_follows = False
    for word in words[command + 1 :]:
        if not value_follows and not word.startswith("-"):
            return word
        value_follows = word in _WITH_VALUE
    return ""
