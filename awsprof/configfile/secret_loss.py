"""Refuses edits that would overwrite or remove a secret that they do not name.

An editor that indents a line makes it a part of the value above it, and one that loses a line break
makes it a part of that value's line, or of a header: who edits the value or the name has not named
the secret.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from awsprof.configfile.edits import Edit, PutSection, RenameSection, SetValue, UnsetValue
from awsprof.configfile.parse import Entry, Section, SectionId
from awsprof.errors import EditRefused
from awsprof.masking.mask import mask_name
from awsprof.masking.search import find_in_lines
from awsprof.masking.secret_names import PLACES, name_kind
from awsprof.masking.secret_shapes import looks_secret

_PLACE: Final = re.compile(rf"(?:{'|'.join(sorted(PLACES))})\s*[=:]\s*[^\s=]", re.IGNORECASE)
_ID_AND_SECRET: Final = re.compile(r"A[KS]IA[A-Z0-9]{12,16}[A-Za-z0-9/+]{40}")
_ASSIGNMENT: Final = re.compile(r"\s*\w[\w.\-]*\s*[=:]\s*[^\s=]")  # no piece of base64


def name_holds_secret(name: str) -> bool:
    """True if a section's name holds a secret, not only a word such as ``secret``."""
    return looks_secret(name) or any(place in name.lower() for place in PLACES)


def has_other_secret(key: str, value: str) -> bool:
    """True if the value has another key's secret in it, so that no edit of the key is made."""
    entry = Entry(key, value, 0)
    return _secret_beside(entry) or ("\n" in value and _secret_below(entry))


def refuse_secret_loss(
    edits: Iterable[Edit], sections: Mapping[SectionId, Sequence[Section]]
) -> None:
    """Raises EditRefused, with the line, if one of the edits would lose a secret."""
    clean: set[tuple[str, str]] = set()  # thousands of sections may have the same line
    for edit in edits:
        for section in sections.get(edit.section, ()):
            if isinstance(edit, RenameSection) and name_holds_secret(section.id.name):
                raise EditRefused(
                    f"A secret is in the header in line {section.line}, and a new name would"
                    " overwrite it.",
                    "correct that line in an editor first",
                )
            every = _overwritten(edit, section)
            for entry in (each for each in every if (each.key, each.value) not in clean):
                _refuse_other_secret(entry)
                clean.add((entry.key, entry.value))


def _refuse_other_secret(entry: Entry) -> None:
    """Raises EditRefused if another key's secret would go with the entry's value."""
    if _secret_beside(entry):
        raise EditRefused(
            f"A secret is in the same line as {mask_name(entry.key)}, line {entry.line}.",
            "give it a line of its own first, in an editor",
        )
    if "\n" in entry.value and _secret_below(entry):
        raise EditRefused(
            f"A secret is in the lines below {mask_name(entry.key)} in line {entry.line}, which"
            " belong to its value.",
            "correct those lines first: awsprof doctor --offline",
        )


def _overwritten(edit: Edit, section: Section) -> Iterator[Entry]:
    """Yields the entries, also nested ones, that the edit removes or gives another value."""
    values: dict[str, str | None] = {}
    entries = section.entries
    match edit:
        case SetValue(nested=str(name)) | UnsetValue(nested=str(name)):
            values[name] = edit.value if isinstance(edit, SetValue) else None
            entries = tuple(n for entry in entries if entry.key == edit.key for n in entry.nested)
        case SetValue(key=key, value=value, nested=None):
            values[key] = value
        case UnsetValue(key=key, nested=None):
            values[key] = None
        case PutSection():
            values.update(edit.values)
    for entry in entries:
        if entry.key in values and values[entry.key] != entry.value:
            yield entry


def _secret_beside(entry: Entry) -> bool:
    """True if the key's own line has another key's secret behind its value."""
    line = entry.value.partition("\n")[0]
    if _PLACE.search(line):
        return True
    if entry.key.endswith("_process") or name_kind(entry.key) in {"place", "secret"}:
        return False  # what is in it is its own
    words = line.split()
    return any(map(looks_secret, words[1:])) or bool(words and _ID_AND_SECRET.fullmatch(words[0]))


def _secret_below(entry: Entry) -> bool:
    """True if a line below the value's first has a secret, other than a piece of the key's own."""
    own = name_kind(entry.key) in {"place", "secret"}
    lines = [f"{entry.key} = {entry.value}".split("\n")[0], *entry.value.split("\n")[1:]]
    located = list(zip(lines, find_in_lines(lines), strict=True))[1:]
    return any(spans and not (own and not _ASSIGNMENT.match(line)) for line, spans in located)
