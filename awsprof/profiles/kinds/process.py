"""The kind ``process``: credentials from another program, by credential_process."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from awsprof.configfile.document import FileEdit
from awsprof.errors import UsageError
from awsprof.profiles import process_command
from awsprof.profiles.kinds import fields as f
from awsprof.profiles.kinds.base import (
    check_name,
    config_values,
    put_profile,
    slug,
    validate_answers,
)
from awsprof.profiles.kinds.fields import Field
from awsprof.profiles.model import Profile, ProfileFacts
from awsprof.profiles.provider_order import ProviderType, key_in_process_line, provider_type

if TYPE_CHECKING:
    from awsprof.profiles.catalog import Catalog

_SHELL: Final = frozenset("|&;<>$`*?")


def _command(answer: str) -> str:
    """Returns a command that botocore, which starts no shell, and the other SDKs run alike."""
    answer = answer.strip()
    if process_command.parse_command(answer) is not None:
        return answer  # rewritten later, with the current path of awsprof
    try:
        words = process_command.split_words(answer)
    except ValueError:
        raise UsageError(
            "The command has a quote that is not closed.", "close or remove it"
        ) from None
    if not words or _SHELL & set(answer):
        raise UsageError(
            "The command would need a shell, which boto3 does not start.",
            "put the shell commands into a script, and use the script",
        )
    program = Path(words[0])
    if not program.is_absolute():
        raise UsageError(
            f"{words[0]!r} depends on PATH, and not every SDK has yours.",
            "use the program's absolute path",
        )
    if not (program.is_file() and os.access(program, os.X_OK)):
        raise UsageError(f"{words[0]!r} is not an executable program.", "check the path")
    return answer


def _in_front(line: "process_command.ProcessCommand", name: str, catalog: "Catalog") -> str:
    """Returns our process line for another profile, for tools that cannot sign in to it themselves.

    Raises UsageError if it leads back to the profile itself, or names a key.
    """
    if line.key_id is not None:
        raise UsageError(
            "A key in the vault needs a profile of its own.", "awsprof add keys creates it"
        )
    target, visited = line.profile, {name}
    while True:
        for link in catalog.chain(target).links:
            if link.name in visited:
                raise UsageError(
                    f"awsprof would start itself: {target} leads back to {name}.",
                    "name a profile in the command that is not built on this one",
                )
            last = link
        visited.add(target)
        below = process_command.parse_command(last.get("credential_process") or "")
        if below is None or below.key_id is not None:
            return process_command.build_command(line.profile, None)
        target = below.profile


_FIELDS: Final = (
    Field(
        "command",
        "Command",
        "the program to run, which prints credentials as JSON (credential_process)",
        "--command",
        _command,
        key="credential_process",
        required=True,
    ),
    f.REGION,
    f.OUTPUT,
)


class ProcessKind:
    """The kind ``process``."""

    name = "process"
    title = "Another program's credentials"
    summary = "Add a profile that gets its credentials from another program."
    fields = _FIELDS

    def recognises(self, profile: Profile) -> bool:
        """True for a credential_process that does not name a key in the vault."""
        return (
            provider_type(profile) is ProviderType.PROCESS and key_in_process_line(profile) is None
        )

    def facts(self, profile: Profile) -> ProfileFacts:
        """Returns the program's name."""
        command = profile.get("credential_process") or ""
        own = process_command.parse_command(command)
        label = f"process {'awsprof' if own else Path(process_command.program_of(command)).name}"
        return ProfileFacts(self.name, label, region=profile.get("region"))

    def validate(
        self, answers: Mapping[str, str], catalog: "Catalog", *, name: str
    ) -> dict[str, str]:
        """Returns the checked answers. Raises UsageError if the profile is a role."""
        check_name(name)
        values = validate_answers(self.fields, answers)
        present = catalog.profiles.get(name)
        if present is not None and present.get("role_arn"):
            raise UsageError(
                f"{name} is a role, and boto3 rejects a role with its own process.",
                "choose another name, and use that as the role's source profile",
            )
        line = process_command.parse_command(values["command"])
        if line is not None:
            values["command"] = _in_front(line, name, catalog)
        return values

    def edits(
        self, name: str, values: Mapping[str, str], catalog: "Catalog"
    ) -> tuple[FileEdit, ...]:
        """Returns the profile with its command."""
        return (put_profile(name, config_values(self.fields, values)),)

    def propose_name(self, answers: Mapping[str, str]) -> str:
        """Returns the program's name."""
        program = process_command.program_of(answers.get("command", ""))
        return slug(Path(program).stem) if program else "process"


PROCESS: Final = ProcessKind()
