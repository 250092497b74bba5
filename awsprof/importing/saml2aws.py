"""saml2aws: its accounts, which go on signing in through it, as credential_process profiles.

`saml2aws login --credential-process` also writes the session into its credentials file
(cmd/saml2aws/commands/login.go). In ~/.aws/credentials the session would take precedence over the
process line, and break the profile once it expires: so the line names another file.
"""

from __future__ import annotations

import configparser
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from awsprof.errors import UsageError
from awsprof.importing.import_context import ImportContext, expand_home, own_folder, read_small
from awsprof.importing.plan import Plan, PlannedProfile, Skipped
from awsprof.parsing import InvalidValue, wrap_parse_errors
from awsprof.paths import config_file, credentials_file, display_path
from awsprof.profiles.kinds.base import plain_name
from awsprof.profiles.kinds.process import PROCESS
from awsprof.profiles.process_command import join_words
from awsprof.shells import arguments

_CONFIG: Final = ("SAML2AWS_CONFIGFILE", ".saml2aws")
_PROFILE: Final = "saml"  # of accounts that name none


def read(context: ImportContext) -> Plan:
    """Returns a plan with a profile for each account of ~/.saml2aws."""
    file = own_folder(*_CONFIG)
    accounts = _accounts(file)
    program = shutil.which("saml2aws")
    if program is None and accounts:
        why = "saml2aws is not on PATH, and would be started for credentials."
        missing = Skipped("saml2aws", why, "install saml2aws, or put its folder on PATH")
        return Plan((display_path(file),), skipped=(missing,))
    sessions = config_file().with_name("saml2aws-sessions")
    profiles, skipped = [], []
    for name, values in accounts:
        try:
            profiles.append(_profile(name, values, program or "", file, sessions))
        except UsageError as exc:
            skipped.append(Skipped(name, exc.message, exc.fix))
    doubled = {p.name for p in profiles if [each.name for each in profiles].count(p.name) > 1}
    return Plan(
        (display_path(file),),
        profiles=tuple(p for p in profiles if p.name not in doubled),
        skipped=(*skipped, *_doubled(accounts, doubled)),
        leaving=(
            "saml2aws stays: awsprof does not speak SAML, and starts saml2aws when it needs"
            " credentials",
            "saml2aws login is no longer needed; its sessions go to a file of their own,"
            f" {display_path(sessions)}, in plain text",
            *_without_role(accounts),
        ),
    )


def _accounts(file: Path) -> list[tuple[str, dict[str, str]]]:
    """Returns the accounts by name, read as the ini library of saml2aws does."""
    parser = configparser.RawConfigParser(
        strict=False,
        default_section="",
        delimiters=("=", ":"),
        inline_comment_prefixes=("#", ";"),
    )
    with wrap_parse_errors(display_path(file), "run saml2aws configure to write it again"):
        try:
            parser.read_string(read_small(file) or "")
        except configparser.Error as exc:
            raise InvalidValue("it is not an INI file") from exc
    return [(name, dict(parser.items(name, raw=True))) for name in parser.sections()]


def _profile_name(values: dict[str, str]) -> str:
    return plain_name(values.get("aws_profile") or _PROFILE) or _PROFILE


def _profile(
    name: str, values: dict[str, str], program: str, file: Path, sessions: Path
) -> PlannedProfile:
    """Returns the profile of an account. Raises UsageError if its line cannot be written."""
    profile, role = _profile_name(values), values.get("role_arn")
    words = ["login", "--credential-process", "--quiet", "--skip-prompt", "--idp-account", name]
    words += ["--profile", profile, *(("--role", role) if role else ())]
    if file != own_folder("", *_CONFIG[1:]):  # the variable may not be set where the line runs
        words += ["--config", str(file.absolute())]
    named = values.get("credentials_file")
    if not named or expand_home(named) == credentials_file():
        words += ["--credentials-file", str(sessions)]
    answers = {"command": join_words([program, *words])}
    if values.get("region"):
        answers["region"] = values["region"]
    return PlannedProfile(PROCESS, profile, answers, own_keys_out=True)


def _without_role(accounts: list[tuple[str, dict[str, str]]]) -> Iterator[str]:
    """Yields what to do where saml2aws would ask which role, and no SDK shows the question."""
    for name, values in accounts:
        if not values.get("role_arn"):
            yield (
                f"{name} names no role, which works only if you have one:"
                f" saml2aws configure -a {arguments(name)} --role ARN, then import again"
            )


def _doubled(accounts: list[tuple[str, dict[str, str]]], doubled: set[str]) -> Iterator[Skipped]:
    for name, values in accounts:
        profile = _profile_name(values)
        if profile in doubled:
            yield Skipped(
                name,
                f"Several accounts of saml2aws write the profile {profile}.",
                f"saml2aws configure -a {arguments(name)} --profile NAME, then import again",
            )
