"""botocore's descriptions of AWS's services: JSON files, each read once in a process.

A new botocore session reads the model of each service that it calls: 60 to 200 ms of CPU. Sessions
that share a loader read each of them once.

botocore reads a file into OrderedDicts, which takes twice as long as plain dicts: 20 ms of CPU for
the megabyte of endpoints that a session reads for its first client. A dict keeps the order, too.

Source: botocore.loaders.JSONFileLoader.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ConfigParseError
from botocore.loaders import JSONFileLoader
from botocore.loaders import create_loader as create_botocore_loader

if TYPE_CHECKING:
    from botocore.session import Session

_FORMATS: Final[dict[str, Callable[..., Any]]] = {".json": open, ".json.gz": gzip.open}


class DictFileLoader(JSONFileLoader):  # type: ignore[misc]  # botocore has no types
    """Reads a JSON file, compressed or not, as botocore does."""

    def load_file(self, file_path: str) -> Any:
        """Returns the content of a file, given without its extension; None if there is none."""
        for extension, open_file in _FORMATS.items():
            if os.path.isfile(file_path + extension):  # noqa: PTH113  # as botocore does
                with open_file(file_path + extension, "rb") as file:
                    return json.loads(file.read().decode())
        return None


def create_loader(data_path: str | None) -> Any:
    """Returns a botocore loader for that value of AWS_DATA_PATH."""
    loader = create_botocore_loader(data_path)
    loader.file_loader = DictFileLoader()
    return loader


_shared_loader: Final = cache(create_loader)


def share_loader(session: Session) -> None:
    """Lets the session use this process's loader for its data path (AWS_DATA_PATH)."""
    try:
        data_path = session.get_config_variable("data_path")
    except ConfigParseError:  # whatever needs more than botocore's own data says so
        data_path = os.environ.get("AWS_DATA_PATH")
    session.register_component("data_loader", _shared_loader(data_path))
