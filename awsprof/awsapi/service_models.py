"""botocore's descriptions of AWS's services, read once in a process.

A new botocore session reads the model of each service that it calls from its JSON files: 60 to
200 ms of CPU. Sessions that share a loader read each of them once.
"""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.session import Session


def share_loader(session: Session) -> None:
    """Let the session use this process's loader for its data path (AWS_DATA_PATH)."""
    from botocore.exceptions import ConfigParseError

    try:
        data_path = session.get_config_variable("data_path")
    except ConfigParseError:  # whatever needs more than botocore's own data says so
        data_path = os.environ.get("AWS_DATA_PATH")
    session.register_component("data_loader", _loader(data_path))


@cache
def _loader(data_path: str | None) -> Any:
    from awsprof.awsapi.model_files import create_loader

    return create_loader(data_path)
