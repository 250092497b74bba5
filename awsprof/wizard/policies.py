"""IAM policies to hand to an administrator, filled in for a user and the roles to assume."""

from collections.abc import Sequence
from functools import partial

from awsprof.accesskeys.iam_policies import POLICIES
from awsprof.arn import Arn
from awsprof.profiles import kinds
from awsprof.profiles.provider_order import access_key
from awsprof.vault.index import Index
from awsprof.wizard import prompts
from awsprof.wizard.list_prompt import aligned_options
from awsprof.wizard.prompts import Option
from awsprof.wizard.steps import choose_then
from awsprof.wizard.wizard_context import Wizard


def policies_screen(wizard: Wizard) -> None:
    """Asks whose access is to be set up, and prints the policies for it."""
    catalog = wizard.context.catalog()
    owners: dict[str, Arn] = {}
    index = Index.load()
    for name, profile in catalog.profiles.items():
        entry = index.find(access_key(profile) or "")
        user = Arn.parse(entry.arn) if entry is not None else None
        if user is not None and user.user_name:
            owners[name] = user
    ways = [
        Option("set-up", "For an IAM user who assumes roles with MFA", "three policies"),
        *aligned_options(POLICIES, [(name, each.summary) for name, each in POLICIES.items()]),
    ]
    ask = partial(prompts.select, "Which policies?", ways)
    choose_then(wizard.context.terminal, ask, partial(_print_for_user, wizard, owners))


def _print_for_user(wizard: Wizard, owners: dict[str, Arn], way: str) -> None:
    """Asks for the user, and prints the policies for the roles that the user's keys assume."""
    user, catalog = _choose_user(owners), wizard.context.catalog()
    roles = [
        arn
        for profile in catalog.profiles.values()
        if profile.get("source_profile") in owners
        and owners[profile.get("source_profile") or ""] == user
        and (arn := profile.get("role_arn"))
    ]
    if way == "set-up":
        print_set_up_policies(wizard, user, roles)
    else:
        _print(wizard, way, user, roles)


def print_set_up_policies(wizard: Wizard, user: Arn, roles: Sequence[str]) -> None:
    """Prints what an IAM user needs to enable MFA and assume roles, and the roles' trust policy."""
    for name in ("manage-own-mfa", "assume-with-mfa", "role-trust-mfa"):
        _print(wizard, name, user, roles)


def _choose_user(owners: dict[str, Arn]) -> Arn:
    users = dict.fromkeys(owners.values())
    if len(users) == 1:
        return next(iter(users))
    if users:
        rows = [Option(str(user), f"{user.user_name}   {user.account}") for user in users]
        chosen = prompts.select("Which user?", rows)
        return next(user for user in users if str(user) == chosen)
    account = next(field for field in kinds.kind_named("sso").fields if field.name == "account")
    answer = prompts.text_input(
        "Account ID", account.check, explain="twelve digits: the account of the IAM user"
    )
    return Arn("aws", "iam", "", answer, "user/${aws:username}")


def _print(wizard: Wizard, name: str, user: Arn, roles: Sequence[str]) -> None:
    options: dict[str, str | Sequence[str]] = {"account": user.account, "partition": user.partition}
    if name == "assume-with-mfa":
        options["roles"] = tuple(roles)
    if name == "role-trust-mfa" and user.name and not user.name.startswith("$"):
        options["user"] = user.name
    wizard.context.terminal.say()
    wizard.context.terminal.heading(name)
    wizard.commands.print_policy(name, options)
