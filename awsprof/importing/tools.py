"""The tools whose data can be imported, by the name on the command line."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from awsprof.importing.context import ImportContext
    from awsprof.importing.plan import Plan

TOOLS: Final = (
    "aws-vault",
    "granted",
    "aws-sso-cli",
    "awsume",
    "leapp",
    "saml2aws",
    "aws-mfa",
)


def read_tool(tool: str, context: ImportContext) -> Plan:
    """Returns what the tool has. Raises FileError if its file cannot be read, or VaultError."""
    module = import_module(f"awsprof.importing.{tool.replace('-', '_')}")
    plan: Plan = module.read(context)
    return plan
