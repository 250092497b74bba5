"""Every command of the command line, and what each of them is asked by tests that ask them all."""

from collections.abc import Iterator

import click

from awsprof.cli.root import awsprof_command

# What each command is asked. {work} is the key in the vault, {plain} that in a file, {new} one that
# nobody has yet; {any} is each of the planted profiles in turn.
TABLE: dict[str, tuple[str, ...]] = {
    "list": ("", "--tree", "--json"),
    "show": ("{any}", "{any} --json", "work", "admin --json", "corp", "nobody"),
    "whoami": ("{any}", "{any} --json", "*", "{secret}"),
    "doctor": (
        "--offline",
        "--offline --json",
        "",
        "--json",
        "--html {page}",
        "--fix --dry-run --offline",
        "--fix --yes --offline",
        "--explain unknown-key",
        "--list-checks",
    ),
    "setup": ("", "keys"),
    "add sso": (
        "new1 --session other --start-url https://d-1234567890.awsapps.com/start --sso-region"
        " eu-west-1 --account 123456789012 --role Admin --region eu-west-1 --no-verify --yes",
    ),
    "add role": (
        "new2 --role-arn arn:aws:iam::123456789012:role/Admin --source work --no-verify --yes",
        "new3 --role-arn {secret} --source work --yes",
    ),
    "add keys": (
        "new4 --access-key-id {new} --secret-stdin --yes <{new_secret}",
        "new5 --access-key-id {new} --secret-stdin --no-verify --dry-run <{new_secret}",
        "new6 --access-key-id {new_secret} --secret-stdin --yes <{new}",
        "new7 --csv {csv} --yes",
        "new8 --csv {swapped} --yes",
    ),
    "add process": (
        "new9 --command {program} --no-verify --yes",
        "new10 --command {program} --yes",
    ),
    "import": (
        "awsume --no-verify --dry-run --yes",
        "awsume --yes",
        "aws-vault --yes",
        "granted --yes",
        "aws-sso-cli",
        "leapp --yes",
        "saml2aws --yes",
        "aws-mfa --only {any} --yes",
        "{secret}",
    ),
    "set": (
        "work region eu-west-2 --yes",
        "{any} region eu-west-2 --yes",
        "work aws_secret_key {secret} --yes",
        "work {secret} x --dry-run",
        "work region {secret} --yes",
    ),
    "unset": ("{any} region --yes", "work region --dry-run", "work {secret} --yes"),
    "rename": ("{any} {any}-new --yes", "work {secret} --dry-run"),
    "copy": ("{any} {any}-copy --yes", "plain plain2 --yes"),
    "remove": (
        *("{any} --dry-run", "{any} --yes", "admin --yes", "work --with-secret --dry-run"),
        *("--session {any} --yes", "--session corp --yes"),
    ),
    "undo": ("--yes", "1 --yes", "{secret} --yes"),
    "history": ("",),
    "help": ("", "keys rotate", "{secret}", "keys {secret}"),
    "keys list": ("", "--json", "{any}"),
    "keys audit": ("{work}", "{work} --json", "{secret}", "--report --using work --csv"),
    "keys stop": ("{work} --dry-run", "{secret} --dry-run", "plain --no-new-key --yes"),
    "keys import": (
        "new11 --stdin --yes <{new}\n{new_secret}",
        "new12 --stdin --yes <{new_secret}\n{new}",
        "new13 --stdin --yes <{new_secret}\n{new_secret}",
        "new14 --env --yes",
        "new15 --csv {csv} --yes",
        "new16 --csv {swapped} --yes",
        "new17 --from plain --dry-run",
        "new18 --from id-place-k --yes",
    ),
    "keys move": (
        "--all --dry-run",
        "{any} --yes",
        "--all --yes",
        "--back work --dry-run",
        "--back work --yes",
        "--back {secret}",
    ),
    "keys rotate": ("work --yes", "work --back --yes", "--continue --yes", "{secret} --yes"),
    "keys activate": ("{work} --yes", "{secret} --yes"),
    "keys deactivate": ("work --yes", "{secret} --yes"),
    "keys delete": ("{work} --now --yes", "{secret} --yes"),
    "mfa enable": ("work --keep-seed --yes", "{secret} --yes"),
    "mfa resync": ("work",),
    "mfa list": ("work", "work --json"),
    "mfa keep-seed": ("work --yes <{seed}", "work --yes <{secret}"),
    "mfa forget-seed": ("work", "{secret}"),
    "policy": ("manage-own-keys --profile work", "{secret}"),
    "team apply": (
        "{team} --yes",
        "{team} --theirs * --prune --yes",
        "{team} --var {secret} --yes",
        "{secret} --yes",
    ),
    "team check": ("{team}", "{team} --json", "{secret}"),
    "team schema": ("",),
    "team generate": ("", "{team} --from work --dry-run", "{team} --from {secret}"),
    "team diff": ("{team}", "{team} --json", "{secret}"),
    "team pull": ("{team}", "{secret}"),
    "team status": ("", "--json"),
    "team export": ("", "--only {any}", "--only {secret}"),
    "login": ("work", "admin", "{any}", "--session nobody"),
    "logout": ("work", "{any}", "--all"),
    "sso discover": ("nobody --dry-run", "{secret}"),
    "exec": ("work -- {program} a b", "{any} -- {program}", "work -- true", "* -- true"),
    "env": ("{any}", "admin", "work"),
    "console": ("work --print", "admin --print", "{any} --print"),
    "use": ("work", "{secret}"),
    "prompt": ("",),
    "shell-init": ("bash", "fish", "{secret}"),
    "team report": (".", ". --json", ". --html {page}", "{secret}"),
    "settings": ("", "vault", "vault file", "vault {secret}", "{secret}"),
    "completion": ("bash", "{secret}"),
    "credential-process": ("{any}", "admin", "work", "work --key {secret}"),
}


def leaves(group: click.Command, *above: str) -> Iterator[tuple[str, click.Command]]:
    """The commands below ``group`` that do something, each by its words."""
    if isinstance(group, click.Group):
        for name, command in group.commands.items():
            yield from leaves(command, *above, name)
    else:
        yield " ".join(above), group


def every_command() -> dict[str, click.Command]:
    """All commands by their words: a table that leaves one out fails its test."""
    return dict(leaves(awsprof_command))
