"""set, unset, rename, copy, remove: each shows its diff, asks, and can be undone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from awsprof.cli.context import AppContext
from awsprof.errors import AwsprofError, UsageError
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.auth.identity import IdentityResult
    from awsprof.diff import ChangeResult
    from awsprof.editing.change import Change
    from awsprof.profiles.catalog import Catalog


def confirm_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The two flags of every command that changes something."""
    command = click.option("--dry-run", is_flag=True, help="Show the diff and write nothing.")(
        command
    )
    return click.option("--yes", is_flag=True, help="Write without asking.")(command)


_VERIFY = click.option(
    "--verify/--no-verify",
    default=True,
    help="Prove who the profile is, where the value decides it.",
)


def _done(app: AppContext, change: Change, yes: bool, dry_run: bool) -> int:
    app.apply_change(change, yes=yes, dry_run=dry_run)
    return 0


def _check_value(app: AppContext, catalog: Catalog, profile: str, key: str, value: str) -> None:
    """UsageError for a value that SDKs or AWS refuse; a word where one is passed over."""
    from awsprof.profiles import value_rules
    from awsprof.profiles.kinds.role import exceeds_chained_limit
    from awsprof.profiles.known_keys import PROFILE_KEYS, belongs_to_another_tool, nearest_known_key
    from awsprof.shells import arguments

    role = profile not in catalog.profiles or bool(catalog.get(profile).get("role_arn"))
    found = value_rules.value_problem(key, value, role=role)
    if found is not None and found.refused:
        better = f"awsprof set {arguments(profile, key, found.meant)}" if found.meant else ""
        raise UsageError(found.says, better or "awsprof doctor --explain invalid-value tells more")
    if found is not None:
        guess = f" Did you mean {found.meant}?" if found.meant else ""
        app.terminal.warn(f"{found.says}{guess}")
    if key == "duration_seconds" and exceeds_chained_limit(catalog.get(profile), value, catalog):
        raise UsageError(
            f"{sanitize(profile)} stands on temporary credentials, where a role lasts 3600 seconds"
            " at most.",
            f"awsprof set {arguments(profile)} duration_seconds 3600",
        )
    meant = nearest_known_key(key, PROFILE_KEYS)
    if meant and key not in PROFILE_KEYS and "." not in key and not belongs_to_another_tool(key):
        app.terminal.warn(f"No SDK knows the key {sanitize(key)}. Did you mean {meant}?")


@dataclass(frozen=True)
class _Editing:
    """An edit of one profile that is proven where it decides who the profile is.

    An edit that breaks a profile is taken back. One is kept, and told so, where AWS cannot be
    reached, where somebody has to sign in first, and where the profile did not work before either:
    whoever mends it step by step must be able to take the first step.
    """

    app: AppContext
    profile: str
    yes: bool
    dry_run: bool
    verify: bool

    def run(self, change: Change, key: str) -> int:
        """Make the change of ``key``; the exit code."""
        from awsprof.editing.identity_proof import IDENTITY_KEYS

        app, before = self.app, self.app.catalog()
        proves = self.verify and not self.dry_run and key.lower() in IDENTITY_KEYS
        was = self._asked(before, ask=False) if proves else None
        applied = app.apply_change(change, yes=self.yes, dry_run=self.dry_run)
        if applied is None or not proves:
            return 0
        try:
            self._prove(change, before, was)
        except (AwsprofError, KeyboardInterrupt) as exc:
            if not self._kept(exc):
                self._take_back(applied)
                raise
        return 0

    def _asked(self, catalog: Catalog, *, ask: bool) -> IdentityResult:
        from awsprof.auth.identity import check_identities

        (checked,) = check_identities(self.app.resolver(catalog, ask=ask), [self.profile])
        return checked

    def _prove(self, change: Change, before: Catalog, was: IdentityResult | None) -> None:
        from awsprof.editing.identity_proof import can_stay_unproven, prove_identity

        app, after = self.app, self.app.catalog()
        try:
            who = prove_identity(change, before, after, self._asked(after, ask=True))
        except AwsprofError as exc:
            if not can_stay_unproven(was, exc):
                raise
            app.terminal.warn(f"{sanitize(self.profile)} is not proven: {exc.message}")
            app.terminal.detail(exc.fix)
        else:
            app.terminal.ok(f"{sanitize(self.profile)} is {who.arn}")

    def _kept(self, why: BaseException) -> bool:
        """Whether a person wants it all the same."""
        if self.yes or not isinstance(why, AwsprofError):
            return False
        self.app.terminal.error(why)
        return self.app.confirm("Keep it all the same?", yes=False, default=False)

    def _take_back(self, applied: ChangeResult) -> None:
        from awsprof.editing import history
        from awsprof.editing.apply import undo

        undo(history.plan_undo(applied.id), self.app.vault)
        self.app.terminal.say("Taken back; --no-verify keeps it unproven.")


@click.command("set")
@click.argument("profile")
@click.argument("key")
@click.argument("value")
@_VERIFY
@confirm_options
@click.pass_obj
def set_value(
    app: AppContext, profile: str, key: str, value: str, verify: bool, yes: bool, dry_run: bool
) -> int:
    """Set one value of a profile.

    A nested one is named with a dot: s3.addressing_style. A value that SDKs or AWS refuse is not
    written. Where the value decides who the profile is, AWS is asked afterwards, and an edit that
    breaks the profile is taken back.
    """
    from awsprof.editing import operations

    catalog = app.catalog()
    change = operations.set_profile_value(profile, key, value, catalog)
    _check_value(app, catalog, profile, key.lower(), value)
    return _Editing(app, profile, yes, dry_run, verify).run(change, key)


@click.command()
@click.argument("profile")
@click.argument("key")
@_VERIFY
@confirm_options
@click.pass_obj
def unset(app: AppContext, profile: str, key: str, verify: bool, yes: bool, dry_run: bool) -> int:
    """Take one value out of a profile.

    Where it decides who the profile is, AWS is asked afterwards, as with set.
    """
    from awsprof.editing import operations

    change = operations.unset_profile_value(profile, key, app.catalog())
    return _Editing(app, profile, yes, dry_run, verify).run(change, key)


@click.command()
@click.argument("profile")
@click.argument("new_name")
@confirm_options
@click.pass_obj
def rename(app: AppContext, profile: str, new_name: str, yes: bool, dry_run: bool) -> int:
    """Rename a profile; what refers to it follows."""
    from awsprof.editing import operations

    return _done(app, operations.rename_profile(profile, new_name, app.catalog()), yes, dry_run)


@click.command()
@click.argument("profile")
@click.argument("new_name")
@confirm_options
@click.pass_obj
def copy(app: AppContext, profile: str, new_name: str, yes: bool, dry_run: bool) -> int:
    """Make a second profile like one that is there."""
    from awsprof.editing import operations

    return _done(app, operations.copy_profile(profile, new_name, app.catalog()), yes, dry_run)


@click.command()
@click.argument("profile")
@click.option("--with-secret", is_flag=True, help="Delete its key from the vault too.")
@confirm_options
@click.pass_obj
def remove(app: AppContext, profile: str, with_secret: bool, yes: bool, dry_run: bool) -> int:
    """Remove a profile that no other stands on."""
    from awsprof.accesskeys.format import key_left_in_vault, tell_left_in_vault
    from awsprof.editing import operations

    catalog = app.catalog()
    change = operations.remove_profile(profile, catalog, with_secret=with_secret)
    applied = app.apply_change(change, yes=yes, dry_run=dry_run)
    left = None if with_secret or applied is None else key_left_in_vault(profile, catalog)
    if left is not None:
        tell_left_in_vault(app.terminal, left)
    return 0
