"""What another tool has, as profiles of awsprof's kinds: what its reader returns.

``merge_with_existing`` decides what becomes of profiles that exist.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Final

from awsprof.accesskeys.key_sources import KeyFile
from awsprof.profiles.kinds import Kind
from awsprof.secret import Secret


@dataclass(frozen=True)
class PlannedSession:
    """An sso-session to create, unless there is one of that name."""

    name: str
    start_url: str
    region: str


@dataclass(frozen=True)
class PlannedProfile:
    """A profile to add or change: its kind, and the answers that `awsprof add KIND` would take.

    ``read_key`` reads its access key from the other tool's store; only for the kind ``keys``.
    ``replaced`` are keys of the profile that would compete with the new ones, such as a
    credential_process line of the other tool. ``own_keys_out``: remove its keys in plain text,
    which the other tool wrote and which would take precedence. ``in_front_of``: the profile whose
    credentials its process hands out; it is left out if that one has none.
    """

    kind: Kind
    name: str
    answers: Mapping[str, str] = field(default_factory=dict)
    read_key: Callable[[], KeyFile] | None = None
    replaced: tuple[str, ...] = ()
    own_keys_out: bool = False
    in_front_of: str = ""

    @property
    def source(self) -> str:
        """The profile that it builds on; empty if it builds on none."""
        return self.in_front_of or self.answers.get("source", "")


@dataclass(frozen=True)
class Skipped:
    """A profile or entry that is left out, and why, as a sentence; ``fix`` may be empty.

    ``needless``: there is nothing to import, since awsprof has it already or gets it anew.
    """

    name: str
    why: str
    fix: str = ""
    needless: bool = False


@dataclass(frozen=True)
class KeyRemoval:
    """The command that removes a key where the tool has it, once awsprof's vault has the key.

    ``profile`` is the planned profile that uses the key from the vault.
    """

    profile: str
    command: str


@dataclass(frozen=True)
class Plan:
    """What one tool has.

    ``read`` are the places that were read, for display. ``stores`` names where secrets would be
    read from. ``leaving`` says how to stop using the tool, a command or sentence each; what deletes
    a key is a ``KeyRemoval``.
    ``of_this_tool``: False if nothing found proves that this tool was ever used.
    """

    read: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()
    sessions: tuple[PlannedSession, ...] = ()
    profiles: tuple[PlannedProfile, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    leaving: tuple[str | KeyRemoval, ...] = ()
    of_this_tool: bool = True

    def only(self, pattern: str) -> Plan:
        """Returns the plan with the profiles whose name matches, and those that they build on."""
        wanted = {p.name for p in self.profiles if fnmatchcase(p.name, pattern)}
        while sources := {p.source for p in self.profiles if p.name in wanted} & (
            {p.name for p in self.profiles} - wanted
        ):
            wanted |= sources
        chosen = tuple(p for p in self.profiles if p.name in wanted)
        skipped = tuple(each for each in self.skipped if fnmatchcase(each.name, pattern))
        return replace(self, profiles=chosen, skipped=skipped)

    def steps_to_leave(self, in_vault: Collection[str]) -> Iterator[str]:
        """Yields how to stop using the tool; ``in_vault`` are the profiles whose key was stored."""
        for step in self.leaving:
            if not isinstance(step, KeyRemoval):
                yield step
            elif step.profile in in_vault:
                yield step.command


@dataclass(frozen=True)
class VerifiedKey:
    """An access key that was read, with its owner if AWS was asked.

    A dry run reads no such key: ``secret`` is None, and ``key_id`` is a placeholder.
    """

    key_id: str
    secret: Secret | None = None
    account: str | None = None
    arn: str | None = None


UNREAD_KEY: Final = VerifiedKey("AKIAXXXXXXXXXXXXXXXX")
"""Stands in a dry run's diff for each key that it does not read."""
