"""Identity Center: sign in once, tick accounts and roles, name the profiles, write them at once."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Final

from awsprof.auth.identity_center import login, token_cache
from awsprof.auth.identity_center.portal import Assignment, Portal, end_sign_in
from awsprof.configfile.document import FileEdit, FileKind, PutSection, SectionId
from awsprof.editing import sso_assignments
from awsprof.editing.change import Change, preview_change
from awsprof.editing.identity_proof import first_commands
from awsprof.editing.sso_assignments import NamedAssignment
from awsprof.errors import AwsprofError, EditRefused, UsageError
from awsprof.profiles import kinds
from awsprof.profiles.kinds.base import free_name
from awsprof.profiles.kinds.sso import session_name_for
from awsprof.profiles.model import SsoSession
from awsprof.text import counted, sanitize
from awsprof.wizard import prompts
from awsprof.wizard.choices import ProfileAnswers, chosen_session
from awsprof.wizard.field_questions import FieldQuestions
from awsprof.wizard.list_prompt import aligned_options
from awsprof.wizard.profile_form import NAME
from awsprof.wizard.prompt_loop import leave
from awsprof.wizard.prompts import Option
from awsprof.wizard.steps import Step, run_steps
from awsprof.wizard.wizard_context import Wizard
from awsprof.wizard.writing import ProfileWriter, WriteStatus, ask_to_write

_TICKED: Final = 20  # up to this many assignments are all ticked at first
_NEW: Final = "\0new"


class IdentityCenterForm:
    """The form of the profiles of one access portal."""

    def __init__(self, wizard: Wizard) -> None:
        self._wizard = wizard
        self._context = wizard.context
        self._questions = FieldQuestions(wizard.context)
        self._kind = kinds.kind_named("sso")
        self._fields = {field.name: field for field in self._kind.fields}
        self._answers: dict[str, str] = {}
        self._found: tuple[Assignment, ...] = ()
        self._ticked: tuple[Assignment, ...] = ()
        self._template = sso_assignments.TEMPLATE
        self._name = ""

    def run(self) -> None:
        """Asks, writes and verifies. Raises Back if the user leaves the first question."""
        steps: list[Step] = [
            self._ask_session,
            partial(self._ask, self._fields["start_url"]),
            partial(self._ask, self._fields["sso_region"]),
            self._list_assignments,
            self._ask_assignments,
            self._ask_names,
            partial(self._ask, self._fields["region"]),
            self._finish,
        ]
        run_steps(self._context.terminal, steps)

    def _ask_session(self) -> bool:
        """Asks which session, if there is one; a new one is named after its start URL."""
        sessions = self._context.catalog().sessions
        chosen = _NEW
        if sessions:
            rows = [(s.name, s.start_url) for s in sessions.values()]
            options = aligned_options(sessions, rows)
            new = Option(_NEW, "another access portal")
            chosen = prompts.select("Which session?", [*options, new])
        self._answers = {}
        if chosen != _NEW:
            self._answers = {"session": chosen, "sso_region": sessions[chosen].region}
        return bool(sessions)

    def _ask(self, field: kinds.Field) -> bool:
        if field.name in {"start_url", "sso_region"} and not self._is_new:
            return False
        given = ProfileAnswers(self._answers)
        answer = self._questions.ask(field, given, self._answers.get(field.name, ""))
        self._answers = {**self._answers, field.name: answer}
        if field.name == "start_url":
            taken = self._context.catalog().sessions
            self._answers["session"] = free_name(session_name_for(answer), taken)
        return True

    @property
    def _is_new(self) -> bool:
        return self._answers.get("session") not in self._context.catalog().sessions

    @property
    def _session(self) -> SsoSession:
        return chosen_session(self._context, self._answers)

    def _list_assignments(self) -> bool:
        """Signs in and lists every role of every account."""
        session = self._session
        token = login.get_token(session, self._context.prompter, agree=prompts.agree)
        with ExitStack() as shown:

            def progress(total: int) -> Callable[[], object]:
                return shown.enter_context(
                    self._context.terminal.progress("listing the roles of each account", total)
                )

            self._found = Portal(session, token).assignments(progress)
        return False

    def _about(self, compared: sso_assignments.AssignmentComparison) -> str:
        """Returns what was found: accounts, roles, and roles that need no profile or get none."""
        accounts = len({each.account.id for each in self._found})
        about = f"you have {counted(accounts, 'account')} and {counted(len(self._found), 'role')}"
        had = sum(not each.new for each in compared.named)
        if had:
            about += f"; profiles exist for {had}"
        if compared.unfit:
            names = ", ".join(dict.fromkeys(sanitize(each.role) for each in compared.unfit))
            about += f"; no profile can name {sanitize(names, limit=60)}"
        return about

    def _ask_assignments(self) -> bool:
        """Asks which accounts and roles are to have a profile: one, several, or all of them."""
        compared = sso_assignments.compare_assignments(
            self._session, self._found, self._context.catalog(), self._template
        )
        new = [each.assignment for each in compared.named if each.new]
        about = self._about(compared)
        if not new:
            self._context.terminal.ok(about)
            raise UsageError(
                "There is no account or role without a profile.",
                "if one is missing, ask your administrator to assign it to you",
            )
        if len(new) == 1:
            self._ticked = tuple(new)
            leave("Account and role", " ".join((new[0].account.name, new[0].role)))
            return False
        rows = [(a.account.name or "-", a.account.id, a.role) for a in new]
        options = aligned_options(map(str, range(len(rows))), rows)
        ticked = [o.value for o in options] if len(new) <= _TICKED else []
        if self._ticked:
            ticked = [str(i) for i, a in enumerate(new) if a in self._ticked]
        chosen = prompts.tick_list("Which profiles?", options, explain=about, ticked=ticked)
        self._ticked = tuple(new[int(value)] for value in chosen)
        return True

    def _ask_names(self) -> bool:
        """Asks for the name of one profile, or for the template of several names."""
        if len(self._ticked) == 1:
            (named,) = self._named(self._template)
            self._name = prompts.text_input(
                NAME.label, self._free, explain=NAME.explain, default=self._name or named.name
            )
            return True

        def preview(template: str) -> str:
            try:
                names = [each.name for each in self._named(template)]
            except UsageError:
                return ""
            return prompts.name_preview(names)

        self._template = prompts.text_input(
            "Names",
            self._check_template,
            explain="can contain {account_name}, {account_id}, {role} and {session}; see below",
            default=self._template,
            preview=preview,
        )
        return True

    def _free(self, name: str) -> str:
        if kinds.check_new_name(name) in self._context.catalog().profiles:
            raise UsageError(f"There is already a profile {name}.", "choose another name")
        return name

    def _check_template(self, template: str) -> str:
        self._named(template)
        return template

    def _named(self, template: str) -> tuple[NamedAssignment, ...]:
        """Returns the ticked assignments with their names."""
        catalog = self._context.catalog()
        compared = sso_assignments.compare_assignments(
            self._session, self._ticked, catalog, template
        )
        return tuple(each for each in compared.named if each.new)

    def _finish(self) -> bool:
        """Shows the diff, writes and verifies. Raises Back to return to the last question."""
        while True:
            named = self._named(self._template)
            if len(named) == 1:
                named = (NamedAssignment(named[0].assignment, self._name, True),)
            change = self._change(named)
            try:
                shown = preview_change(change)
            except EditRefused as exc:
                self._context.terminal.failed(exc.message, exc.fix)
                raise prompts.Back from exc
            more = [Option("session", "Rename the session", self._answers["session"])]
            answer = ask_to_write(self._context, shown, more if self._is_new else ())
            if answer == "session":
                self._rename_session()
            elif answer == "no":
                self._context.terminal.say("Nothing was written.")
                return True
            else:
                return self._write(change, [each.name for each in named])

    def _write(self, change: Change, names: Sequence[str]) -> bool:
        status = ProfileWriter(self._context, names, prompts_none=True).write(change)
        if status is WriteStatus.EDIT:
            raise prompts.Back
        if status is WriteStatus.DONE:
            self._context.terminal.detail(first_commands(names[0]))
        return True

    def _rename_session(self) -> None:
        """Asks for the session's name. The token's file is named after it, so you sign in again."""
        name = prompts.text_input(
            self._fields["session"].label,
            self._fields["session"].check,
            explain=f"{self._fields['session'].explain}; you sign in once more for it",
            default=self._answers["session"],
        )
        before = self._session
        if name in self._context.catalog().sessions:
            self._context.terminal.failed(f"There is already a session {sanitize(name)}.")
        elif name != before.name:
            self._answers = {**self._answers, "session": name}
            login.get_token(self._session, self._context.prompter, agree=prompts.agree)
            path = token_cache.token_path(before)
            try:
                end_sign_in(before, path)
            except AwsprofError as exc:  # signed in to the renamed one: nothing else is lost
                self._context.terminal.failed(f"{sanitize(before.name)}: {exc.message}", exc.fix)
            token_cache.remove_token(path)

    def _change(self, named: Sequence[NamedAssignment]) -> Change:
        """Returns the change that adds the profiles, and the session if it is new."""
        catalog = self._context.catalog()
        session = self._session
        region = self._answers.get("region") or None
        change = sso_assignments.assignments_change(session, named, [], catalog, region)
        if not self._is_new:
            return change
        section = PutSection(SectionId.sso_session(session.name), _texts(session))
        edits = (FileEdit(FileKind.CONFIG, section), *change.edits)
        return Change(f"added {session.name} and {counted(len(named), 'profile')}", edits)


def _texts(session: SsoSession) -> tuple[tuple[str, str], ...]:
    values: Mapping[str, object] = session.values
    return tuple((key, session.get(key) or "") for key in values)
