"""The main menu of the wizard: every action that it offers, and each kind of profile to add.

``Menu._rows`` lists the actions. A kind's questions are in ``profile_form`` (any kind), or in the
forms of ``role_form``, ``key_form`` and ``identity_center``, which ask for more.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from awsprof import __version__, settings
from awsprof.accesskeys.key_context import KeyContext
from awsprof.configfile import storage
from awsprof.configfile.document import FileKind
from awsprof.editing import history
from awsprof.errors import AwsprofError
from awsprof.paths import display_path
from awsprof.profiles import ignored_files, kinds
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.provider_order import key_in_vault
from awsprof.text import counted, list_names
from awsprof.vault.vault import available_backends
from awsprof.wizard import keys, prompts, screens
from awsprof.wizard.choices import SESSION, session_or_profile_options
from awsprof.wizard.edit_form import ProfileEditor
from awsprof.wizard.health import health_screen
from awsprof.wizard.identity_center import IdentityCenterForm
from awsprof.wizard.key_form import KeyForm
from awsprof.wizard.policies import policies_screen
from awsprof.wizard.profile_form import ProfileForm
from awsprof.wizard.prompts import Back, Option
from awsprof.wizard.role_form import RoleForm
from awsprof.wizard.sso_session_form import SessionEditor
from awsprof.wizard.steps import choose_then
from awsprof.wizard.wizard_context import Wizard

_QUIT: Final = "quit"
_Row = tuple[Option, Callable[[], object]]


class Menu:
    """The main menu, shown until the user quits."""

    def __init__(self, wizard: Wizard) -> None:
        self._wizard = wizard
        self._context = wizard.context
        self._left: str | None = None  # the row that Esc came back from

    def run(self, flow: str | None) -> int:
        """Greets, and runs one action after the other, or only ``flow``. Returns the exit code."""
        self._greet()
        if flow:
            return self._run_one(self._flows()[flow])
        while True:
            try:
                action = self._choose_action()
            except Back:
                return 0
            if action is None:
                return 0
            self._run_one(action)
            self._context.terminal.say()

    def _run_one(self, action: Callable[[], object]) -> int:
        try:
            action()
            self._left = None
        except Back:
            self._context.terminal.say("Nothing was changed.")
        except AwsprofError as exc:
            self._left = None
            self._context.terminal.error(exc)
            return exc.exit_code
        return 0

    def _greet(self) -> None:
        catalog, terminal = self._context.catalog(), self._context.terminal
        count = len(catalog.profiles)
        where = display_path(storage.config_path(FileKind.CONFIG))
        profiles = counted(count, "profile")
        terminal.heading(f"awsprof {__version__}   {where}   {profiles}   {_kept_in()}")
        for file in catalog.unreadable:
            terminal.failed(file.says, file.fix)
        for unread_file in ignored_files.ignored_files():
            terminal.failed(unread_file.says, unread_file.fix)
        plain = [profile.name for profile in catalog.plaintext_keys()]
        if plain:
            what, verb = ("key", "is") if len(plain) == 1 else ("keys", "are")
            terminal.warn(
                f"The {what} of {list_names(plain, 3)} {verb} in plain text, readable by any"
                " program."
            )
        terminal.say("Esc: previous question. Ctrl-C: stop; nothing more is changed.")
        terminal.say()

    def _flows(self) -> dict[str, Callable[[], object]]:
        """Returns the actions that ``awsprof setup`` names."""
        return {
            "sso": lambda: IdentityCenterForm(self._wizard).run(),
            "role": lambda: RoleForm(self._wizard).run(),
            "keys": lambda: KeyForm(self._wizard).run(),
        }

    def _rows(self) -> list[_Row]:
        """Returns the main menu. The likely next thing is on top."""
        catalog, flows = self._context.catalog(), self._flows()
        unused = not all(map(catalog.users_of_session, catalog.sessions))
        first = not catalog.profiles or unused
        connect = "Add profiles from Identity Center" if catalog.sessions else _CONNECT
        rows = [
            _row(connect, flows["sso"], recommended=first),
            _row("Add an IAM user's access key", flows["keys"]),
            _row("Add another program's credentials", self._process, "credential_process"),
            _row("Bring in what another tool left", self._import, "aws-vault ..."),
        ]
        if catalog.profiles:
            needed = _lacks_roles(catalog) and not first
            note = "MFA, other accounts"
            roles = _row("Add roles to assume", flows["role"], note, recommended=needed)
            rows.insert(0 if _has_keys(catalog) else 1, roles)
            rows += self._rows_of_profiles()
        plain = len(catalog.plaintext_keys())
        if plain:
            title = f"Move {counted(plain, 'plain-text key')} into the vault"
            rows.insert(0, _row(title, self._move, recommended=True))
        if catalog.unreadable:
            rows.insert(0, _row("Check the health of every profile, and fix it", self._health))
        undo = _row("Undo a change", partial(screens.history_screen, self._wizard), "history")
        return [
            *rows,
            *([undo] if history.entries() or history.broken() else []),
            _row(
                "IAM policies to hand to an administrator", partial(policies_screen, self._wizard)
            ),
            (screens.team_row(), partial(screens.team_screen, self._wizard)),
            _row("Settings", partial(screens.settings_screen, self._wizard)),
        ]

    def _rows_of_profiles(self) -> list[_Row]:
        catalog = self._context.catalog()
        health = _row("Check the health of every profile, and fix it", self._health)
        return [
            _row("Edit, rename, copy or remove a profile", self._edit),
            *(() if catalog.unreadable else (health,)),
            _row("Sign in, sign out, open the console", self._sign_in),
            _row("Access keys and MFA", self._keys, "rotate, stop, enable ..."),
            _row("Show the profiles as a tree", self._wizard.commands.show_tree),
        ]

    def _choose_action(self) -> Callable[[], object] | None:
        """Asks for a row of the main menu. Returns its action, or None to quit."""
        rows = self._rows()
        options = [*_numbered(rows), Option(_QUIT, "Quit")]
        at = next((option.value for option in options if option.title == self._left), None)
        chosen = prompts.select("What would you like to do?", options, at, back_row=False)
        if chosen == _QUIT:
            return None
        option, action = rows[int(chosen)]
        self._left = option.title
        return action

    def _submenu(self, question: str, rows: Sequence[_Row]) -> None:
        options = _numbered(rows)
        choose_then(
            self._context.terminal,
            partial(prompts.select, question, options),
            lambda chosen: rows[int(chosen)][1](),
        )

    def _process(self) -> None:
        ProfileForm(self._wizard, kinds.kind_named("process")).run()

    def _import(self) -> None:
        screens.import_screen(self._wizard)

    def _health(self) -> None:
        health_screen(self._wizard)

    def _key_context(self) -> KeyContext:
        return keys.wizard_key_context(self._context)

    def _move(self) -> None:
        keys.move_keys_flow(self._key_context())

    def _sign_in(self) -> None:
        wizard = self._wizard
        rows = [
            _row("Sign in", partial(screens.sign_in_screen, wizard)),
            _row("Sign out", partial(screens.sign_out_screen, wizard)),
            _row("Open the console in the browser", partial(screens.console_screen, wizard)),
        ]
        self._submenu("Sign in or out", rows)

    def _keys(self) -> None:
        context, catalog = self._key_context(), self._context.catalog()
        rows = []
        if any(map(key_in_vault, catalog.profiles.values())):
            note = "replace it with a new one, continue, or go back"
            rows.append(_row("Rotate a key", partial(keys.rotate_flow, context), note))
        enable = self._wizard.commands.enable_mfa
        rows += [
            _row("Enable MFA for a user", partial(keys.enable_mfa_flow, context, enable)),
            _row("Delete an inactive key", partial(keys.delete_flow, context)),
            _row("Stop a key that has leaked", partial(keys.stop_flow, context)),
        ]
        self._submenu("Access keys and MFA", rows)

    def _edit(self) -> None:
        options = session_or_profile_options(self._context.catalog())

        def edit(chosen: str) -> None:
            if chosen.startswith(SESSION):
                SessionEditor(self._wizard, chosen.removeprefix(SESSION)).run()
            else:
                ProfileEditor(self._wizard, chosen).run()

        ask = partial(prompts.select, "Which profile?", options)
        choose_then(self._context.terminal, ask, edit)


_CONNECT: Final = "Connect IAM Identity Center (SSO)"


def _row(
    title: str, action: Callable[[], object], note: str = "", *, recommended: bool = False
) -> _Row:
    return Option("", title, note, recommended), action


def _numbered(rows: Sequence[_Row]) -> list[Option]:
    """Returns the rows as options whose values are their positions."""
    return [replace(option, value=str(i)) for i, (option, _) in enumerate(rows)]


def _has_keys(catalog: Catalog) -> bool:
    """True if there are access keys: then another role is the likely next step."""
    return any(kinds.profile_facts(p).kind == "keys" for p in catalog.profiles.values())


def _lacks_roles(catalog: Catalog) -> bool:
    """True if there are access keys, but no role that uses one."""
    return _has_keys(catalog) and not any(p.get("role_arn") for p in catalog.profiles.values())


def _kept_in() -> str:
    """Returns where secrets are kept, without opening the vault or asking for a passphrase."""
    chosen = settings.get_setting("vault")
    usable = [c for c in available_backends() if c.usable and chosen in {"auto", "keyring", c.id}]
    if not usable:
        return "no keyring yet"
    return "secrets in " + ("an encrypted file" if usable[0].id == "file" else usable[0].title)
