"""The kind ``keys``: an IAM user's access key in the vault, supplied by credential_process."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from awsprof.configfile.document import FileEdit, SectionId, UnsetValue
from awsprof.errors import UsageError
from awsprof.masking.secret_names import PLACES
from awsprof.profiles import process_command
from awsprof.profiles.kinds import fields as f
from awsprof.profiles.kinds import mfa_at_source
from awsprof.profiles.kinds.base import check_name, config_values, put_profile, validate_answers
from awsprof.profiles.kinds.fields import Field
from awsprof.profiles.model import Profile, ProfileFacts
from awsprof.profiles.provider_order import ProviderType, key_in_vault, provider_type

if TYPE_CHECKING:
    from awsprof.profiles.catalog import Catalog

_FIELDS: Final = (
    Field(
        "access_key_id",
        "Access key ID",
        "the key's ID, which is not secret: it starts with AKIA",
        "--access-key-id",
        f.validate_access_key_id,
        required=True,
    ),
    Field(
        "secret_access_key",
        "Secret access key",
        "stored in the vault, never in plain text",
        "--secret-stdin",
        f.validate_secret_access_key,
        required=True,
        secret=True,
    ),
    Field(
        "mfa_serial",
        "MFA device",
        "awsprof asks for a code once, and only temporary credentials leave the vault",
        "--mfa-serial",
        f.validate_mfa_serial,
        key="mfa_serial",
        choices="mfa-devices",
        flag_help="The user's MFA device. awsprof asks for a code once, and only temporary"
        " credentials leave the vault.",
    ),
    f.REGION,
    f.OUTPUT,
)
_PLAIN_KEYS: Final = ("aws_access_key_id", *sorted(PLACES))


class KeysKind:
    """The kind ``keys``."""

    name = "keys"
    title = "An IAM user's access key"
    summary = "Add a profile with an IAM user's access key, stored in the vault."
    fields = _FIELDS

    def recognises(self, profile: Profile) -> bool:
        """True for keys in a file, and for a process line of ours that names a key in the vault."""
        return provider_type(profile) is ProviderType.KEYS or key_in_vault(profile) is not None

    def facts(self, profile: Profile) -> ProfileFacts:
        """Returns where the key is; no file has its account."""
        label = "keys in the vault" if key_in_vault(profile) else "keys in plain text"
        return ProfileFacts(self.name, label, region=profile.get("region"))

    def validate(
        self, answers: Mapping[str, str], catalog: "Catalog", *, name: str
    ) -> dict[str, str]:
        """Returns the ID, MFA device, region and output, without the secret."""
        check_name(name)
        values = validate_answers(self.fields, {k: v for k, v in answers.items() if k != _SECRET})
        present = catalog.profiles.get(name)
        if present is not None and present.get("role_arn"):
            raise UsageError(
                f"{name} is a role; a key and the role that uses it need two profiles.",
                "choose another name for the key",
            )
        return values

    def edits(
        self, name: str, values: Mapping[str, str], catalog: "Catalog"
    ) -> tuple[FileEdit, ...]:
        """Returns our process line; removes plain-text keys, which would win over it."""
        line = process_command.build_command(name, values["access_key_id"])
        process_edit = put_profile(
            name, {"credential_process": line, **config_values(self.fields, values)}
        )
        present = catalog.profiles.get(name)
        asks = values.get("mfa_serial") or (present.get("mfa_serial") if present else None)
        role_edits = mfa_at_source.move_mfa_edits(name, catalog) if asks else ()
        return (*remove_plaintext_keys(name, catalog), process_edit, *role_edits)

    def propose_name(self, answers: Mapping[str, str]) -> str:
        """Returns ``base``, the usual source of roles."""
        return "base"


_SECRET: Final = "secret_access_key"  # noqa: S105  # the name of a field


def remove_plaintext_keys(name: str, catalog: "Catalog") -> tuple[FileEdit, ...]:
    """Returns the edits that remove plain-text keys of a profile from both files."""
    profile = catalog.profiles.get(name)
    if profile is None:
        return ()
    section = SectionId.profile(name)
    return tuple(
        FileEdit(kind, UnsetValue(section, key))
        for key in _PLAIN_KEYS
        for kind in catalog.files_with(name, key)
    )


KEYS: Final = KeysKind()
