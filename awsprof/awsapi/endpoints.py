"""The ``services`` sections that profiles refer to: the endpoints they set affect credentials."""

from collections.abc import Iterable, Mapping

from awsprof.configfile.document import FileKind
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.model import Origin, Profile, Value


def services_sections(catalog: Catalog, links: Iterable[Profile]) -> list[Mapping[str, Value]]:
    """Return the entries of each ``services`` section that the chain's profiles name."""
    named = {link.get("services") for link in links} - {None}
    file = catalog.stored(FileKind.CONFIG)
    if not named or file.data is None:
        return []
    return [
        {
            f"{entry.key} {below.key}": Value(
                below.value, Origin(FileKind.CONFIG, file.path, below.line)
            )
            for entry in section.entries
            for below in entry.nested
        }
        for section in file.document.sections
        if section.id.type == "services" and section.id.name in named
    ]
