"""Answers credential_process lines: awsprof's own in this process, others by running them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from threading import local
from typing import TYPE_CHECKING, Protocol

from awsprof import trust
from awsprof.auth import botocore_providers, process_output
from awsprof.awsapi.credentials import Credentials
from awsprof.errors import CredentialsError, FileError
from awsprof.profiles import process_command
from awsprof.profiles.catalog import Catalog
from awsprof.shells import arguments
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.vault.vault import Vault


class KeySignIn(Protocol):
    """Returns the credentials of a profile, with the key that its line names."""

    def __call__(self, name: str, *, key_id: str | None) -> Credentials:
        """Raises CredentialsError, InteractionRequired or VaultError."""
        ...


class ProcessRunner:
    """Answers the credential_process lines of a catalog, and detects cycles."""

    def __init__(self, catalog: Catalog, vault: Callable[[], Vault], sign_in: KeySignIn) -> None:
        self._catalog = catalog
        self._vault = vault
        self._sign_in = sign_in
        self._under_way = local()
        self.oddities: dict[str, tuple[str, ...]] = {}
        """What SDKs other than boto3 reject in the outputs so far, by profile."""

    def answer(
        self, words: list[str], profile_name: str, *, bare: bool
    ) -> botocore_providers.ProcessResult:
        """Returns the result of a line; ``bare`` returns the vault's key without signing in."""
        if not words:
            raise CredentialsError(
                f"The credential_process of {sanitize(profile_name)} is empty.",
                f"awsprof unset {arguments(profile_name)} credential_process",
                code="process-missing",
            )
        line = process_command.command_from_words(words)
        if line is None:
            self._require_trusted(profile_name, words)
            answer = _checked(botocore_providers.run_process(words), profile_name)
            self.oddities[profile_name] = process_output.oddities(answer.communicate()[0])
            return answer
        under_way: set[str] = getattr(self._under_way, "names", set())
        if line.profile in under_way:
            raise CredentialsError(
                f"The credential_process of {sanitize(profile_name)} leads back to itself.",
                f"awsprof show {arguments(profile_name)}",
                code="process-calls-itself",
            )
        self._under_way.names = under_way | {line.profile}
        try:
            if bare and line.key_id:
                made = Credentials(line.key_id, self._vault().get(line.key_id))
            else:
                made = self._sign_in(line.profile, key_id=line.key_id)
        finally:
            self._under_way.names = under_way
        return botocore_providers.ProcessResult(made.process_json().encode(), b"", 0)

    def _require_trusted(self, name: str, words: list[str]) -> None:
        """Raises FileError if another user can change the config file or the program."""
        value = self._catalog.get(name).values.get("credential_process")
        named_in = trust.find_weakness(value.origin.path) if value is not None else None
        if named_in is not None:
            raise FileError(
                f"The credential_process of {sanitize(name)} is not run: {named_in}.",
                named_in.fix,
                code="config-in-writable-place",
            )
        program = shutil.which(words[0])
        found = trust.find_command_weakness(words, program) if program else None
        if found is not None:
            raise FileError(
                f"The credential_process of {sanitize(name)} is not run: {found}.",
                found.fix,
                code="process-in-writable-place",
            )


def _checked(
    answer: botocore_providers.ProcessResult, name: str
) -> botocore_providers.ProcessResult:
    """Returns a program's result. Raises CredentialsError if its output is invalid."""
    stdout, stderr = answer.communicate()
    wrong = process_output.output_problem(stdout)
    if answer.returncode:
        said = sanitize(stderr.decode(errors="replace"))
        wrong = f"ended with exit code {answer.returncode}" + (f": {said}" if said else "")
    if wrong is not None:
        raise CredentialsError(
            f"The program of {sanitize(name)} {wrong.rstrip('.')}.",
            f"awsprof show {arguments(name)} prints its command; run that yourself",
            code="process-output",
        )
    return answer
