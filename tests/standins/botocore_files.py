"""What botocore itself reads in a file, and our reading of one in the same form."""

import tempfile
from pathlib import Path
from typing import Any

import botocore.configloader
import botocore.exceptions

from awsprof.configfile.dialects import as_botocore
from awsprof.configfile.document import FileKind

_PLACES = {"profile": "profiles", "sso-session": "sso_sessions", "services": "services"}


def botocore_reads(data: bytes, kind: FileKind) -> Any:
    """What botocore's own loader makes of a file with these bytes; None where it fails."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file")
        path.write_bytes(data)
        try:
            if kind is FileKind.CREDENTIALS:
                return botocore.configloader.raw_config_parse(str(path))
            return botocore.configloader.load_config(str(path))
        except botocore.exceptions.ConfigParseError:
            return None


def we_say_it_reads(data: bytes, kind: FileKind) -> Any:
    """What we say that it reads."""
    reading = as_botocore(data, kind)
    if reading.error:
        return None
    if kind is FileKind.CREDENTIALS:
        return {section.name: values for section, values in reading.sections.items()}
    result: dict[str, Any] = {"profiles": {}, "sso_sessions": {}, "services": {}}
    for section, values in reading.sections.items():
        if section.type in _PLACES:
            result[_PLACES[section.type]][section.name] = values
        elif not section.name.startswith(tuple(_PLACES)):  # those botocore drops altogether
            result[section.name] = values
    return result
