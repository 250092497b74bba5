"""awsprof policy: IAM policies for awsprof's commands, filled in. stdout is JSON only."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

import click

from awsprof.accesskeys.iam_policies import POLICIES, PolicyParameters, policy_document
from awsprof.cli.app_context import AppContext
from awsprof.cli.command_group import examples
from awsprof.errors import UsageError
from awsprof.profiles.kinds import fields
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.profiles.model import Profile

_NAME: Final = re.compile(r"(arn:[a-z0-9-]+:iam::\d{12}:role/)?[\w+=,.@/-]*\Z", re.ASCII)


@click.command(
    epilog=examples(
        "awsprof policy assume-with-mfa --role Admin --account 123456789012",
        "awsprof policy audit-keys --profile dev > policy.json",
    )
)
@click.argument("name", type=click.Choice(list(POLICIES)), metavar="NAME")
@click.option("--account", metavar="ID", help="Account ID, twelve digits.")
@click.option(
    "--role", "roles", multiple=True, metavar="NAME|ARN", help="Role name or ARN; repeatable."
)
@click.option("--user", metavar="NAME", help="User name. Default: the user it is attached to.")
@click.option("--profile", metavar="PROFILE", help="Take the partition and account from a profile.")
@click.option("--region", metavar="REGION", help="Take the partition from a region.")
@click.option("--partition", metavar="NAME", help="aws, aws-cn, aws-us-gov, ...")
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
    """Print an IAM policy to attach, or to request.

    \b
    assume-with-mfa  assume roles, only with MFA
    manage-own-mfa   manage your own MFA devices; denies all else without MFA
    manage-own-keys  create, rotate and delete your own keys, with MFA
    role-trust-mfa   trust policy of a role that requires MFA
    audit-keys       read the keys of all users
    stop-keys        stop a leaked key of any user
    """
    for text in (*roles, user or ""):
        if not _NAME.match(text):
            raise UsageError(
                f"{sanitize(text)!r} is not an IAM name or role ARN.",
                "names have letters, digits and +=,.@_-; roles can be ARNs too",
            )
    source = app.catalog().get(profile) if profile else None
    parameters = PolicyParameters(
        _choose_partition(partition, region, source),
        _account(account, source),
        user or "",
        roles,
    )
    app.terminal.data(json.dumps(policy_document(name, parameters), indent=2))
    app.terminal.say(f"{name}: {POLICIES[name].attach}")
    return 0


def _choose_partition(partition: str | None, region: str | None, profile: Profile | None) -> str:
    """Returns ``partition``, else the partition of ``region``, else that of the profile.

    Raises UsageError if botocore does not know the partition or the region.
    """
    from awsprof import regions
    from awsprof.awsapi import sts

    if partition is not None:
        known = regions.partition_names()
        if partition not in known:
            raise UsageError(
                f"There is no partition {sanitize(partition)!r}.", f"use one of: {', '.join(known)}"
            )
        return partition
    if region is None and profile is not None and profile.partition:
        return profile.partition
    region = region or sts.sts_region(profile)
    found = regions.partition_of(region)
    if found is None:
        raise UsageError(
            f"No partition has a region {sanitize(region)!r}.", "name one: --region us-east-1"
        )
    return found


def _account(account: str | None, profile: Profile | None) -> str:
    """Returns ``account``, else the profile's if it is known without asking AWS, else ""."""
    if account is not None:
        return fields.validate_account_id(account)
    from awsprof.vault.key_accounts import account_of

    return (account_of(profile) or "") if profile else ""
