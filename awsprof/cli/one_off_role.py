"""The options of ``exec``, ``env`` and ``console`` that name a role without a profile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import click

from awsprof import regions
from awsprof.arn import Arn
from awsprof.errors import UsageError
from awsprof.shells import arguments, shell_word
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.awsapi.credentials import Credentials
    from awsprof.cli.app_context import AppContext
    from awsprof.cli.parameters import SessionFlags
    from awsprof.profiles.catalog import Catalog

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
        given = {flag: options.pop(flag) for flag in _FLAGS}
        if not any(text is not None for text in given.values()):
            return cls()
        from awsprof.profiles.kinds import fields

        checks: dict[str, Callable[[str], str]] = {
            "role_arn": fields.validate_role_arn,
            "session": fields.plain_text,
            "account": fields.validate_account_id,
            "role": fields.validate_role_name,
        }
        stated = {flag: text for flag, text in given.items() if text is not None}
        flags = cls(**{flag: checks[flag](text) for flag, text in stated.items()})
        if flags.role_arn and len(stated) > 1:
            raise UsageError(
                "--role-arn names the account and the role.",
                "leave out --session, --account and --role",
            )
        missing = "--role" if flags.account else "--account" if flags.role else "both"
        if not flags.role_arn and not (flags.account and flags.role):
            raise UsageError(
                f"--account and --role name a role of Identity Center; missing: {missing}.",
                "add it, or use --role-arn for a role that PROFILE assumes",
            )
        return flags

    def __bool__(self) -> bool:
        return any(getattr(self, flag) is not None for flag in _FLAGS)


class OneOffRole(Protocol):
    """A role for one command; ``region`` is where to work, None if nothing says so.

    ``home_region`` is one of the role's partition, and ``words`` are those that name the role on
    the command line.
    """

    @property
    def name(self) -> str:
        """What to call it, in the prompt of a shell."""
        ...

    @property
    def region(self) -> str | None:
        """A region such as eu-west-1."""
        ...

    @property
    def home_region(self) -> str:
        """A region such as us-gov-west-1."""
        ...

    @property
    def words(self) -> str:
        """Options and PROFILE, quoted for a shell."""
        ...

    def credentials(self, *, beside: bool = False) -> Credentials:
        """Returns new credentials, on the files as they are now.

        ``beside`` is True while a child process uses the terminal: nothing is asked there then.
        """
        ...


@dataclass(frozen=True)
class _AssumedRole:
    app: AppContext
    source: str
    arn: str
    region: str | None
    flags: SessionFlags

    @property
    def name(self) -> str:
        parts = Arn.parse(self.arn)
        return f"{parts.name}@{parts.account}" if parts else self.arn

    @property
    def home_region(self) -> str:
        parts = Arn.parse(self.arn)
        return regions.default_region(parts.partition if parts else regions.DEFAULT_PARTITION)

    @property
    def words(self) -> str:
        return arguments(self.source, flags=f"--role-arn={shell_word(self.arn)}")

    def credentials(self, *, beside: bool = False) -> Credentials:
        from awsprof.auth.one_off_roles import assume_role

        resolver = self.app.resolver(
            self.app.catalog(), keep_roles=True, beside=self.source if beside else None
        )
        return assume_role(resolver, self.source, self.arn, self.flags.duration, self.flags.region)


@dataclass(frozen=True)
class _IdentityCenterRole:
    app: AppContext
    session: str
    account: str
    role: str
    region: str | None

    @property
    def name(self) -> str:
        return f"{self.role}@{self.account}"

    @property
    def home_region(self) -> str:
        return self.app.catalog().session(self.session).region or regions.DEFAULT_REGION

    @property
    def words(self) -> str:
        role = f"--account={self.account} --role={shell_word(self.role)}"
        return f"{role} --session={shell_word(self.session)}"

    def credentials(self, *, beside: bool = False) -> Credentials:
        from awsprof.auth.one_off_roles import identity_center_role

        session = self.app.catalog().session(self.session)
        return identity_center_role(session, self.account, self.role, self.app.prompter.show)


def one_off_role(
    app: AppContext, profile: str | None, role: RoleFlags, flags: SessionFlags
) -> OneOffRole:
    """Returns the role that ``role`` names.

    Raises UsageError, UnknownProfile for a PROFILE or sso-session that is not there.
    """
    catalog = app.catalog()
    if role.role_arn is not None:
        source = app.named(profile, catalog)
        region = flags.region or catalog.get(source).get("region")
        return _AssumedRole(app, source, role.role_arn, region, flags)
    if profile is not None:
        raise UsageError(
            f"--account and --role name the role, so {sanitize(profile)!r} cannot be a PROFILE.",
            "leave it out; the words of a command come after --",
        )
    if flags.duration is not None:
        raise UsageError(
            "--duration is not for Identity Center: the permission set says how long it lasts.",
            "leave it out",
        )
    session = _session(role.session, catalog)
    return _IdentityCenterRole(app, session, role.account or "", role.role or "", flags.region)


def _session(name: str | None, catalog: Catalog) -> str:
    """Returns the name if there is such an sso-session; without one, that of the only one."""
    names = [*catalog.sessions] if name is None else [name]
    if not names:
        raise UsageError("There is no sso-session yet.", "awsprof setup sso creates one")
    if len(names) > 1:
        listed = ", ".join(map(sanitize, names))
        raise UsageError(f"There are several sso-sessions: {listed}.", "name one with --session")
    return catalog.session(names[0]).name


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
