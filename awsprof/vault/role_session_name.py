"""The role session name that awsprof proposes: the IAM user of the source profile's key."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING

from awsprof.arn import Arn
from awsprof.profiles.provider_order import access_key
from awsprof.vault.index import Index

if TYPE_CHECKING:
    from awsprof.profiles.catalog import Catalog


def usual_session_name(catalog: Catalog, source: str) -> str:
    """Returns the name of the source key's IAM user, else of the user of this machine.

    CloudTrail shows it for each call of the role, and a trust policy may ask for the user's name
    (IAM User Guide, "sts:RoleSessionName").
    """
    root = catalog.chain(source).links[-1]
    key = access_key(root)
    entry = Index.load_or_empty().find(key) if key else None
    user = Arn.parse(entry.arn) if entry is not None else None
    device = Arn.parse(root.get("mfa_serial"))  # usually has the user's name
    name = (user and user.user_name) or (device and device.name) or _local_user()
    fitting = "".join(c if c.isascii() and (c.isalnum() or c in "_+=,.@-") else "-" for c in name)
    return fitting[:64] if len(fitting) > 1 else ""


def _local_user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no entry for the user, as in some containers
        return ""
