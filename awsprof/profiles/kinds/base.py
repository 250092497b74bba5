"""The protocol of a kind, and helpers that all kinds share."""

import unicodedata
from collections.abc import Container, Mapping
from typing import TYPE_CHECKING, Protocol

from awsprof.configfile.dialects import portable_name
from awsprof.configfile.document import FileEdit, FileKind, PutSection, SectionId
from awsprof.errors import UsageError
from awsprof.key_ids import is_access_key_id
from awsprof.masking.secret_shapes import looks_secret
from awsprof.profiles.kinds.fields import Field
from awsprof.profiles.model import Profile, ProfileFacts

if TYPE_CHECKING:
    from awsprof.profiles.catalog import Catalog


class Kind(Protocol):
    """One kind of profile."""

    @property
    def name(self) -> str:
        """The name on the command line."""
        ...

    @property
    def title(self) -> str:
        """The title in the wizard."""
        ...

    @property
    def summary(self) -> str:
        """A sentence for the help."""
        ...

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields, in the order in which to prompt for them."""
        ...

    def recognises(self, profile: Profile) -> bool:
        """True if ``profile`` is of this kind."""
        ...

    def facts(self, profile: Profile) -> ProfileFacts:
        """Returns the row of a table for ``profile``."""
        ...

    def validate(
        self, answers: Mapping[str, str], catalog: "Catalog", *, name: str
    ) -> dict[str, str]:
        """Returns the normalized answers. Raises UsageError if they are invalid."""
        ...

    def edits(
        self, name: str, values: Mapping[str, str], catalog: "Catalog"
    ) -> tuple[FileEdit, ...]:
        """Returns the edits for a profile of that name with validated ``values``."""
        ...

    def propose_name(self, answers: Mapping[str, str]) -> str:
        """Returns a profile name from the answers, which may include ``account_name``."""
        ...


def check_name(name: str) -> str:
    """Returns the name. Raises UsageError if some SDK cannot read it or it looks like a secret."""
    if not portable_name(name):
        raise UsageError(
            f"{name!r} is not a profile name that every SDK can read.",
            "use letters, digits and any of _ - / . % @ : + without spaces",
        )
    if looks_secret(name):  # names are shown everywhere
        raise UsageError("That looks like a secret, not like a name.", "choose another name")
    return name


def check_new_name(name: str) -> str:
    """Returns the name. Raises UsageError as check_name does, and for an ARN, a URL or a key ID."""
    if name.startswith("arn:") or "://" in name or is_access_key_id(name):
        raise UsageError(
            "That is an ARN, a URL or a key ID, not a profile name.",
            "choose a short name, which you type after --profile",
            field="name",
        )
    return check_name(name)


def validate_answers(fields: tuple[Field, ...], answers: Mapping[str, str]) -> dict[str, str]:
    """Checks the answers and drops empty ones. Raises UsageError if one is invalid or missing."""
    known = {field.name for field in fields}
    unknown = sorted(set(answers) - known)
    if unknown:
        raise UsageError(
            f"There is no field {unknown[0]}.", f"the fields are {', '.join(sorted(known))}"
        )
    values = {}
    for field in fields:
        answer = answers.get(field.name, "").strip()
        if answer:
            values[field.name] = field.check(answer)
        elif field.required and not field.secret and field.asked is None:
            raise UsageError(f"{field.label} is missing.", f"pass it with {field.flag}")
    return values


def put_profile(name: str, values: Mapping[str, str]) -> FileEdit:
    """Returns the edit that adds the profile to the config file, or sets these keys in it."""
    section = PutSection(SectionId.profile(name), tuple(values.items()))
    return FileEdit(FileKind.CONFIG, section)


def config_values(fields: tuple[Field, ...], values: Mapping[str, str]) -> dict[str, str]:
    """Returns the values of fields that have a config key, by that key."""
    return {f.key: values[f.name] for f in fields if f.key and f.name in values}


def answers_from_config(fields: tuple[Field, ...], values: Mapping[str, str]) -> dict[str, str]:
    """Returns values by config key as answers by field: the inverse of ``config_values``."""
    return {f.name: values[f.key] for f in fields if f.key and f.key in values}


def slug(text: str) -> str:
    """Returns ``text`` as a profile name in lowercase."""
    return plain_name(text).lower()


def plain_name(text: str) -> str:
    """Returns ``text`` as a name that every SDK reads: no accents, other characters as hyphens."""
    plain = unicodedata.normalize("NFKD", text)
    bare = (c for c in plain if not unicodedata.combining(c))
    text = "".join(c if c.isascii() else c.casefold() for c in bare)  # ß becomes ss
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "._") else "-" for c in text)
    return "-".join(part for part in kept.split("-") if part)


def free_name(name: str, taken: Container[str]) -> str:
    """Returns ``name``, or the first free one of name-2, name-3, ..."""
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}-{number}"
    return found


def derived_name(name: str, ending: str, taken: Container[str]) -> str:
    """Returns a free name that every SDK reads, for a profile that belongs to ``name``."""
    near = name if portable_name(name) else plain_name(name) or "profile"
    return free_name(f"{near}-{ending}", taken)
