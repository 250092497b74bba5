"""awsprof policy: the IAM documents that our flows need, filled in; stdout is the JSON alone."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

import click

from awsprof.accesskeys.iam_policies import POLICIES, PolicyParameters, document
from awsprof.cli.context import AppContext
from awsprof.errors import UsageError
from awsprof.profiles.kinds import fields
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.profiles.model import Profile

_NAME: Final = re.compile(r"(arn:[a-z0-9-]+:iam::\d{12}:role/)?[\w+=,.@/-]*\Z", re.ASCII)


@click.command()
@click.argument("name", type=click.Choice(list(POLICIES)), metavar="NAME")
@click.option("--account", metavar="ID", help="The account it is for: twelve digits.")
@click.option("--role", "roles", multiple=True, metavar="NAME|ARN", help="A role; may come again.")
@click.option("--user", metavar="NAME", help="One user, in place of whoever it is attached to.")
@click.option("--profile", metavar="PROFILE", help="Take partition and account from a profile.")
@click.option("--region", metavar="REGION", help="Take the partition from a region.")
@click.option("--partition", metavar="NAME", help="aws, aws-cn, aws-us-gov, and so on.")
@click.pass_obj
def policy(
    app: AppContext,
    name: str,
    account: str | None,
    roles: tuple[str, ...],
    user: str | None,
    profile: str | None,
    region: str | None,
    partition: str | None,
) -> int:
    """Print an IAM document to attach, or to ask for.

    \b
    assume-with-mfa  assume roles, with MFA alone
    manage-own-mfa   set up one's own MFA, and nothing else without it
    manage-own-keys  make, rotate and delete one's own keys, with MFA
    role-trust-mfa   a role's trust policy: MFA wanted
    audit-keys       look at the keys of all users
    stop-keys        stop a leaked key of any user
    """
    from awsprof.awsapi import partitions

    for text in (*roles, user or ""):
        if not _NAME.match(text):
            raise UsageError(
                f"{sanitize(text)!r} is no name in IAM, and no ARN.",
                "names have letters, digits and +=,.@_-; a role may be given by its ARN",
            )
    chosen = app.catalog().get(profile) if profile else None
    blanks = PolicyParameters(
        partitions.choose_partition(partition, region, chosen),
        _account(account, chosen),
        user or "",
        roles,
    )
    app.terminal.data(json.dumps(document(name, blanks), indent=2))
    app.terminal.say(f"{name}: {POLICIES[name].attach}")
    return 0


def _account(given: str | None, profile: Profile | None) -> str:
    """The account that was given, else the one that the profile is known to be in."""
    if given is not None:
        return fields.validate_account_id(given)
    from awsprof.vault.key_accounts import account_of

    return (account_of(profile) or "") if profile else ""
