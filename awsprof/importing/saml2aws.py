"""saml2aws: its accounts, which go on signing in through it, as credential_process profiles."""

from __future__ import annotations

import configparser
import shlex
import shutil
from collections.abc import Iterator

from awsprof.importing.context import ImportContext, own_folder, read_small
from awsprof.importing.plan import Plan, PlannedProfile, Skipped
from awsprof.parsing import InvalidValue, wrap_parse_errors
from awsprof.paths import display_path
from awsprof.profiles.kinds.base import plain_name
from awsprof.profiles.kinds.process import PROCESS
from awsprof.shells import arguments


def read(context: ImportContext) -> Plan:
    """Returns a plan with a profile for each account of ~/.saml2aws."""
    file = own_folder("SAML2AWS_CONFIGFILE", ".saml2aws")
    parser = configparser.RawConfigParser(strict=False, default_section="", delimiters=("=",))
    with wrap_parse_errors(display_path(file), "saml2aws configure writes it anew"):
        try:
            parser.read_string(read_small(file) or "")
        except configparser.Error as exc:
            raise InvalidValue("it is not an INI file") from exc
    accounts = [(name, dict(parser.items(name, raw=True))) for name in parser.sections()]
    program = shutil.which("saml2aws")
    if program is None and accounts:
        why = "saml2aws is not on PATH, and would be started for credentials."
        missing = Skipped("saml2aws", why, "install saml2aws, or put its folder on PATH")
        return Plan((display_path(file),), skipped=(missing,))
    profiles = [_profile(name, values, program or "") for name, values in accounts]
    doubled = {p.name for p in profiles if [each.name for each in profiles].count(p.name) > 1}
    return Plan(
        (display_path(file),),
        profiles=tuple(p for p in profiles if p.name not in doubled),
        skipped=tuple(_doubled(accounts, doubled)),
        leaving=(
            "saml2aws stays: awsprof does not speak SAML, and starts saml2aws when it needs"
            " credentials",
            "saml2aws login is no longer needed; nothing is written to ~/.aws/credentials",
        ),
    )


def _profile(name: str, values: dict[str, str], program: str) -> PlannedProfile:
    profile = plain_name(values.get("aws_profile") or name) or "saml"
    role = values.get("role_arn")
    words = ["login", "--credential-process", "--quiet", "--skip-prompt", "--idp-account", name]
    words += ["--profile", profile, *(("--role", role) if role else ())]
    command = shlex.join([program, *words])
    answers = {"command": command}
    if values.get("region"):
        answers["region"] = values["region"]
    return PlannedProfile(PROCESS, profile, answers, own_keys_out=True)


def _doubled(accounts: list[tuple[str, dict[str, str]]], doubled: set[str]) -> Iterator[Skipped]:
    for name, values in accounts:
        profile = plain_name(values.get("aws_profile") or name) or "saml"
        if profile in doubled:
            yield Skipped(
                name,
                f"Several accounts of saml2aws write the profile {profile}.",
                f"saml2aws configure -a {arguments(name)}: another profile, then import again",
            )
