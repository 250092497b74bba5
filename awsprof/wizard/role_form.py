"""Sets up roles: one or several at once, which share their source profile and MFA device.

The source profiles and devices that it offers are in ``choices``.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from awsprof.editing import profile_operations
from awsprof.editing.change import Change
from awsprof.profiles import kinds
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.kinds import Field
from awsprof.profiles.kinds.base import free_name, slug
from awsprof.profiles.pasted_roles import PastedRole, assignable_names, parse_roles
from awsprof.text import sanitize
from awsprof.vault.role_session_name import usual_session_name
from awsprof.wizard import prompts
from awsprof.wizard.profile_form import NAME, ProfileForm
from awsprof.wizard.steps import Step
from awsprof.wizard.wizard_context import Wizard

_ROLE: Final = "role_arn"
_SESSION: Final = "session_name"
_SOURCE_IDENTITY: Final = "source_identity"


class RoleForm(ProfileForm):
    """The form of one or more roles. Each takes ARNs and the console's switch-role links."""

    def __init__(self, wizard: Wizard) -> None:
        super().__init__(wizard, kinds.kind_named("role"))
        self._roles: tuple[PastedRole, ...] = ()
        self._pasted = self._prefix = ""

    def _steps(self) -> list[Step]:
        others = [field for field in self._kind.fields if field.name not in {_ROLE, _SESSION}]
        return [
            self._ask_roles,
            *(partial(self._ask, field) for field in others),
            self._note_session_name,
            self._ask_name,
        ]

    def _ask_roles(self) -> bool:
        def check(answer: str) -> str:
            parse_roles(answer)
            return answer

        def shown(answer: str) -> str:
            roles = parse_roles(answer)
            return roles[0].arn if len(roles) == 1 else f"{len(roles)} roles"

        answer = prompts.text_input(
            "Role ARN",
            check,
            explain="one or several ARNs, or switch-role links of the console, with spaces between",
            default=self._pasted,
            shown=shown,
        )
        self._pasted, self._roles = answer, parse_roles(answer)
        self._answers[_ROLE] = self._roles[0].arn
        return True

    def _note_session_name(self) -> bool:
        """Proposes the user's name for CloudTrail; the list of answers can change it."""
        if _SESSION not in self._answers:
            name = usual_session_name(self._context.catalog(), self._answers["source"])
            self._store(self._field(_SESSION), name)
        return False

    def _ask_name(self) -> bool:
        self._tell_known()
        if len(self._roles) == 1:
            return super()._ask_name()

        def preview(prefix: str) -> str:
            return prompts.name_preview(list(self._several_names(prefix)))

        def check(prefix: str) -> str:
            for name in self._several_names(prefix):
                kinds.check_new_name(name)
            return prefix

        self._prefix = prompts.text_input(
            "Prefix of the names",
            check,
            explain="put before the name of each role, such as corp-",
            default=self._prefix,
            required=False,
            preview=preview,
        )
        return True

    def _tell_known(self) -> None:
        """Says which of the roles have a profile with the same source already."""
        catalog = self._context.catalog()
        for role in self._roles:
            for name in catalog.users_of(self._answers["source"]):
                if catalog.profiles[name].get("role_arn") == role.arn:
                    self._context.terminal.warn(
                        f"{sanitize(name)} is already a profile for that role."
                    )

    def _several_names(self, prefix: str) -> Iterator[str]:
        own = [prefix + (slug(r.display_name) or slug(r.role) or "role") for r in self._roles]
        names: set[str] = set(self._context.catalog().profiles)
        for name in assignable_names(self._roles, own):
            free = free_name(name, names)
            names.add(free)
            yield free

    def _proposed(self, taken: object) -> str:
        names = self._context.catalog().profiles
        (role,) = self._roles
        name = slug(role.display_name) or slug(role.role) or "role"
        return free_name(f"{name}-{role.account}" if name in names else name, names)

    def _editable(self) -> list[Field]:
        fields = super()._editable()
        if len(self._roles) == 1:
            return fields
        label = "Prefix of the names"
        return [replace(f, label=label) if f is NAME else f for f in fields]

    def _change_answer(self, field: Field) -> None:
        if field.name == _ROLE:
            self._ask_roles()
        elif field.name == NAME.name:
            self._ask_name()
        elif field.name == _SOURCE_IDENTITY:
            proposed = self._answers.get(field.name) or self._answers.get(_SESSION, "")
            self._store(field, self._questions.ask(field, self._given, proposed))
        else:
            super()._change_answer(field)

    def _shown_answers(self) -> dict[str, str]:
        shown = super()._shown_answers()
        if len(self._roles) > 1:
            shown |= {NAME.name: self._prefix, _ROLE: f"{len(self._roles)} roles"}
        return shown

    def _field(self, name: str) -> Field:
        return next(field for field in self._kind.fields if field.name == name)

    def _names(self) -> list[str]:
        if len(self._roles) == 1:
            return [self._name]
        return list(self._several_names(self._prefix))

    def _change(self) -> Change:
        catalog = self._context.catalog()
        names = self._names()
        changes = [
            self._change_of(role, name, catalog)
            for role, name in zip(self._roles, names, strict=True)
        ]
        if len(changes) == 1:
            return changes[0]
        edits = dict.fromkeys(edit for change in changes for edit in change.edits)
        return Change(f"added {len(changes)} roles", tuple(edits))

    def _change_of(self, role: PastedRole, name: str, catalog: Catalog) -> Change:
        answers = {**self._answers, _ROLE: role.arn}
        values = self._kind.validate(answers, catalog, name=name)
        return profile_operations.add_profile(self._kind, name, values, catalog)
