"""Credentials from somebody else's program, through credential_process."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from awsprof.configfile.document import FileEdit
from awsprof.errors import UsageError
from awsprof.profiles import process_command
from awsprof.profiles.form import CredentialForm, credential_form, key_of_line
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

if TYPE_CHECKING:
    from awsprof.profiles.catalog import Catalog

_SHELL: Final = frozenset("|&;<>$`*?")


def _command(answer: str) -> str:
    """A command line that botocore, which starts no shell, and the others run alike."""
    answer = answer.strip()
    if process_command.parse_command(answer) is not None:
        return answer  # ours is written anew, with the program that is here
    try:
        words = shlex.split(answer)
    except ValueError:
        raise UsageError(
            "The command has a quote that is not closed.", "close it, or take it out"
        ) from None
    if not words or _SHELL & set(answer):
        raise UsageError(
            "The command would need a shell, which boto3 does not start.",
            "put the shell's work into a script, and name the script",
        )
    program = Path(words[0])
    if not program.is_absolute():
        raise UsageError(
            f"{words[0]!r} is found by PATH, and not every SDK has yours.",
            "give the program by its whole path",
        )
    if not (program.is_file() and os.access(program, os.X_OK)):
        raise UsageError(f"{words[0]!r} is no program that can be run.", "check the path")
    return answer


def _in_front(line: "process_command.ProcessCommand", name: str, catalog: "Catalog") -> str:
    """Our own line before another profile, so that tools get it which cannot sign it in themselves.

    UsageError where it leads back to the profile itself, or names a key.
    """
    if line.key_id is not None:
        raise UsageError(
            "A key in the vault is handed out by a profile of its own.", "awsprof add keys makes it"
        )
    asked, seen = line.profile, {name}
    while True:
        for link in catalog.chain(asked).links:
            if link.name in seen:
                raise UsageError(
                    f"awsprof would start itself: {asked} leads back to {name}.",
                    "name a profile in the command that does not stand on this one",
                )
            last = link
        seen.add(asked)
        below = process_command.parse_command(last.get("credential_process") or "")
        if below is None or below.key_id is not None:
            return process_command.build_command(line.profile, None)
        asked = below.profile


_FIELDS: Final = (
    Field(
        "command",
        "Command",
        "prints credentials as JSON (the credential_process protocol)",
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
    summary = "Credentials from another program, through credential_process."
    fields = _FIELDS

    def recognises(self, profile: Profile) -> bool:
        """A credential_process that names no key in the vault."""
        return credential_form(profile) is CredentialForm.PROCESS and key_of_line(profile) is None

    def facts(self, profile: Profile) -> ProfileFacts:
        """The program's name."""
        command = profile.get("credential_process") or ""
        own = process_command.parse_command(command)
        word = command.split()[0] if command.split() else ""
        label = f"process {'awsprof' if own else Path(word.strip(chr(34))).name}"
        return ProfileFacts(self.name, label, region=profile.get("region"))

    def validate(
        self, answers: Mapping[str, str], catalog: "Catalog", *, name: str
    ) -> dict[str, str]:
        """The command and the rest; a role cannot have a process of its own."""
        check_name(name)
        values = validate_answers(self.fields, answers)
        present = catalog.profiles.get(name)
        if present is not None and present.get("role_arn"):
            raise UsageError(
                f"{name} is a role, and boto3 refuses a role with a process of its own.",
                "choose another name, and make it the role's source profile",
            )
        line = process_command.parse_command(values["command"])
        if line is not None:
            values["command"] = _in_front(line, name, catalog)
        return values

    def edits(
        self, name: str, values: Mapping[str, str], catalog: "Catalog"
    ) -> tuple[FileEdit, ...]:
        """The profile with its command."""
        return (put_profile(name, config_values(self.fields, values)),)

    def propose_name(self, answers: Mapping[str, str]) -> str:
        """The program's name."""
        words = answers.get("command", "").split()
        return slug(Path(words[0]).stem) if words else "process"


PROCESS: Final = ProcessKind()
