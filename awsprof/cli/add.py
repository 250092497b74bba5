"""awsprof setup (the wizard) and awsprof add: one subcommand for each kind of profile.

The options of a subcommand come from the kind's fields, so a new kind needs no code here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from awsprof.accesskeys import key_sources
from awsprof.accesskeys.key_identity import identify_key
from awsprof.cli.app_context import AppContext
from awsprof.cli.command_group import CommandGroup, examples
from awsprof.cli.edit import confirm_options
from awsprof.errors import UsageError
from awsprof.key_ids import display_id
from awsprof.profiles import kinds
from awsprof.secret import Secret
from awsprof.vault.role_session_name import usual_session_name
from awsprof.vault.vault import check_passphrase_variable

if TYPE_CHECKING:
    from awsprof.editing.change import Change
    from awsprof.profiles.catalog import Catalog
    from awsprof.profiles.kinds import Field, Kind

_KEY_ID = "access_key_id"
_SESSION_NAME = "session_name"
_METAVARS = {
    "account": "ID",
    "access_key_id": "ID",
    "command": "COMMAND",
    "duration": "SECONDS",
    "external_id": "ID",
    "mfa_serial": "ARN",
    "output": "FORMAT",
    "region": "REGION",
    "role_arn": "ARN",
    "source": "PROFILE",
    "sso_region": "REGION",
    "start_url": "URL",
}
_EXAMPLES = {
    "keys": (
        "awsprof add keys base --csv ~/Downloads/alice_accessKeys.csv",
        "awsprof add keys base --access-key-id AKIAIOSFODNN7EXAMPLE",
    ),
    "role": (
        "awsprof add role admin --source base \\",
        "  --role-arn arn:aws:iam::123456789012:role/Admin",
    ),
    "sso": (
        "awsprof add sso dev --session corp --account 123456789012 --role Developer \\",
        "  --start-url https://example.awsapps.com/start --sso-region eu-west-1",
    ),
    "process": ('awsprof add process legacy --command "/opt/corp/credentials --json"',),
}


@click.command(epilog=examples("awsprof setup", "awsprof setup sso"))
@click.argument("flow", required=False, type=click.Choice(["sso", "role", "keys"]))
@click.pass_obj
def setup(app: AppContext, flow: str | None) -> int:
    """Open the wizard, or one part of it."""
    from awsprof.cli.wizard_commands import WizardCommands
    from awsprof.wizard import run_wizard

    return run_wizard(flow, app, WizardCommands(app, click.get_current_context()))


@click.group(
    cls=CommandGroup,
    epilog=examples("awsprof add role --help", "awsprof add sso --help"),
)
def add() -> None:
    """Add a profile with options instead of the wizard."""


def _command(kind: Kind) -> click.Command:
    """Returns ``awsprof add KIND``, with an option for each of the kind's fields."""

    @click.pass_obj
    def run(
        app: AppContext, /, name: str, yes: bool, dry_run: bool, verify: bool, **options: Any
    ) -> int:
        stdin, csv = options.pop("secret_stdin", False), options.pop("csv", None)
        answers = {key: str(value) for key, value in options.items() if value is not None}
        catalog = app.catalog()
        if any(field.name == _SESSION_NAME for field in kind.fields):
            _propose_session_name(catalog, name, answers)
        adding = _Adding(app, catalog, kind, name, stdin, csv, yes, dry_run, verify)
        return adding.run(answers)

    decorated: Callable[..., Any] = confirm_options(run)
    decorated = click.option(
        "--verify/--no-verify",
        default=True,
        help="Verify the profile with AWS (GetCallerIdentity).",
    )(decorated)
    for field in reversed(kind.fields):
        decorated = _options(field)(decorated)
    decorated = click.argument("name")(decorated)
    epilog = examples(*_EXAMPLES[kind.name])
    command = click.command(kind.name, help=kind.summary, short_help=kind.title, epilog=epilog)
    return command(decorated)


def _propose_session_name(catalog: Catalog, name: str, answers: dict[str, str]) -> None:
    """Adds the person's user name for CloudTrail, unless the answers or the profile have one.

    An empty ``--session-name`` leaves it out.
    """
    given = answers.get(_SESSION_NAME)
    if given == "":
        del answers[_SESSION_NAME]
    elif given is None and name not in catalog.profiles:
        source = answers.get("source", "")
        usual = usual_session_name(catalog, source) if source in catalog.profiles else ""
        if usual:
            answers[_SESSION_NAME] = usual


def _metavar(field: Field) -> str:
    if field.options:
        return "|".join(value for value, _ in field.options)
    return _METAVARS.get(field.name, "NAME")


def _options(field: Field) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    if not field.secret:
        text = field.flag_help or f"{field.explain[:1].upper()}{field.explain[1:]}."
        return click.option(field.flag, field.name, help=text, metavar=_metavar(field))

    def both(command: Callable[..., Any]) -> Callable[..., Any]:
        path = click.Path(exists=True, dir_okay=False, path_type=Path)
        command = click.option("--csv", type=path, help="The CSV file from the AWS console.")(
            command
        )
        stdin = click.option("--secret-stdin", is_flag=True, help="Read the secret from stdin.")
        return stdin(command)

    return both


@dataclass(frozen=True)
class _Adding:
    """One run of ``awsprof add``: writes a profile and verifies it, or rolls it back."""

    app: AppContext
    catalog: Catalog
    kind: Kind
    name: str
    secret_stdin: bool
    csv: Path | None
    yes: bool
    dry_run: bool
    verify: bool

    def run(self, answers: dict[str, str]) -> int:
        """Writes and verifies the profile; returns the exit code. Raises AwsprofError."""
        from awsprof.editing import profile_operations
        from awsprof.editing.change import preview_change

        catalog = self.catalog
        secret, answers = self._secret(answers)
        values = self.kind.validate(answers, catalog, name=self.name)
        account = arn = None
        if secret is not None and self.verify and not self.dry_run:
            identity = identify_key(values[_KEY_ID], secret, region=values.get("region"))
            account, arn = identity.account, identity.arn
        change = profile_operations.add_profile(
            self.kind, self.name, values, catalog, secret=secret, account=account, arn=arn
        )
        if self.name in catalog.profiles and preview_change(change, read=catalog.stored).files:
            self.app.terminal.warn(f"{self.name} already exists; this changes it.")
        flow = self.app.change_flow(yes=self.yes, dry_run=self.dry_run)
        applied = flow.write(change, catalog=catalog)
        if applied is None and not preview_change(change, read=catalog.stored).empty:
            return 0  # declined, or --dry-run; a profile that has it all already is verified
        if self.verify and not self.dry_run:
            undone = f"Rolled back: {self.name} could not be verified (--no-verify keeps it)."
            keep = self.app.keep_anyway("Keep the profile anyway?", yes=self.yes)
            with flow.undone_on_error(applied, undone, keep=keep):
                self._prove(change)
        if applied is not None and self.csv is not None:
            self.app.terminal.warn(f"{self.csv} still has the secret in plain text: delete it.")
        return 0

    def _secret(self, answers: dict[str, str]) -> tuple[Secret | None, dict[str, str]]:
        """Returns the secret, if the kind needs one, and the answers, with a CSV's key ID."""
        check = next((field.check for field in self.kind.fields if field.secret), None)
        if check is None:
            return None, answers
        if not self.dry_run:
            check_passphrase_variable(self.app.vault())
        if self.csv and self.secret_stdin:
            raise UsageError(
                "--secret-stdin and --csv cannot be combined.", "leave one of them out"
            )
        if self.csv:
            key = key_sources.read_csv(self.csv)
            if answers.get(_KEY_ID, key.key_id) != key.key_id:
                raise UsageError(
                    f"{self.csv} holds the key {key.key_id}, not {display_id(answers[_KEY_ID])}.",
                    "leave out --access-key-id, or use the file of that key",
                )
            return key.secret, {**answers, _KEY_ID: key.key_id}
        if self.secret_stdin:
            return Secret(check(sys.stdin.readline())), answers
        if not self.app.terminal.interactive:
            raise UsageError(
                "The secret access key is needed, and there is no terminal to ask for it.",
                "use --secret-stdin or --csv FILE",
            )
        typed = click.prompt("Secret access key", hide_input=True, err=True)
        return Secret(check(typed)), answers

    def _prove(self, change: Change) -> None:
        """Verifies with AWS that the new profile is the identity it was set up for.

        Raises the error, CredentialsError for another identity, if it is not.
        """
        from awsprof.editing.identity_proof import first_commands, verify_profiles

        failed = verify_profiles(self.app, change, self.catalog, [self.name])
        if failed:
            raise failed[self.name]
        self.app.terminal.detail(first_commands(self.name))


for _kind in kinds.ALL:
    add.add_command(_command(_kind))
