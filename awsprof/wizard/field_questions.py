"""Asks for one field of a kind: its choices, its default, and what it looks like in a list."""

from collections.abc import Mapping
from typing import Final

from awsprof.editing.command_context import CommandContext
from awsprof.errors import AwsprofError
from awsprof.profiles.kinds import Field
from awsprof.wizard import prompts
from awsprof.wizard.choices import SOURCES, ProfileAnswers, region_choices, usual_region
from awsprof.wizard.list_prompt import aligned_options
from awsprof.wizard.prompt_loop import leave
from awsprof.wizard.prompts import Option

_OTHER: Final = "\0other"
_NONE: Final = "\0none"
_UNSET: Final = "-"
_ONE_ANSWER: Final = frozenset({"profiles", "mfa-devices", "sso-accounts", "sso-roles"})


class FieldQuestions:
    """The questions for fields. ``display_names`` has the names of what was chosen from lists."""

    def __init__(self, context: CommandContext) -> None:
        self._context = context
        self.display_names: dict[str, str] = {}

    def only_answer(self, field: Field, given: ProfileAnswers, found: list[Option]) -> str | None:
        """Returns the answer of a field that needs no question, or None.

        That is the recommended one of fixed choices, the only one of a list, and the region of the
        source profile.
        """
        if field.options:
            return field.options[0][0]
        if field.choices in _ONE_ANSWER and len(found) == 1:
            self._note_name(field, found, found[0].value)
            return found[0].value
        source = self._context.catalog().profiles.get(given.answers.get("source", ""))
        if field.choices == "regions" and source is not None:
            return source.get("region")
        return None

    def show(self, field: Field, answer: str) -> None:
        """Prints the line of an answer that was not asked for."""
        leave(field.label, _title(field, answer))

    def ask(
        self,
        field: Field,
        given: ProfileAnswers,
        before: str = "",
        found: list[Option] | None = None,
    ) -> str:
        """Asks for the field; ``before`` is its present answer. Returns "" if it has none."""
        if field.options:
            (value, title), *others = field.options
            options = [Option(value, title, recommended=True), *(Option(*o) for o in others)]
            return prompts.select(field.label, options, before, explain=field.explain)
        found = self.found(field, given) if found is None else found
        if found:
            more = [Option(_OTHER, "other (type it)")]
            if not field.required:
                more.append(Option(_NONE, "none"))
            chosen = prompts.select(field.label, [*found, *more], before, explain=field.explain)
            self._note_name(field, found, chosen)
            if chosen != _OTHER:
                return "" if chosen == _NONE else chosen
        region = field.choices == "regions"
        usual = usual_region(self._context, given) if region and not before else ""
        return prompts.text_input(
            field.label,
            field.check,
            explain=field.explain,
            default=before or usual or field.default,
            required=field.required,
            completions=region_choices() if region else (),
        )

    def found(self, field: Field, given: ProfileAnswers) -> list[Option]:
        """Returns the field's choices, or none, after saying why they cannot be listed."""
        source = SOURCES.get(field.choices or "")
        try:
            return source(self._context, given) if source else []
        except AwsprofError as exc:
            self._context.terminal.failed(exc.message, exc.fix)
            return []

    def _note_name(self, field: Field, found: list[Option], chosen: str) -> None:
        for option in found:
            if option.value == chosen:
                self.display_names[f"{field.name}_name"] = option.called


def answer_rows(fields: Mapping[str, Field], answers: Mapping[str, str]) -> list[Option]:
    """Returns each field with its answer, as options of a list to edit."""
    rows = [(f.label, _title(f, answers.get(name, ""))) for name, f in fields.items()]
    return aligned_options(fields, rows)


def _title(field: Field, answer: str) -> str:
    return dict(field.options).get(answer, answer) or _UNSET
