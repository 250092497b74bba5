"""Reads roles as people paste them: ARNs, and switch-role links of the console.

Source: IAM User Guide, "Switch from a user to an IAM role (console)": the link has the parameters
``account``, ``roleName`` and ``displayName``, and differs by partition in its host only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, urlsplit

from awsprof.arn import Arn, iam_arn, parse_role
from awsprof.errors import UsageError
from awsprof.profiles.kinds.fields import ROLE_ARN, validate_role_arn
from awsprof.regions import CONSOLE_DOMAINS
from awsprof.text import sanitize

_BETWEEN: Final = re.compile(r"[\s,;]+")


@dataclass(frozen=True)
class PastedRole:
    """A role's ARN, and the name that its switch-role link shows for it, if it has one."""

    arn: str
    display_name: str = ""

    @property
    def account(self) -> str:
        """The account ID."""
        match = ROLE_ARN.match(self.arn)
        return match["account"] if match else ""

    @property
    def role(self) -> str:
        """The role's name without its path."""
        arn = parse_role(self.arn)
        return arn.name if arn else ""


def parse_roles(text: str) -> tuple[PastedRole, ...]:
    """Returns the roles in a text of ARNs and links, each once. Raises UsageError for the rest."""
    found: dict[str, PastedRole] = {}
    for word in filter(None, _BETWEEN.split(_keep_names_whole(text))):
        role = _from_link(word) if "://" in word else PastedRole(validate_role_arn(_as_role(word)))
        found.setdefault(role.arn, role)
    if not found:
        raise UsageError(
            "There is no role in that.", "it looks like arn:aws:iam::123456789012:role/Name"
        )
    return tuple(found.values())


def assignable_names(roles: Iterable[PastedRole], names: Iterable[str]) -> Iterator[str]:
    """Yields a name for each role: its own, with the account ID if another one has it too."""
    names = list(names)
    for role, name in zip(roles, names, strict=True):
        yield f"{name}-{role.account}" if names.count(name) > 1 else name


def _keep_names_whole(text: str) -> str:
    """Encodes the commas of role names in ARNs, which may have them: only ``, arn:`` separates."""
    return re.sub(r",(?!\s*(?:arn:|https?://|\Z))(?=\S)", "\0", text)


def _as_role(word: str) -> str:
    """Returns the role's ARN. An assumed-role ARN, which people copy too, becomes its role's."""
    word = word.replace("\0", ",").strip("'\"<>")
    arn = Arn.parse(word)
    if arn is not None and arn.type == "assumed-role" and arn.role_name:
        return iam_arn(arn.partition, arn.account, f"role/{arn.role_name}")
    return word


def _from_link(word: str) -> PastedRole:
    """Returns the role of a switch-role link. Raises UsageError if it does not name one."""
    try:
        parts = urlsplit(word.replace("\0", ",").strip("'\"<>"))
        host = (parts.hostname or "").lower()
    except ValueError:
        host = ""
    partition = next(
        (p for p, end in CONSOLE_DOMAINS.items() if f".{host}".endswith(f".{end}")), None
    )
    if partition is None or "switchrole" not in parts.path.lower():
        raise UsageError(
            f"{sanitize(word, 60)} is no switch-role link of the AWS console.",
            "it looks like https://signin.aws.amazon.com/switchrole?account=…&roleName=…",
        )
    asked = parse_qs(parts.query) or parse_qs(urlsplit(parts.fragment).query)
    account, name, shown = (
        (asked.get(key) or [""])[0].strip() for key in ("account", "roleName", "displayName")
    )
    if re.fullmatch("[0-9]{4}(-[0-9]{4}){2}", account):
        account = account.replace("-", "")
    if not re.fullmatch("[0-9]{12}", account):
        alias = f"alias {sanitize(account, 60)!r}" if account else "nothing"
        raise UsageError(
            f"The link of the role {sanitize(name, 60)!r} has {alias} in place of the account ID,"
            " which only AWS can look up.",
            "ask for the role's ARN, or for the account ID of twelve digits",
        )
    arn = validate_role_arn(iam_arn(partition, account, f"role/{name.lstrip('/')}"))
    return PastedRole(arn, shown)
