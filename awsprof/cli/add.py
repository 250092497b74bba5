"""awsprof setup (the wizard) and awsprof add (the same by flags): one command for each kind.

The flags are the kind's own fields, so that a new kind is a command without a line here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from awsprof.accesskeys import csvfile
from awsprof.accesskeys.key_owner import identify_key
from awsprof.cli.context import AppContext
from awsprof.cli.edit import confirm_options
from awsprof.errors import AwsprofError, UsageError
from awsprof.key_ids import display_id
from awsprof.profiles import kinds
from awsprof.secret import Secret

if TYPE_CHECKING:
    from awsprof.diff import ChangeResult
    from awsprof.editing.change import Change
    from awsprof.profiles.catalog import Catalog
    from awsprof.profiles.kinds import Field, Kind

KEY_ID = "access_key_id"


@click.command()
@click.argument("flow", required=False, type=click.Choice(["sso", "role", "keys"]))
@click.pass_obj
def setup(app: AppContext, flow: str | None) -> int:
    """Open the wizard, at one flow where you name it."""
    from awsprof.cli.doctor import doctor_for_wizard
    from awsprof.wizard import run_wizard

    return run_wizard(flow, app, lambda: doctor_for_wizard(app))


@click.group()
def add() -> None:
    """Add a profile by flags, as the wizard would."""


def _command(kind: Kind) -> click.Command:
    """``awsprof add KIND``, with a flag for each of the kind's fields."""

    @click.pass_obj
    def run(
        app: AppContext, /, name: str, yes: bool, dry_run: bool, verify: bool, **given: Any
    ) -> int:
        stdin, csv = given.pop("secret_stdin", False), given.pop("csv", None)
        answers = {key: str(value) for key, value in given.items() if value is not None}
        adding = _Adding(app, kind, name, stdin, csv, yes, dry_run, verify)
        return adding.run(answers)

    decorated: Callable[..., Any] = confirm_options(run)
    decorated = click.option(
        "--verify/--no-verify", default=True, help="Prove the profile with GetCallerIdentity."
    )(decorated)
    for field in reversed(kind.fields):
        decorated = _options(field)(decorated)
    decorated = click.argument("name")(decorated)
    return click.command(kind.name, help=kind.summary, short_help=kind.title)(decorated)


def _options(field: Field) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    if not field.secret:
        return click.option(field.flag, field.name, help=field.explain, metavar="VALUE")

    def both(command: Callable[..., Any]) -> Callable[..., Any]:
        path = click.Path(exists=True, dir_okay=False, path_type=Path)
        command = click.option("--csv", type=path, help="The console's file for the key.")(command)
        stdin = click.option("--secret-stdin", is_flag=True, help="Read the secret from stdin.")
        return stdin(command)

    return both


@dataclass(frozen=True)
class _Adding:
    """One run of ``awsprof add``: from answers to a profile that is proven, or not left behind."""

    app: AppContext
    kind: Kind
    name: str
    secret_stdin: bool
    csv: Path | None
    yes: bool
    dry_run: bool
    verify: bool

    def run(self, answers: dict[str, str]) -> int:
        """Make the profile from ``answers``; the exit code."""
        from awsprof.editing import operations
        from awsprof.editing.change import preview_change

        catalog = self.app.catalog()
        secret, answers = self._secret(answers)
        values = self.kind.validate(answers, catalog, name=self.name)
        account = arn = None
        if secret is not None and self.verify and not self.dry_run:
            identity = identify_key(values[KEY_ID], secret, region=values.get("region"))
            account, arn = identity.account, identity.arn
        change = operations.add_profile(
            self.kind, self.name, values, catalog, secret=secret, account=account, arn=arn
        )
        if self.name in catalog.profiles and preview_change(change).files:
            self.app.terminal.warn(f"{self.name} is there already; this changes it.")
        applied = self.app.apply_change(change, yes=self.yes, dry_run=self.dry_run)
        if not self.dry_run and self.verify:
            self._prove(change, catalog, applied)
        if applied is not None and self.csv is not None:
            self.app.terminal.warn(f"{self.csv} still holds the secret in plain text: delete it.")
        return 0

    def _secret(self, answers: dict[str, str]) -> tuple[Secret | None, dict[str, str]]:
        """The secret that the kind wants, and the answers with the key's id where a file has it."""
        check = next((field.check for field in self.kind.fields if field.secret), None)
        if check is None:
            return None, answers
        if self.csv and self.secret_stdin:
            raise UsageError("--secret-stdin and --csv cannot both be.", "give one of them")
        if self.csv:
            key = csvfile.read_csv(self.csv)
            if answers.get(KEY_ID, key.key_id) != key.key_id:
                raise UsageError(
                    f"{self.csv} holds the key {key.key_id}, not {display_id(answers[KEY_ID])}.",
                    "leave --access-key-id out, or give the other file",
                )
            return key.secret, {**answers, KEY_ID: key.key_id}
        if self.secret_stdin:
            return Secret(check(sys.stdin.readline())), answers
        if not self.app.terminal.interactive:
            raise UsageError(
                "The secret is asked for, and there is no terminal to ask on.",
                "give it by --secret-stdin or --csv FILE",
            )
        typed = click.prompt("Secret access key", hide_input=True, err=True)
        return Secret(check(typed)), answers

    def _prove(self, change: Change, before: Catalog, applied: ChangeResult | None) -> None:
        """Ask AWS who the new profile is; what is not who was asked for goes again."""
        from awsprof.auth.identity import check_identities
        from awsprof.editing.identity_proof import prove_identity

        app = self.app
        catalog = app.catalog()
        try:
            self._sign_in(catalog)
            (checked,) = check_identities(app.resolver(catalog), [self.name])
            who = prove_identity(change, before, catalog, checked)
        except (AwsprofError, KeyboardInterrupt) as exc:
            self._take_back(applied, exc)
            raise
        app.terminal.ok(f"{self.name} is {who.arn}")
        app.terminal.detail(f"aws s3 ls --profile {self.name}        awsprof list --tree")

    def _sign_in(self, catalog: Catalog) -> None:
        """The Identity Center session beneath the profile, where nobody signed in to it yet."""
        from awsprof.auth.identity_center.login import get_token

        session = catalog.chain(self.name).session
        if session is not None:
            get_token(session, self.app.prompter, agree=self.app.agree)

    def _take_back(self, applied: ChangeResult | None, why: BaseException) -> None:
        from awsprof.editing import history
        from awsprof.editing.apply import undo

        if applied is None:
            return
        if isinstance(why, AwsprofError) and not self.yes:
            self.app.terminal.error(why)
            if self.app.confirm("Keep the profile all the same?", yes=False, default=False):
                return
        undo(history.plan_undo(applied.id), self.app.vault)
        self.app.terminal.say(f"{self.name} was not left behind; --no-verify keeps it unproven.")


for _kind in kinds.ALL:
    add.add_command(_command(_kind))
