"""An IAM user's access key, kept in the vault and handed out through credential_process."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from awsprof.configfile.document import FileEdit, SectionId, UnsetValue
from awsprof.errors import UsageError
from awsprof.profiles import process_command
from awsprof.profiles.form import CredentialForm, credential_form, key_in_vault
from awsprof.profiles.kinds import fields as f
from awsprof.profiles.kinds import mfa_at_source
from awsprof.profiles.kinds.base import check_name, config_values, put_profile, validate_answers
from awsprof.profiles.kinds.fields import Field
from awsprof.profiles.model import Profile, ProfileFacts
from awsprof.secret_names import PLACES

if TYPE_CHECKING:
    from awsprof.profiles.catalog import Catalog

_FIELDS: Final = (
    Field(
        "access_key_id",
        "Access key ID",
        "the key's id, which is no secret: it begins with AKIA",
        "--access-key-id",
        f.validate_access_key_id,
        required=True,
    ),
    Field(
        "secret_access_key",
        "Secret access key",
        "goes into the vault, and into no file",
        "--secret-stdin",
        f.validate_secret_access_key,
        required=True,
        secret=True,
    ),
    Field(
        "mfa_serial",
        "MFA device",
        "with it a code is asked once, and only temporary credentials leave the vault",
        "--mfa-serial",
        f.validate_mfa_serial,
        key="mfa_serial",
        choices="mfa-devices",
    ),
    f.REGION,
    f.OUTPUT,
)
_PLAIN_KEYS: Final = ("aws_access_key_id", *sorted(PLACES))


class KeysKind:
    """The kind ``keys``."""

    name = "keys"
    title = "An IAM user's access key"
    summary = "An IAM user's access key, kept in the vault and not in a file."
    fields = _FIELDS

    def recognises(self, profile: Profile) -> bool:
        """Keys in a file, or a line of ours that names a key in the vault, whichever counts."""
        return credential_form(profile) is CredentialForm.KEYS or key_in_vault(profile) is not None

    def facts(self, profile: Profile) -> ProfileFacts:
        """Where the key lies; the account stands in no file."""
        label = "keys in the vault" if key_in_vault(profile) else "keys in plain text"
        return ProfileFacts(self.name, label, region=profile.get("region"))

    def validate(
        self, answers: Mapping[str, str], catalog: "Catalog", *, name: str
    ) -> dict[str, str]:
        """The id, device, region and output; the secret is not among them."""
        check_name(name)
        values = validate_answers(self.fields, {k: v for k, v in answers.items() if k != _SECRET})
        present = catalog.profiles.get(name)
        if present is not None and present.get("role_arn"):
            raise UsageError(
                f"{name} is a role; a key and a role on it are two profiles.",
                "choose another name for the key",
            )
        return values

    def edits(
        self, name: str, values: Mapping[str, str], catalog: "Catalog"
    ) -> tuple[FileEdit, ...]:
        """Our line in the config file; keys in plain text would come before it, and go."""
        line = process_command.build_command(name, values["access_key_id"])
        written = put_profile(
            name, {"credential_process": line, **config_values(self.fields, values)}
        )
        present = catalog.profiles.get(name)
        asks = values.get("mfa_serial") or (present.get("mfa_serial") if present else None)
        relieved = mfa_at_source.move_mfa_edits(name, catalog) if asks else ()
        return (*plain_keys_out(name, catalog), written, *relieved)

    def propose_name(self, answers: Mapping[str, str]) -> str:
        """``base``: what roles stand on."""
        return "base"


_SECRET: Final = "secret_access_key"  # noqa: S105  # the name of a field


def plain_keys_out(name: str, catalog: "Catalog") -> tuple[FileEdit, ...]:
    """The edits that take keys in plain text out of a profile, from whichever file has them."""
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
