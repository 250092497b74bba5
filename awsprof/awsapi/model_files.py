"""botocore's JSON files, read into plain dicts.

botocore reads each into OrderedDicts, which takes twice as long: 20 ms of CPU for the megabyte of
endpoints that a session reads for its first client. A dict keeps the order, too.

Source: botocore.loaders.JSONFileLoader.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from typing import Any, Final

from botocore.loaders import JSONFileLoader
from botocore.loaders import create_loader as create_botocore_loader

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
