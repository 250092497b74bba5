"""The options of ``exec``, ``env`` and ``console`` that name a role without a profile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import click

from awsprof.arn import Arn
from awsprof.errors import UsageError
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.awsapi.credentials import Credentials
    from awsprof.cli.app_context import AppContext
    from awsprof.cli.parameters import SessionFlags
    from awsprof.profiles.catalog import Catalog
    from awsprof.profiles.model import SsoSession

_FLAGS: Final = ("role_arn", "session", "account", "role")


@dataclass(frozen=True)
class RoleFlags:
    """A role that PROFILE assumes (``--role-arn``), or one of Identity Center (the others).

    False if no option was given.
    """

    role_arn: str | None = None
    session: str | None = None
    account: str | None = None
    role: str | None = None

    @classmethod
    def taken_from(cls, options: dict[str, Any]) -> RoleFlags:
        """Returns the options of ``role_options``, and removes them from a command's options.

        Raises UsageError if they do not go together or one has no valid value.
        """
        from awsprof.profiles.kinds import fields

        checks: dict[str, Callable[[str], str]] = {
            "role_arn": fields.validate_role_arn,
            "session": str,
            "account": fields.validate_account_id,
            "role": fields.validate_role_name,
        }
        given = {flag: options.pop(flag) for flag in _FLAGS}
        flags = cls(**{flag: checks[flag](text) for flag, text in given.items() if text})
        if flags.role_arn and (flags.session or flags.account or flags.role):
            raise UsageError(
                "--role-arn names the account and the role.",
                "leave out --session, --account and --role",
            )
        if flags and not flags.role_arn and not (flags.account and flags.role):
            raise UsageError(
                "--account and --role are needed together.",
                "add the other one, or use --role-arn for a role that PROFILE assumes",
            )
        return flags

    def __bool__(self) -> bool:
        return any((self.role_arn, self.session, self.account, self.role))


class OneOffRole(Protocol):
    """A role for one command; ``region`` is where to work, None if nothing says so."""

    @property
    def name(self) -> str:
        """What to call it, in the prompt of a shell."""
        ...

    @property
    def region(self) -> str | None:
        """A region such as eu-west-1."""
        ...

    def credentials(self, *, beside: bool = False) -> Credentials:
        """Returns new credentials; ``beside`` a child process that has the terminal."""
        ...


@dataclass(frozen=True)
class _AssumedRole:
    app: AppContext
    catalog: Catalog
    source: str
    arn: str
    flags: SessionFlags

    @property
    def name(self) -> str:
        parts = Arn.parse(self.arn)
        return f"{parts.name}@{parts.account}" if parts else self.arn

    @property
    def region(self) -> str | None:
        return self.flags.region or self.catalog.get(self.source).get("region")

    def credentials(self, *, beside: bool = False) -> Credentials:
        from awsprof.auth.one_off_roles import assume_role

        beside_source = self.source if beside else None
        resolver = self.app.resolver(self.catalog, keep_roles=True, beside=beside_source)
        return assume_role(resolver, self.source, self.arn, self.flags.duration, self.flags.region)


@dataclass(frozen=True)
class _IdentityCenterRole:
    app: AppContext
    session: SsoSession
    account: str
    role: str
    region: str | None

    @property
    def name(self) -> str:
        return f"{self.role}@{self.account}"

    def credentials(self, *, beside: bool = False) -> Credentials:
        from awsprof.auth.one_off_roles import identity_center_role

        return identity_center_role(self.session, self.account, self.role, self.app.prompter.show)


def one_off_role(
    app: AppContext, profile: str | None, role: RoleFlags, flags: SessionFlags
) -> OneOffRole:
    """Returns the role that ``role`` names.

    Raises UsageError, UnknownProfile for a PROFILE or sso-session that is not there.
    """
    catalog = app.catalog()
    if role.role_arn is not None:
        return _AssumedRole(app, catalog, app.named(profile, catalog), role.role_arn, flags)
    if profile:
        raise UsageError(
            f"--account and --role need no PROFILE, and {sanitize(profile)!r} is in its place.",
            "leave it out; the words of a command come after --",
        )
    if flags.duration is not None:
        raise UsageError(
            "--duration is not for Identity Center: the permission set says how long it lasts.",
            "leave it out",
        )
    session = _session(role.session, catalog)
    return _IdentityCenterRole(app, session, role.account or "", role.role or "", flags.region)


def _session(name: str | None, catalog: Catalog) -> SsoSession:
    """Returns the sso-session of that name; without a name, the only one there is."""
    names = [name] if name else [*catalog.sessions]
    if not names:
        raise UsageError("There is no sso-session yet.", "awsprof setup sso creates one")
    if len(names) > 1:
        listed = ", ".join(map(sanitize, names))
        raise UsageError(f"There are several sso-sessions: {listed}.", "name one with --session")
    return catalog.session(names[0])


def role_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options that name a role without a profile."""
    options = (
        click.option(
            "--role-arn", metavar="ARN", help="Assume this role with PROFILE's credentials."
        ),
        click.option(
            "--account", metavar="ID", help="Use a role of Identity Center in this account."
        ),
        click.option("--role", metavar="NAME", help="The role (permission set) for --account."),
        click.option(
            "--session",
            metavar="NAME",
            help="The sso-session for --account. Default: the only one.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command
