"""awsprof set, unset, rename, copy and remove. Each shows a diff, asks, and can be undone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from awsprof.cli.app_context import AppContext
from awsprof.cli.command_group import examples
from awsprof.errors import UnknownProfile, UsageError
from awsprof.shells import arguments, shell_word
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.auth.caller_identities import IdentityResult
    from awsprof.editing.change import Change
    from awsprof.profiles.catalog import Catalog


def confirm_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --yes and --dry-run, which every command that changes something has."""
    command = click.option("--dry-run", is_flag=True, help="Show the diff without writing it.")(
        command
    )
    return click.option("--yes", is_flag=True, help="Write without asking.")(command)


_VERIFY = click.option(
    "--verify/--no-verify",
    default=True,
    help="Verify the profile with AWS if the value affects its identity.",
)


def _apply(app: AppContext, change: Change, yes: bool, dry_run: bool) -> int:
    app.apply_change(change, yes=yes, dry_run=dry_run)
    return 0


def _check_value(app: AppContext, catalog: Catalog, profile: str, key: str, value: str) -> bool:
    """Raises UsageError for a value that SDKs or AWS refuse; warns about one they ignore.

    Returns False if it warned.
    """
    from awsprof.profiles import value_rules
    from awsprof.profiles.kinds.role import lasts_too_long
    from awsprof.profiles.known_keys import PROFILE_KEYS, belongs_to_another_tool, nearest_known_key

    role = profile not in catalog.profiles or bool(catalog.get(profile).get("role_arn"))
    problem = value_rules.value_problem(key, value, role=role)
    if problem is not None and problem.refused:
        fix = f"awsprof set {arguments(profile, key, problem.meant)}" if problem.meant else ""
        raise UsageError(
            problem.says, fix or "for the valid values: awsprof doctor --explain invalid-value"
        )
    if problem is not None:
        guess = f" Did you mean {problem.meant}?" if problem.meant else ""
        app.terminal.warn(f"{problem.says}{guess}")
    if key == "duration_seconds" and lasts_too_long(catalog.get(profile), value, catalog):
        raise UsageError(
            f"{sanitize(profile)} uses temporary credentials, so a role session lasts at most 3600"
            " seconds.",
            f"awsprof set {arguments(profile)} duration_seconds 3600",
        )
    nearest = None
    if key not in PROFILE_KEYS and "." not in key and not belongs_to_another_tool(key):
        nearest = nearest_known_key(key, PROFILE_KEYS)
    if nearest:
        app.terminal.warn(f"No SDK knows the key {sanitize(key)}. Did you mean {nearest}?")
    return problem is None and not nearest


@dataclass(frozen=True)
class _Editing:
    """An edit of one profile, verified with AWS if it affects the profile's identity.

    An edit that breaks the profile is rolled back. It is kept, with a warning, if AWS cannot be
    reached, if you have to sign in first, or if the profile did not work before: fixing it may
    take several steps.
    """

    app: AppContext
    profile: str
    yes: bool
    dry_run: bool
    verify: bool
    sure: bool = True  # else Enter does not write it

    def run(self, change: Change, key: str) -> int:
        """Applies and verifies the change of ``key``. Returns the exit code."""
        from awsprof.editing.identity_proof import IDENTITY_KEYS, verify_profiles

        app, before = self.app, self.app.catalog()
        verifies = self.verify and not self.dry_run and key.lower() in IDENTITY_KEYS
        previous = self._identity(before) if verifies else None
        flow = app.change_flow(yes=self.yes, dry_run=self.dry_run, default=self.sure)
        applied = flow.write(change)
        if applied is None or not verifies:
            return 0
        keep = app.keep_anyway("Keep it anyway?", yes=self.yes)
        with flow.undone_on_error(applied, "Rolled back (--no-verify keeps it).", keep=keep):
            failed = verify_profiles(app, change, before, [self.profile], previous=previous)
            if failed:
                raise failed[self.profile]
        return 0

    def _identity(self, catalog: Catalog) -> IdentityResult:
        from awsprof.auth.caller_identities import check_identities

        (checked,) = check_identities(self.app.resolver(catalog, ask=False), [self.profile])
        return checked


@click.command(
    "set",
    epilog=examples(
        "awsprof set dev region eu-west-1",
        "awsprof set dev s3.addressing_style path",
    ),
)
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

    Write a nested key with a dot: s3.addressing_style. A value that SDKs or AWS refuse is not
    written. If the value affects who the profile is, awsprof verifies the profile with AWS
    afterwards, and takes the change back if the profile no longer works.
    """
    from awsprof.editing import profile_operations

    catalog = app.catalog()
    change = profile_operations.set_profile_value(profile, key, value, catalog)
    sure = _check_value(app, catalog, profile, key.lower(), value)
    return _Editing(app, profile, yes, dry_run, verify, sure).run(change, key)


@click.command(epilog=examples("awsprof unset dev output"))
@click.argument("profile")
@click.argument("key")
@_VERIFY
@confirm_options
@click.pass_obj
def unset(app: AppContext, profile: str, key: str, verify: bool, yes: bool, dry_run: bool) -> int:
    """Remove one value from a profile.

    If the value affects who the profile is, awsprof verifies the profile with AWS afterwards.
    """
    from awsprof.editing import profile_operations

    change = profile_operations.unset_profile_value(profile, key, app.catalog())
    return _Editing(app, profile, yes, dry_run, verify).run(change, key)


@click.command(epilog=examples("awsprof rename dev development"))
@click.argument("profile")
@click.argument("new_name")
@confirm_options
@click.pass_obj
def rename(app: AppContext, profile: str, new_name: str, yes: bool, dry_run: bool) -> int:
    """Rename a profile, and every reference to it."""
    from awsprof.editing import profile_operations

    return _apply(
        app, profile_operations.rename_profile(profile, new_name, app.catalog()), yes, dry_run
    )


@click.command(epilog=examples("awsprof copy dev dev-us"))
@click.argument("profile")
@click.argument("new_name")
@confirm_options
@click.pass_obj
def copy(app: AppContext, profile: str, new_name: str, yes: bool, dry_run: bool) -> int:
    """Copy a profile to a new name."""
    from awsprof.editing import profile_operations

    return _apply(
        app, profile_operations.copy_profile(profile, new_name, app.catalog()), yes, dry_run
    )


@click.command(
    epilog=examples(
        "awsprof remove dev",
        "awsprof remove base --with-secret",
        "awsprof remove --session corp",
    )
)
@click.argument("profile", required=False)
@click.option("--session", metavar="NAME", help="Remove this sso-session, not a profile.")
@click.option("--with-secret", is_flag=True, help="Also delete its key from the vault.")
@confirm_options
@click.pass_obj
def remove(
    app: AppContext,
    profile: str | None,
    session: str | None,
    with_secret: bool,
    yes: bool,
    dry_run: bool,
) -> int:
    """Remove a profile, or an sso-session.

    A profile that is another one's source stays, and so does an sso-session that profiles use. You
    stay signed in to a removed session until awsprof logout --session NAME.
    """
    if profile is not None and session is not None:
        raise UsageError("PROFILE and --session cannot be combined.", "leave one of them out")
    if session is not None:
        if with_secret:
            raise UsageError("An sso-session has no secret.", "leave --with-secret out")
        return _remove_session(app, session, yes, dry_run)
    if profile is None:
        raise UsageError(
            "Neither PROFILE nor --session is given.", "awsprof list shows all profiles"
        )
    return _remove_profile(app, profile, with_secret, yes, dry_run)


def _remove_profile(
    app: AppContext, profile: str, with_secret: bool, yes: bool, dry_run: bool
) -> int:
    from awsprof.accesskeys.describe_keys import tell_left_in_vault
    from awsprof.accesskeys.key_users import key_left_in_vault
    from awsprof.editing import profile_operations

    catalog = app.catalog()
    if profile in catalog.sessions and profile not in catalog.profiles:
        raise UnknownProfile(
            f"There is no profile {sanitize(profile)!r}, but an sso-session of that name.",
            f"awsprof remove --session={shell_word(profile)}",
        )
    change = profile_operations.remove_profile(profile, catalog, with_secret=with_secret)
    if profile in catalog.sessions:
        app.terminal.say(f"The sso-session {sanitize(profile)} stays; this removes the profile.")
    applied = app.apply_change(change, yes=yes, dry_run=dry_run)
    left = None if with_secret or applied is None else key_left_in_vault(profile, catalog)
    if left is not None:
        tell_left_in_vault(app.terminal, left)
    return 0


def _remove_session(app: AppContext, name: str, yes: bool, dry_run: bool) -> int:
    from awsprof.editing import sso_session_operations

    catalog = app.catalog()
    if name in catalog.profiles and name not in catalog.sessions:
        raise UnknownProfile(
            f"There is no sso-session {sanitize(name)!r}, but a profile of that name.",
            f"awsprof remove {arguments(name)}",
        )
    change = sso_session_operations.remove_session(name, catalog)
    if name in catalog.profiles:
        app.terminal.say(f"The profile {sanitize(name)} stays; this removes the sso-session.")
    if app.apply_change(change, yes=yes, dry_run=dry_run) is not None:
        app.report_open_sign_ins(catalog)
    return 0
