"""One profile from the first question to its identity: ask, show, write, prove."""

from pathlib import Path
from typing import Final

from awsprof.accesskeys import csvfile
from awsprof.accesskeys.newkey import identify
from awsprof.editing import verbs
from awsprof.editing.apply import Applied, apply, undo
from awsprof.editing.change import Change, preview
from awsprof.editing.history import plan_undo
from awsprof.errors import AwsprofError, UsageError
from awsprof.profiles.kinds import Field, Kind, check_name
from awsprof.secret import Secret
from awsprof.signin.identity import Identity, check
from awsprof.wizard import prompts
from awsprof.wizard.choices import SOURCES, regions
from awsprof.wizard.house import House
from awsprof.wizard.prompts import Back, Option

_OTHER: Final = "\0other"
_NONE: Final = "\0none"
# What a person who needs it knows by name: `awsprof set` has them.
_RARE: Final = frozenset({"output", "session_name", "duration"})


class Flow:
    """The set-up of one profile of one kind."""

    def __init__(self, house: House, kind: Kind) -> None:
        self._house = house
        self._kind = kind
        self._answers: dict[str, str] = {}
        self._name = ""
        self._secret: Secret | None = None
        self._identity: Identity | None = None

    def run(self) -> None:
        """Ask until it is written and proven, or given up; Back from the first question leaves."""
        while True:
            change = self._asked()
            self._house.terminal.diff(preview(change))
            if not prompts.agree("Write this?"):
                self._house.terminal.say("Nothing was written.")
                return
            applied = apply(change, self._house.vault)
            self._house.terminal.ok("written            awsprof undo takes it back")
            for note in applied.notes:
                self._house.terminal.warn(note)
            if self._proven(applied):
                return

    def _asked(self) -> Change:
        """All questions in their order; an answer given before is the next time's default."""
        fields = [field for field in self._kind.fields if field.name not in _RARE]
        at = 0
        while True:
            try:
                while at < len(fields):
                    self._ask(fields[at])
                    at += 1
                self._ask_name()
                return self._change()
            except Back:
                if at == 0:
                    raise
                at -= 1
                while at and not self._asks(fields[at]):
                    at -= 1
            except UsageError as exc:
                self._house.terminal.failed(exc.message, exc.fix)
                at = 0

    def _asks(self, field: Field) -> bool:
        """Whether the field has to be asked, after the answers given so far."""
        if field.name == "mfa_at":
            return bool(self._answers.get("mfa_serial"))
        if field.name in {"start_url", "sso_region"}:
            return self._answers.get("session") not in self._house.catalog().sessions
        return True

    def _ask(self, field: Field) -> None:
        if not self._asks(field):
            self._answers.pop(field.name, None)
        elif field.secret:
            self._ask_secret(field)
        else:
            answer = self._answer(field)
            self._answers.pop(field.name, None)
            if answer:
                self._answers[field.name] = answer

    def _ask_name(self) -> None:
        self._name = prompts.text(
            "Name of the profile",
            check_name,
            explain="what you type after --profile",
            default=self._name or self._kind.propose_name(self._answers),
        )

    def _answer(self, field: Field) -> str:
        before = self._answers.get(field.name, "")
        if field.options:
            options = [Option(*option) for option in field.options]
            return prompts.choose(field.label, options, before)
        source = SOURCES.get(field.choices or "")
        found = source(self._house, self._answers) if source else []
        if found:
            more = [Option(_OTHER, "another one: type it")]
            if not field.required:
                more.append(Option(_NONE, "none"))
            chosen = prompts.choose(field.label, [*found, *more], before)
            if chosen != _OTHER:
                return "" if chosen == _NONE else chosen
        return prompts.text(
            field.label,
            field.check,
            explain=field.explain,
            default=before,
            required=field.required or field.name in {"start_url", "sso_region"},
            completions=regions() if field.choices == "regions" else (),
        )

    def _ask_secret(self, field: Field) -> None:
        ways = [
            Option("type", "I paste it here (unseen)"),
            Option("csv", "It is in the .csv file of the console"),
        ]
        if prompts.choose("Where is the secret?", ways) == "csv":
            self._secret = self._from_csv()
        else:
            self._secret = Secret(prompts.unseen(field.label, field.check))
        terminal = self._house.terminal
        try:
            self._identity = identify(self._answers["access_key_id"], self._secret, region=None)
        except AwsprofError as exc:
            terminal.failed(exc.message, exc.fix)
            raise Back from exc
        terminal.ok(f"the key is {self._identity.arn}")

    def _from_csv(self) -> Secret:
        def readable(answer: str) -> str:
            try:
                csvfile.read(Path(answer).expanduser())
            except AwsprofError as exc:
                raise UsageError(exc.message, exc.fix) from exc
            return answer

        path = prompts.text("The file", readable, explain="its path")
        key = csvfile.read(Path(path).expanduser())
        self._answers["access_key_id"] = key.key_id
        return key.secret

    def _change(self) -> Change:
        catalog = self._house.catalog()
        values = self._kind.validate(self._answers, catalog, name=self._name)
        who = self._identity
        account, arn = (who.account, who.arn) if who else (None, None)
        return verbs.add(
            self._kind, self._name, values, catalog, secret=self._secret, account=account, arn=arn
        )

    def _proven(self, applied: Applied) -> bool:
        """Whether the person is done: it is proven, kept unproven, or taken back."""
        house = self._house
        while True:
            catalog = house.catalog()
            (checked,) = check(house.resolver(catalog), [self._name])
            if checked.identity is not None:
                house.terminal.ok(f"{self._name} is {checked.identity.arn}")
                house.terminal.say(
                    f"   aws s3 ls --profile {self._name}        awsprof list --tree"
                )
                return True
            if checked.error is not None:
                house.terminal.failed(checked.error.message, checked.error.fix)
            what = self._what_now(applied)
            if what == "keep":
                return True
            if what != "retry":
                undo(plan_undo(applied.id), house.vault)
                house.terminal.say("Taken back.")
                return what == "undo"

    def _what_now(self, applied: Applied) -> str:
        options = [Option("retry", "Try again")]
        if applied.id:
            options += [Option("edit", "Change the answers"), Option("undo", "Take it back")]
        options.append(Option("keep", "Keep it as it is"))
        try:
            return prompts.choose("What now?", options)
        except Back:
            return "edit" if applied.id else "keep"
