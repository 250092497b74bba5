"""Edits an sso-session's values in a list, or removes it, as one change."""

from contextlib import suppress
from dataclasses import replace
from functools import partial

from awsprof.editing import sso_session_operations
from awsprof.editing.change import preview_change
from awsprof.errors import AwsprofError
from awsprof.profiles import kinds
from awsprof.profiles.kinds import Field
from awsprof.text import sanitize
from awsprof.wizard import prompts
from awsprof.wizard.choices import ProfileAnswers
from awsprof.wizard.edit_form import DONE, REMOVE, give_up_changes
from awsprof.wizard.field_questions import FieldQuestions
from awsprof.wizard.list_prompt import aligned_options
from awsprof.wizard.prompts import Back, Option
from awsprof.wizard.wizard_context import Wizard
from awsprof.wizard.writing import ProfileWriter, WriteStatus, ask_to_write


class SessionEditor:
    """The list of an sso-session's values, and its removal."""

    def __init__(self, wizard: Wizard, name: str) -> None:
        self._wizard = wizard
        self._context = wizard.context
        self._session = wizard.context.catalog().session(name)
        fields = {field.name: field for field in kinds.kind_named("sso").fields}
        scopes = Field("scopes", "Scopes", "default: sso:account:access", "", str)
        self._fields = {
            "sso_start_url": fields["start_url"],
            "sso_region": fields["sso_region"],
            "sso_registration_scopes": scopes,
        }
        self._before = {key: self._session.get(key) or "" for key in self._fields}
        self._values = dict(self._before)

    def run(self) -> None:
        """Shows the list until a change is written or the user goes back."""
        ask = partial(prompts.select, f"Session {sanitize(self._session.name)}", stays=False)
        while True:
            changed = self._values != self._before
            try:
                chosen = ask(self._rows(changed))
            except Back:
                if changed and not give_up_changes():
                    continue
                raise
            if chosen in {DONE, REMOVE}:
                if self._write() if chosen == DONE else self._remove():
                    return
                continue
            with suppress(Back):
                self._change_value(chosen)

    def _rows(self, changed: bool) -> list[Option]:
        cells = [(self._fields[k].label, v or "-") for k, v in self._values.items()]
        rows = aligned_options(self._values, cells)
        if changed:
            return [Option(DONE, "Done: show the changes"), *rows]
        return [*rows, Option(REMOVE, "Remove this session")]

    def _change_value(self, key: str) -> None:
        required = key != "sso_registration_scopes"
        field = replace(self._fields[key], required=required, choices=None)
        questions = FieldQuestions(self._context)
        self._values[key] = questions.ask(field, ProfileAnswers({}), self._values[key])

    def _remove(self) -> bool:
        """Shows the diff and removes the session. Returns False if it is still there."""
        name = self._session.name
        try:
            self._wizard.commands.remove_session(name)
        except AwsprofError as exc:
            self._context.terminal.error(exc)
            return False
        return name not in self._context.catalog().sessions

    def _write(self) -> bool:
        """Writes the values and verifies the session's first profile: they share the sign-in."""
        catalog, name = self._context.catalog(), self._session.name
        values = {k: v for k, v in self._values.items() if v != self._before[k]}
        try:
            change = sso_session_operations.set_session_values(name, values, catalog)
            preview = preview_change(change)
        except AwsprofError as exc:
            self._context.terminal.error(exc)
            return False
        if ask_to_write(self._context, preview) != "write":
            self._context.terminal.say("Nothing was written.")
            return False
        users = catalog.users_of_session(name)
        writer = ProfileWriter(self._context, users[:1])
        return writer.write(change) is not WriteStatus.EDIT
