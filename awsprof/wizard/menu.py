"""The main menu of the wizard."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import Final

from awsprof import __version__, settings
from awsprof.accesskeys.context import Proof
from awsprof.accesskeys.format import key_left_in_vault, tell_left_in_vault
from awsprof.auth.identity_center import login
from awsprof.auth.identity_center.portal import Portal
from awsprof.configfile import storage
from awsprof.configfile.document import FileKind
from awsprof.diff import ChangeResult
from awsprof.editing import operations, sso_discovery
from awsprof.editing.apply import apply
from awsprof.editing.change import Change, preview_change
from awsprof.errors import AwsprofError
from awsprof.paths import display_path
from awsprof.profiles import ignored_files, kinds
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.form import key_in_vault
from awsprof.profiles.kinds.fields import REGION
from awsprof.vault.keyring_vault import available_backends
from awsprof.wizard import keys, prompts
from awsprof.wizard.choices import region_choices
from awsprof.wizard.context import WizardContext
from awsprof.wizard.profile_form import ProfileForm
from awsprof.wizard.prompts import Back, Option

_KEY_ADVICE: Final = (
    "An access key works until it is deleted, for anyone who has it. IAM Identity Center issues"
    " credentials that expire: prefer it if your organisation has it."
)


_WHICH: Final = "Access key or Identity Center?"


class Menu:
    """The main menu, shown until the user quits."""

    def __init__(self, context: WizardContext, run_doctor: Callable[[], object]) -> None:
        self._context = context
        self._run_doctor = run_doctor

    def run(self, flow: str | None) -> int:
        """Greets, and runs one action after the other, or only ``flow``. Returns the exit code."""
        self._greet()
        while True:
            try:
                what = flow or self._menu()
            except Back:
                return 0
            if what == "quit":
                return 0
            try:
                self._do(what)
            except Back:
                self._context.terminal.say("Nothing was changed.")
            except AwsprofError as exc:
                self._context.terminal.error(exc)
                if flow:
                    return exc.exit_code
            if flow:
                return 0
            self._context.terminal.say()

    def _greet(self) -> None:
        catalog, terminal = self._context.catalog(), self._context.terminal
        count = len(catalog.profiles)
        where = display_path(storage.config_path(FileKind.CONFIG))
        profiles = f"{count} profile{'s' * (count != 1)}"
        terminal.heading(f"awsprof {__version__}   {where}   {profiles}   {_kept_in()}")
        for file in catalog.unreadable:
            terminal.failed(f"{file.path}:{file.line}  {file.reason}", file.fix)
        for unread_file in ignored_files.ignored_files():
            terminal.failed(unread_file.says, unread_file.fix)
        plain = [profile.name for profile in catalog.plaintext_keys()]
        if plain:
            terminal.warn(
                f"The key of {_list(plain)} is in plain text, where any program can read it."
            )
        terminal.say("Esc: previous question. Ctrl-C: stop; nothing more is changed.")
        terminal.say()

    def _menu(self) -> str:
        catalog = self._context.catalog()
        options = [
            Option("sso", "Connect IAM Identity Center (SSO)"),
            Option("role", "Add a role to assume   (MFA, other accounts)"),
            Option("keys", "Add an IAM user's access key"),
            Option("edit", "Edit, rename or remove a profile"),
            Option("check", "Check the health of every profile"),
        ]
        if any(map(key_in_vault, catalog.profiles.values())):
            options.insert(4, Option("rotate", "Rotate a key   (replace it with a new one)"))
            options.append(Option("stop", "Stop a key that has leaked"))
        if catalog.sessions:
            title = "Make profiles for all your Identity Center roles"
            options.insert(1, Option("discover", title))
        if not catalog.profiles:
            options = [option for option in options if option.value in {"sso", "keys", "discover"}]
        elif _bare_keys(catalog):
            options.sort(key=lambda option: option.value != "role")
        plain = len(catalog.plaintext_keys())
        if plain:
            title = f"Move {plain} plain-text key{'s' * (plain != 1)} into the vault"
            options.insert(0, Option("move", title))
        options[0] = replace(options[0], recommended=True)
        options.append(Option("quit", "Quit"))
        return prompts.select("What would you like to do?", options, back=False)

    def _do(self, what: str) -> None:
        actions: dict[str, Callable[[], None]] = {
            "move": self._move,
            "edit": self._edit,
            "check": self._check,
            "rotate": self._rotate,
            "stop": self._stop,
            "keys": self._keys,
            "discover": self._discover,
        }
        action = actions.get(what)
        if action is not None:
            action()
        else:
            ProfileForm(self._context, kinds.kind_named(what)).run()

    def _keys(self) -> None:
        self._context.terminal.say(_KEY_ADVICE)
        ways = [
            Option("keys", "Continue with an access key"),
            Option("sso", "Connect IAM Identity Center instead"),
        ]
        ProfileForm(self._context, kinds.kind_named(prompts.select(_WHICH, ways))).run()

    def _discover(self) -> None:
        """Creates profiles for the Identity Center roles that the user ticks."""
        context = self._context
        catalog = context.catalog()
        named = [Option(n, f"{n}   ({s.start_url})") for n, s in catalog.sessions.items()]
        name = named[0].value if len(named) == 1 else prompts.select("Which session?", named)
        session = catalog.session(name)
        portal = Portal(session, login.get_token(session, context.prompter, agree=prompts.confirm))
        with ExitStack() as shown:
            found = portal.assignments(
                lambda total: shown.enter_context(
                    context.terminal.progress("listing the roles of each account", total)
                )
            )
        compared = sso_discovery.compare_assignments(session, found, catalog)
        if compared.unfit:
            count = len(compared.unfit)
            context.terminal.warn(f"Skipped {count} roles that no profile can name.")
        new = {each.name: each for each in compared.named if each.new}
        if not new:
            context.terminal.ok(f"all {len(compared.named)} roles of {name} have a profile")
            return
        options = [
            Option(n, f"{n}   {e.assignment.account.id} {e.assignment.role}")
            for n, e in new.items()
        ]
        ticked = prompts.checkbox(
            "Which profiles?", options, explain="one for each account and role"
        )
        region = prompts.text_input(
            REGION.label,
            REGION.check,
            explain=REGION.explain,
            required=False,
            completions=region_choices(),
        )
        wanted = [new[each] for each in ticked]
        self._write(sso_discovery.discovery_change(session, wanted, [], catalog, region or None))

    def _write(self, change: Change, proof: Proof | None = None) -> ChangeResult | None:
        shown = preview_change(change)
        if shown.empty:
            self._context.terminal.ok("nothing to change")
            return None
        self._context.terminal.diff(shown)
        if not prompts.confirm("Write this?"):
            self._context.terminal.say("Nothing was written.")
            return None
        applied = apply(change, self._context.vault, proof)
        self._context.terminal.written(applied)
        return applied

    def _move(self) -> None:
        keys.move_keys_flow(keys.wizard_key_context(self._context, self._write))

    def _rotate(self) -> None:
        keys.rotate_flow(keys.wizard_key_context(self._context, self._write))

    def _stop(self) -> None:
        keys.stop_flow(keys.wizard_key_context(self._context, self._write))

    def _check(self) -> None:
        self._run_doctor()

    def _edit(self) -> None:
        catalog = self._context.catalog()
        name = prompts.select("Which profile?", [Option(n, n) for n in catalog.profiles])
        ways = [
            Option("region", "Set the region"),
            Option("rename", "Rename"),
            Option("copy", "Copy"),
            Option("remove", "Remove"),
        ]
        what = prompts.select("Action", ways)
        applied = self._write(_edited(what, name, catalog))
        left = key_left_in_vault(name, catalog) if applied and what == "remove" else None
        if left is not None:
            tell_left_in_vault(self._context.terminal, left)


def _edited(verb: str, name: str, catalog: Catalog) -> Change:
    if verb == "remove":
        return operations.remove_profile(name, catalog)
    if verb == "region":
        return operations.set_profile_value(name, "region", _region(required=True), catalog)
    new = prompts.text_input("New name", kinds.check_name, explain="what you type after --profile")
    return (operations.rename_profile if verb == "rename" else operations.copy_profile)(
        name, new, catalog
    )


def _region(*, required: bool) -> str:
    return prompts.text_input(
        REGION.label,
        REGION.check,
        explain=REGION.explain,
        required=required,
        completions=region_choices(),
    )


def _bare_keys(catalog: Catalog) -> bool:
    """True if there are keys but no roles, so that adding a role is the next step."""
    every = catalog.profiles.values()
    keys = [p for p in every if kinds.profile_facts(p).kind == "keys"]
    return bool(keys) and not any(p.get("role_arn") for p in every)


def _kept_in() -> str:
    """Returns where secrets are kept, without opening the vault or asking for a passphrase."""
    chosen = settings.get_setting("vault")
    usable = [c for c in available_backends() if c.usable and chosen in {"auto", "keyring", c.id}]
    if not usable:
        return "no keyring yet"
    return "secrets in " + ("an encrypted file" if usable[0].id == "file" else usable[0].title)


def _list(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
