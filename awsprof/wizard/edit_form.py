"""Edits a profile's values in a list, and writes them as one change."""

from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Final

from awsprof.accesskeys.describe_keys import tell_left_in_vault
from awsprof.accesskeys.key_users import key_left_in_vault
from awsprof.auth.caller_identities import IdentityResult, check_identities
from awsprof.editing import profile_operations
from awsprof.editing.change import Change, preview_change
from awsprof.editing.identity_proof import IDENTITY_KEYS
from awsprof.errors import AwsprofError, UsageError
from awsprof.masking.mask import MASK, mask_value
from awsprof.profiles import kinds
from awsprof.profiles.kinds import Field
from awsprof.profiles.kinds import fields as f
from awsprof.profiles.kinds.role import lasts_too_long
from awsprof.profiles.known_keys import PROFILE_KEYS, nearest_known_key
from awsprof.profiles.model import Profile
from awsprof.profiles.provider_order import access_key
from awsprof.profiles.value_rules import value_problem
from awsprof.wizard import prompts
from awsprof.wizard.choices import ProfileAnswers
from awsprof.wizard.field_questions import FieldQuestions
from awsprof.wizard.key_form import KeyForm
from awsprof.wizard.list_prompt import aligned_options
from awsprof.wizard.profile_form import NAME
from awsprof.wizard.prompts import Back, Option
from awsprof.wizard.steps import choose_then
from awsprof.wizard.wizard_context import Wizard
from awsprof.wizard.writing import ProfileWriter, WriteStatus, ask_to_write, change_flow

_KEY_ROW: Final = "\0key"
_OTHER: Final = "\0other"
_COPY: Final = "\0copy"
REMOVE: Final = "\0remove"
_ACTIONS: Final = frozenset({_KEY_ROW, _COPY, REMOVE})
DONE: Final = "\0done"
_DEVICE: Final = "mfa_serial"  # a kind decides where a new one is written
_SECRETS: Final = frozenset(
    {"aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_security_token"}
)


class ProfileEditor:
    """The list of a profile's values. What is changed in it becomes one change."""

    def __init__(self, wizard: Wizard, name: str) -> None:
        self._wizard = wizard
        self._context = wizard.context
        self._profile = wizard.context.catalog().get(name)
        self._questions = FieldQuestions(wizard.context)
        self._kind = kinds.kind_of(self._profile)
        self._fields = {key: field for field in self._kind_fields() if (key := config_key(field))}
        self._before = _present(self._profile)
        self._values = dict(self._before)
        self._new_name = name

    def run(self) -> None:
        """Shows the list until the changes are written or given up."""
        at = ""
        while True:
            try:
                chosen = prompts.select(
                    f"Profile {self._profile.name}",
                    self._rows(),
                    at,
                    explain="Enter: change; Esc: back",
                    stays=False,
                )
            except Back:
                if self._changed() and not give_up_changes():
                    at = DONE
                    continue
                raise
            at = chosen
            with suppress(Back):
                if self._ends(chosen):
                    return
                if chosen != DONE and chosen not in _ACTIONS:
                    self._change_row(chosen)
                    at = DONE

    def _ends(self, chosen: str) -> bool:
        """Writes, or does an action, if that was chosen. Returns True if editing is over."""
        if chosen == DONE:
            return self._write()
        return chosen in _ACTIONS and self._act(chosen)

    def _change_row(self, chosen: str) -> None:
        if chosen == _OTHER:
            choose_then(self._context.terminal, self._ask_key, self._change_value)
        else:
            self._change_value(chosen)

    def _kind_fields(self) -> tuple[Field, ...]:
        return self._kind.fields if self._kind is not None else (f.REGION, f.OUTPUT)

    def _rows(self) -> list[Option]:
        """Returns the name, the kind's fields, other values, and what else can be done."""
        lines = [(NAME.name, "Name", self._new_name, self._new_name != self._profile.name)]
        key = access_key(self._profile)
        if key is not None:
            lines.append((_KEY_ROW, "Access key", f"{key}   (replace it with another)", False))
        keys = [
            *self._fields,
            *(k for k in {**self._before, **self._values} if k not in self._fields),
        ]
        for name in keys:
            if name in _SECRETS or (key and name == "credential_process"):
                continue
            label = self._fields[name].label if name in self._fields else name
            value = mask_value(name, self._values.get(name, "")) or "-"
            changed = self._values.get(name) != self._before.get(name)
            lines.append((name, label, value, changed))
        cells = [(label + " (changed)" * changed, value) for _, label, value, changed in lines]
        rows = aligned_options([line[0] for line in lines], cells)
        if self._changed():
            rows.insert(0, Option(DONE, "Done: show the changes"))
        return [
            *rows,
            Option(_OTHER, "Set another value"),
            Option(_COPY, "Copy it"),
            Option(REMOVE, "Remove it"),
        ]

    def _changed(self) -> bool:
        return self._values != self._before or self._new_name != self._profile.name

    def _change_value(self, key: str) -> None:
        if key == NAME.name:
            self._new_name = prompts.text_input(
                NAME.label, self._free_name, explain=NAME.explain, default=self._new_name
            )
            return
        field = self._fields.get(key)
        before = self._values.get(key, "")
        if field is not None:
            given = ProfileAnswers(self._given_answers())
            check = partial(self._check_field, key, field)
            answer = self._questions.ask(replace(field, required=False, check=check), given, before)
        else:
            answer = prompts.text_input(
                key,
                lambda text: self._check_value(key, text),
                explain="the value of this key",
                default=before,
                required=False,
            )
        self._values.pop(key, None)
        if answer:
            self._values[key] = answer

    def _ask_key(self, former: str | None) -> str:
        def check(answer: str) -> str:
            key = answer.strip().lower()
            nearest = nearest_known_key(key, PROFILE_KEYS)
            if key not in PROFILE_KEYS and "." not in key and nearest:
                raise UsageError(f"No SDK knows the key {key!r}.", f"did you mean {nearest}?")
            if not key.replace("_", "").replace(".", "").replace("-", "").isalnum():
                fix = "use a name such as retry_mode"
                raise UsageError(f"{answer!r} is not the name of a key.", fix)
            return key

        known = sorted(PROFILE_KEYS - _SECRETS)
        explain = "the key's name in the config file, such as retry_mode or s3.addressing_style"
        return prompts.text_input(
            "Key", check, explain=explain, default=former or "", completions=known
        )

    def _check_field(self, key: str, field: Field, text: str) -> str:
        value = field.check(text)
        catalog = self._context.catalog()
        if key == "duration_seconds" and lasts_too_long(self._profile, value, catalog):
            raise UsageError(
                "A role whose source has temporary credentials lasts at most 3600 seconds.",
                "enter 900 to 3600",
            )
        return value

    def _check_value(self, key: str, text: str) -> str:
        problem = value_problem(key, text, role=bool(self._profile.get("role_arn")))
        if problem is not None:
            meant = f"did you mean {problem.meant}?" if problem.meant else "enter another value"
            raise UsageError(problem.says, meant)
        if mask_value(key, text) == MASK:
            raise UsageError("awsprof does not write a secret into a file.", "keep it in the vault")
        return text

    def _given_answers(self) -> dict[str, str]:
        """Returns the values by field, as the choices of a field need them."""
        answers = {
            field.name: self._values[key]
            for key, field in self._fields.items()
            if key in self._values
        }
        return {**answers, NAME.name: self._profile.name}

    def _free_name(self, name: str) -> str:
        if name == self._profile.name:
            return name
        if kinds.check_new_name(name) in self._context.catalog().profiles:
            raise UsageError(f"There is already a profile {name}.", "choose another name")
        return name

    def _act(self, what: str) -> bool:
        """Copies, removes, or replaces the access key. Returns True if the list is done with."""
        catalog, name = self._context.catalog(), self._profile.name
        flow = change_flow(self._context)
        if what == _KEY_ROW:
            KeyForm(self._wizard, name).run()
            return True
        if what == _COPY:
            new = prompts.text_input("Name of the copy", self._free_name, explain=NAME.explain)
            return flow.write(profile_operations.copy_profile(name, new, catalog)) is not None
        applied = flow.write(profile_operations.remove_profile(name, catalog))
        left = key_left_in_vault(name, catalog) if applied else None
        if left is not None:
            tell_left_in_vault(self._context.terminal, left)
        return applied is not None

    def _write(self) -> bool:
        """Shows the diff, writes and verifies. Returns False if the list is to be shown again."""
        try:
            change = self._change()
            shown = preview_change(change)
        except AwsprofError as exc:
            self._context.terminal.failed(exc.message, exc.fix)
            return False
        if shown.empty:
            self._context.terminal.ok("nothing to change")
            return True
        if ask_to_write(self._context, shown) != "write":
            self._context.terminal.say("Nothing was written.")
            return False
        names = [self._new_name] if self._affects_identity() else []
        previous = self._identity() if names else None
        writer = ProfileWriter(self._context, names, previous)
        return writer.write(change) is not WriteStatus.EDIT

    def _affects_identity(self) -> bool:
        return not IDENTITY_KEYS.isdisjoint(self._changed_keys())

    def _changed_keys(self) -> list[str]:
        """Returns the keys that were changed, added or removed; ``s3.x`` is a nested one."""
        keys = {**self._before, **self._values}
        return [key for key in keys if self._before.get(key) != self._values.get(key)]

    def _identity(self) -> IdentityResult:
        resolver = self._context.resolver(self._context.catalog(), ask=False)
        (checked,) = check_identities(resolver, [self._profile.name])
        return checked

    def _change(self) -> Change:
        """Returns all edits as one change; the name is last."""
        catalog, name = self._context.catalog(), self._profile.name
        changes = []
        changed = self._changed_keys()
        for key in changed:
            value = self._values.get(key)
            if value is None:
                changes.append(profile_operations.unset_profile_value(name, key, catalog))
            else:
                changes.append(profile_operations.set_profile_value(name, key, value, catalog))
        summary = f"changed {', '.join(changed)} of {name}" if changed else ""
        if self._new_name != name:
            changes.append(profile_operations.rename_profile(name, self._new_name, catalog))
            summary = "; ".join(filter(None, (summary, changes[-1].summary)))
        edits = dict.fromkeys(edit for change in changes for edit in change.edits)
        return Change(summary, tuple(edits))


def give_up_changes() -> bool:
    """Asks whether to leave the list without the changes that were made in it; Esc leaves it."""
    answers = {"edit": "Go on editing", "leave": "Give them up"}
    return prompts.choose("The changes are not written yet.", answers) == "leave"


def config_key(field: Field) -> str | None:
    """Returns the config key of a field, or None if it has none of its own."""
    return field.key or (field.name if field.name == _DEVICE else None)


def _present(profile: Profile) -> dict[str, str]:
    """Returns the profile's values by key; a nested key is written ``s3.addressing_style``."""
    values = {key: value.text for key, value in profile.values.items() if value.text}
    for key in profile.nested:
        values.pop(key, None)
    for key, below in profile.nested.items():
        values |= {f"{key}.{nested}": value.text for nested, value in below.items()}
    return values
