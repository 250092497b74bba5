"""Sets up profiles of one kind: asks, shows the diff, writes it, and verifies it with AWS.

Which kinds the wizard offers is in ``main_menu``.
"""

from collections.abc import Container
from contextlib import suppress
from functools import partial
from typing import Final

from awsprof.awsapi.credentials import Credentials
from awsprof.editing import profile_operations
from awsprof.editing.change import Change, preview_change
from awsprof.editing.identity_proof import first_commands
from awsprof.errors import AwsprofError, EditRefused, UsageError
from awsprof.profiles import kinds
from awsprof.profiles.kinds import Field, Kind
from awsprof.profiles.kinds.base import free_name
from awsprof.wizard import prompts
from awsprof.wizard.choices import ProfileAnswers
from awsprof.wizard.field_questions import FieldQuestions, answer_rows
from awsprof.wizard.prompts import Back, Option
from awsprof.wizard.steps import Step, run_steps
from awsprof.wizard.wizard_context import Wizard
from awsprof.wizard.writing import ProfileWriter, WriteStatus, ask_to_write

NAME: Final = Field(
    "name",
    "Name of the profile",
    "what you type after --profile",
    "NAME",
    kinds.check_new_name,
    required=True,
)
_EDIT: Final = Option("edit", "Change an answer, or set more")


class ProfileForm:
    """The form of a new profile of one kind. Subclasses ask for what their kind needs besides."""

    def __init__(self, wizard: Wizard, kind: Kind, name: str = "") -> None:
        self._wizard = wizard
        self._context = wizard.context
        self._kind = kind
        self._answers: dict[str, str] = {}
        self._questions = FieldQuestions(wizard.context)
        self._name = name

    def run(self) -> None:
        """Asks until the profile is verified, kept unverified, or given up.

        Raises Back if the user leaves the first question.
        """
        run_steps(self._context.terminal, [*self._steps(), self._finish])

    def _steps(self) -> list[Step]:
        """Returns a step for each question."""
        fields = (field for field in self._kind.fields if not field.secret)
        return [*(partial(self._ask, field) for field in fields), self._ask_name]

    def _finish(self) -> bool:
        """Shows the diff, writes and verifies it. Raises Back to return to the last question."""
        while True:
            agreed = self._agreed_change()
            if agreed is None:
                return True
            names = self._names()
            writer = ProfileWriter(self._context, names)
            status = writer.write(agreed)
            if status is WriteStatus.DONE:
                self._tell_next(names)
            if status is not WriteStatus.EDIT:
                return True
            self._edit_answers(writer.error)

    def _agreed_change(self) -> Change | None:
        """Returns the change that the user has agreed to, or None."""
        while True:
            try:
                change = self._change()
                shown = preview_change(change)
            except (UsageError, EditRefused) as exc:
                self._context.terminal.failed(exc.message, exc.fix)
                self._edit_answers(exc)
                continue
            answer = ask_to_write(self._context, shown, [_EDIT])
            if answer == "write":
                return change
            if answer == "no":
                self._context.terminal.say("Nothing was written.")
                return None
            self._edit_answers(None)

    def _names(self) -> list[str]:
        """Returns the names of the new profiles."""
        return [self._name]

    def _tell_next(self, names: list[str]) -> None:
        """Says how to use the profiles, once they are verified."""
        self._context.terminal.detail(first_commands(names[0]))

    def _edit_answers(self, error: AwsprofError | None) -> None:
        """Lists all answers to change, with the cursor on the one that the error is about."""
        fields = {field.name: field for field in self._editable()}
        at: str | None = self._suspect(error) if error is not None else None
        while True:
            rows = answer_rows(fields, self._shown_answers())
            done = Option("", "Done: show the changes")
            try:
                chosen = prompts.select(
                    "Change what?", [done, *rows], at or "", back_row=False, stays=False
                )
            except Back:
                if error is not None:
                    raise
                return
            if not chosen:
                return
            with suppress(Back):  # to the list
                self._change_answer(fields[chosen])
            at = ""

    def _shown_answers(self) -> dict[str, str]:
        """Returns the answers as the list of them shows them."""
        return {**self._answers, NAME.name: self._name}

    def _editable(self) -> list[Field]:
        """Returns the fields of the list of answers, without those that do not apply."""
        catalog = self._context.catalog()
        applying = (
            field
            for field in self._kind.fields
            if field.asked is None or field.asked(self._answers, catalog)
        )
        return [*(field for field in applying if not field.secret), NAME]

    def _change_answer(self, field: Field) -> None:
        if field is NAME:
            self._ask_name()
        else:
            answer = self._questions.ask(field, self._given, self._answers.get(field.name, ""))
            self._store(field, answer)

    def _suspect(self, error: AwsprofError) -> str:
        """Returns the field that is most likely wrong."""
        if isinstance(error, UsageError) and error.field:
            return error.field
        return next(field.name for field in self._editable() if field.required)

    def _ask(self, field: Field) -> bool:
        """Asks for a field, unless it has one answer only, or none. Returns whether it asked."""
        if field.flags_only:
            return False
        if field.asked is not None and not field.asked(self._answers, self._context.catalog()):
            self._answers.pop(field.name, None)
            return False
        before = self._answers.get(field.name, "")
        found = [] if field.options else self._questions.found(field, self._given)
        only = self._questions.only_answer(field, self._given, found)
        if only is not None:
            self._store(field, before or only)
            self._questions.show(field, before or only)
            return False
        self._store(field, self._questions.ask(field, self._given, before, found))
        return True

    def _store(self, field: Field, answer: str) -> None:
        self._answers.pop(field.name, None)
        if answer:
            self._answers[field.name] = answer

    def _ask_name(self) -> bool:
        catalog = self._context.catalog()
        while True:
            name = prompts.text_input(
                NAME.label,
                NAME.check,
                explain=NAME.explain,
                default=self._name or self._proposed(catalog.profiles),
            )
            changes = name in catalog.profiles and name != self._name
            if not changes or prompts.agree(f"{name} already exists. Change it?"):
                self._name = name
                return True

    def _proposed(self, taken: Container[str]) -> str:
        known = {**self._answers, **self._questions.display_names}
        return free_name(self._kind.propose_name(known), taken)

    @property
    def _given(self) -> ProfileAnswers:
        return ProfileAnswers(self._answers, self._key())

    def _key(self) -> Credentials | None:
        """Returns the access key that was typed, if there is one."""
        return None

    def _change(self) -> Change:
        catalog = self._context.catalog()
        values = self._kind.validate(self._answers, catalog, name=self._name)
        return profile_operations.add_profile(self._kind, self._name, values, catalog)
