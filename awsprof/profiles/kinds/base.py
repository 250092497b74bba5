"""What all kinds share: the protocol they keep, and the steps that each would take alike."""

import unicodedata
from collections.abc import Container, Mapping
from typing import TYPE_CHECKING, Protocol

from awsprof.configfile.dialects import portable_name
from awsprof.configfile.document import FileEdit, FileKind, PutSection, SectionId
from awsprof.errors import UsageError
from awsprof.profiles.kinds.fields import Field
from awsprof.profiles.model import Profile, ProfileFacts
from awsprof.secret_shapes import looks_secret

if TYPE_CHECKING:
    from awsprof.profiles.catalog import Catalog


class Kind(Protocol):
    """One kind of profile."""

    @property
    def name(self) -> str:
        """The word for it on the command line."""
        ...

    @property
    def title(self) -> str:
        """What the wizard calls it."""
        ...

    @property
    def summary(self) -> str:
        """What it is, for the help."""
        ...

    @property
    def fields(self) -> tuple[Field, ...]:
        """What to ask for, in this order."""
        ...

    def recognises(self, profile: Profile) -> bool:
        """Whether ``profile`` is of this kind."""
        ...

    def facts(self, profile: Profile) -> ProfileFacts:
        """What a table shows of ``profile``."""
        ...

    def validate(
        self, answers: Mapping[str, str], catalog: "Catalog", *, name: str
    ) -> dict[str, str]:
        """The answers as they are written; UsageError where they cannot be, alone or together."""
        ...

    def edits(
        self, name: str, values: Mapping[str, str], catalog: "Catalog"
    ) -> tuple[FileEdit, ...]:
        """What to write for a profile of that name with validated ``values``."""
        ...

    def propose_name(self, answers: Mapping[str, str]) -> str:
        """A name for the profile, from the answers; ``account_name`` is among them if known."""
        ...


def check_name(name: str) -> str:
    """A profile's name that every SDK reads; UsageError for any other."""
    if not portable_name(name):
        raise UsageError(
            f"{name!r} is no profile name that every SDK reads.",
            "use letters, digits and any of _ - / . % @ : + without spaces",
        )
    if looks_secret(name):  # names are shown everywhere, and stand in lines of others
        raise UsageError("That looks like a secret, and is no name.", "choose another name")
    return name


def validate_answers(fields: tuple[Field, ...], answers: Mapping[str, str]) -> dict[str, str]:
    """Every answer through its field's check; empty ones left out, required ones demanded."""
    known = {field.name for field in fields}
    unknown = sorted(set(answers) - known)
    if unknown:
        raise UsageError(f"There is no field {unknown[0]}.", f"there is {', '.join(sorted(known))}")
    values = {}
    for field in fields:
        answer = answers.get(field.name, "").strip()
        if answer:
            values[field.name] = field.check(answer)
        elif field.required and not field.secret and field.asked is None:
            raise UsageError(f"{field.label} is missing.", f"give it by {field.flag}")
    return values


def put_profile(name: str, values: Mapping[str, str]) -> FileEdit:
    """The edit that adds the profile to the config file, or sets these keys in it."""
    section = PutSection(SectionId.profile(name), tuple(values.items()))
    return FileEdit(FileKind.CONFIG, section)


def config_values(fields: tuple[Field, ...], values: Mapping[str, str]) -> dict[str, str]:
    """The values whose field is a config key as it stands, by that key."""
    return {f.key: values[f.name] for f in fields if f.key and f.name in values}


def slug(text: str) -> str:
    """A profile name made of ``text``, in small letters."""
    return plain_name(text).lower()


def plain_name(text: str) -> str:
    """``text`` as a name that every SDK reads; letters lose accents, all else becomes hyphens."""
    plain = unicodedata.normalize("NFKD", text)
    bare = (c for c in plain if not unicodedata.combining(c))
    text = "".join(c if c.isascii() else c.casefold() for c in bare)  # ß is ss
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "._") else "-" for c in text)
    return "-".join(part for part in kept.split("-") if part)


def free_name(name: str, taken: Container[str]) -> str:
    """``name``, or the first of name-2, name-3, ... that is not taken."""
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}-{number}"
    return found
