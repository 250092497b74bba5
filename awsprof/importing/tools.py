"""The tools whose data can be imported, by the name on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Final

from awsprof.errors import AwsprofError

if TYPE_CHECKING:
    from awsprof.importing.import_context import ImportContext
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


@dataclass(frozen=True)
class FoundTool:
    """A tool that left something, and the names of its profiles and sso-sessions.

    ``error`` says why its data cannot be read; then there are no names.
    """

    name: str
    names: tuple[str, ...] = ()
    error: AwsprofError | None = None


def find_tools(context: ImportContext) -> list[FoundTool]:
    """Returns the tools that left something to import. Reads no key and asks for nothing."""
    return list(_found(context))


def _found(context: ImportContext) -> Iterator[FoundTool]:
    for tool in TOOLS:
        try:
            plan = read_tool(tool, context)
        except AwsprofError as exc:
            yield FoundTool(tool, error=exc)
            continue
        profiles = [profile.name for profile in plan.profiles]
        names = (*profiles, *(session.name for session in plan.sessions))
        if names and plan.of_this_tool:
            yield FoundTool(tool, names)
