"""Sets up one profile: asks, shows the diff, writes it, and verifies it with AWS."""

from collections.abc import Callable, Container
from functools import partial
from pathlib import Path
from typing import Final

from awsprof.accesskeys import csvfile
from awsprof.accesskeys.key_owner import identify_key
from awsprof.auth.identity import check_identities
from awsprof.awsapi.caller_identity import Identity
from awsprof.awsapi.credentials import Credentials
from awsprof.diff import ChangeResult
from awsprof.editing import operations
from awsprof.editing.apply import apply, undo
from awsprof.editing.change import Change, preview_change
from awsprof.editing.history import plan_undo
from awsprof.editing.identity_proof import prove_identity
from awsprof.errors import AwsprofError, EditRefused, UsageError
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.kinds import Field, Kind, check_name
from awsprof.profiles.kinds.base import free_name
from awsprof.secret import Secret
from awsprof.wizard import prompts
from awsprof.wizard.choices import SOURCES, Draft, region_choices, usual_region
from awsprof.wizard.context import WizardContext
from awsprof.wizard.prompts import Back, Option

KEY_ID: Final = "access_key_id"
_OTHER: Final = "\0other"
_NONE: Final = "\0none"


class ProfileForm:
    """The form of one profile of one kind."""

    def __init__(self, context: WizardContext, kind: Kind) -> None:
        self._context = context
        self._kind = kind
        self._answers: dict[str, str] = {}
        self._display_names: dict[str, str] = {}
        self._name = ""
        self._secret: Secret | None = None
        self._identity: Identity | None = None
        self._csv: Path | None = None

    def run(self) -> None:
        """Asks until the profile is verified, kept unverified, or given up.

        Raises Back if the user leaves the first question.
        """
        restart_at_end = False
        while True:
            change = self._ask_all(last_only=restart_at_end)
            if self._refused(change):
                restart_at_end = True
                continue
            try:
                agreed = prompts.confirm("Write this?")
            except Back:
                restart_at_end = True
                continue
            if not agreed:
                self._context.terminal.say("Nothing was written.")
                return
            before = self._context.catalog()
            if self._verify(change, before, self._write(change)):
                return
            restart_at_end = True

    def _refused(self, change: Change) -> bool:
        """Shows the diff. Returns True, after saying why, if the change cannot be made."""
        try:
            shown = preview_change(change)
        except EditRefused as exc:
            self._context.terminal.failed(exc.message, exc.fix)
            return True
        self._context.terminal.diff(shown)
        return False

    def _write(self, change: Change) -> ChangeResult:
        applied = apply(change, self._context.vault)
        self._context.terminal.written(applied)
        return applied

    def _ask_all(self, *, last_only: bool) -> Change:
        """Asks all questions, or only the last one. Earlier answers are the defaults."""
        steps = self._steps()
        at = len(steps) - 1 if last_only else 0
        forward = True
        while True:
            try:
                while at < len(steps):
                    shown = steps[at]()
                    at += 1 if shown or forward else -1
                    forward = forward or shown
                return self._change()
            except Back:
                if at == 0:
                    raise
                at, forward = at - 1, False
            except UsageError as exc:
                self._context.terminal.failed(exc.message, exc.fix)
                at, forward = len(steps) - 1, True

    def _steps(self) -> list[Callable[[], bool]]:
        """Returns a step for each question. A step returns False if it did not have to ask."""
        key = any(field.secret for field in self._kind.fields)
        steps: list[Callable[[], bool]] = [self._ask_key] if key else []
        asked = (f for f in self._kind.fields if not (key and (f.secret or f.name == KEY_ID)))
        steps += [partial(self._ask, field) for field in asked]
        return [*steps, self._ask_name]

    def _ask(self, field: Field) -> bool:
        if field.asked is not None and not field.asked(self._answers, self._context.catalog()):
            self._answers.pop(field.name, None)
            return False
        answer = self._answer(field)
        self._answers.pop(field.name, None)
        if answer:
            self._answers[field.name] = answer
        return True

    def _ask_name(self) -> bool:
        catalog = self._context.catalog()
        name = prompts.text_input(
            "Name of the profile",
            check_name,
            explain="what you type after --profile",
            default=self._name or self._proposed(catalog.profiles),
        )
        changes = name in catalog.profiles and name != self._name
        if changes and not prompts.confirm(f"{name} already exists. Change it?", default=False):
            return self._ask_name()
        self._name = name
        return True

    def _proposed(self, taken: Container[str]) -> str:
        return free_name(self._kind.propose_name({**self._answers, **self._display_names}), taken)

    def _answer(self, field: Field) -> str:
        before = self._answers.get(field.name, "")
        if field.options:
            (value, title), *others = field.options
            options = [Option(value, title, recommended=True), *(Option(*o) for o in others)]
            return prompts.select(field.label, options, before, explain=field.explain)
        found = self._found(field)
        if found:
            more = [Option(_OTHER, "other (type it)")]
            if not field.required:
                more.append(Option(_NONE, "none"))
            chosen = prompts.select(field.label, [*found, *more], before, explain=field.explain)
            for option in found:
                if option.value == chosen:
                    self._display_names[f"{field.name}_name"] = option.called
            if chosen != _OTHER:
                return "" if chosen == _NONE else chosen
        region = field.choices == "regions"
        usual = usual_region(self._context, self._draft) if region else ""
        return prompts.text_input(
            field.label,
            field.check,
            explain=field.explain,
            default=before or usual or field.default,
            required=field.required,
            completions=region_choices() if region else (),
        )

    @property
    def _draft(self) -> Draft:
        key = None
        if self._secret is not None:
            key = Credentials(self._answers[KEY_ID], self._secret)
        return Draft(self._answers, key)

    def _found(self, field: Field) -> list[Option]:
        """Returns the field's choices, or none, after saying why they cannot be listed."""
        source = SOURCES.get(field.choices or "")
        try:
            return source(self._context, self._draft) if source else []
        except AwsprofError as exc:
            self._context.terminal.failed(exc.message, exc.fix)
            return []

    def _ask_key(self) -> bool:
        """Asks for a key and its secret, and verifies them before it asks more."""
        terminal = self._context.terminal
        ways = [
            Option("type", "I have the ID and secret"),
            Option("csv", "In the .csv file from the AWS console"),
        ]
        while True:
            where = prompts.select("Where is the key?", ways)
            try:
                secret = self._read_typed() if where == "type" else self._read_csv()
                self._identity = identify_key(self._answers[KEY_ID], secret, region=None)
            except AwsprofError as exc:
                terminal.failed(exc.message, exc.fix)
            except Back:
                continue
            else:
                self._secret = secret
                terminal.ok(f"the key is {self._identity.arn}")
                return True

    def _read_typed(self) -> Secret:
        key_id, secret = (f for f in self._kind.fields if f.secret or f.name == KEY_ID)
        self._csv = None
        self._answers[KEY_ID] = prompts.text_input(
            key_id.label,
            key_id.check,
            explain=key_id.explain,
            default=self._answers.get(KEY_ID, ""),
        )
        return Secret(prompts.password(secret.label, secret.check, explain=secret.explain))

    def _read_csv(self) -> Secret:
        def readable(answer: str) -> str:
            try:
                csvfile.read_csv(Path(answer).expanduser())
            except AwsprofError as exc:
                raise UsageError(exc.message, exc.fix) from exc
            return answer

        self._csv = Path(
            prompts.text_input("CSV file", readable, explain="path of the file")
        ).expanduser()
        key = csvfile.read_csv(self._csv)
        self._answers[KEY_ID] = key.key_id
        return key.secret

    def _change(self) -> Change:
        catalog = self._context.catalog()
        values = self._kind.validate(self._answers, catalog, name=self._name)
        who = self._identity
        account, arn = (who.account, who.arn) if who else (None, None)
        return operations.add_profile(
            self._kind, self._name, values, catalog, secret=self._secret, account=account, arn=arn
        )

    def _verify(self, change: Change, before: Catalog, applied: ChangeResult) -> bool:
        """Returns True once the profile is verified, kept unverified, or rolled back."""
        terminal = self._context.terminal
        while True:
            try:
                error = self._failure(change, before)
            except KeyboardInterrupt:
                self._roll_back(applied)
                raise
            if error is None:
                return True
            terminal.failed(error.message, error.fix)
            what = self._what_now(applied)
            if what == "keep":
                terminal.say("Kept. To check it again: awsprof doctor")
                return True
            if what != "retry":
                self._roll_back(applied)
                return what == "undo"

    def _failure(self, change: Change, before: Catalog) -> AwsprofError | None:
        """Returns why the profile is not the identity it was set up for, or None if it is."""
        context = self._context
        catalog = context.catalog()
        (checked,) = check_identities(context.resolver(catalog), [self._name])
        try:
            who = prove_identity(change, before, catalog, checked)
        except AwsprofError as exc:
            return exc
        context.terminal.ok(f"{self._name} is {who.arn}")
        if self._csv is not None:
            context.terminal.warn(f"{self._csv} still has the secret in plain text: delete it.")
        context.terminal.detail(f"aws s3 ls --profile {self._name}        awsprof list --tree")
        return None

    def _roll_back(self, applied: ChangeResult) -> None:
        if applied.id:
            undo(plan_undo(applied.id), self._context.vault, force=True)
            self._context.terminal.say("Rolled back: everything is as it was.")

    def _what_now(self, applied: ChangeResult) -> str:
        options = [Option("retry", "Try again")]
        if applied.id:
            options += [Option("edit", "Change the answers"), Option("undo", "Undo")]
        options.append(Option("keep", "Keep the profile"))
        try:
            return prompts.select("What now?", options)
        except Back:
            return "edit" if applied.id else "keep"
