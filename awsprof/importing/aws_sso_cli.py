"""aws-sso-cli: portals and roles in its config.yaml, and profiles that start aws-sso."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from awsprof.arn import Arn, iam_arn
from awsprof.importing.import_context import ImportContext, own_folder, read_small
from awsprof.importing.plan import Plan, PlannedProfile, PlannedSession, Skipped
from awsprof.parsing import InvalidValue, wrap_parse_errors
from awsprof.paths import config_file, display_path
from awsprof.profiles.kinds.role import ROLE
from awsprof.profiles.kinds.sso import SSO
from awsprof.profiles.model import Profile
from awsprof.profiles.process_command import words_if_program
from awsprof.shells import arguments

_FOLDERS: Final = ((".aws-sso",), (".config", "aws-sso"))
_ONE_SSO: Final = "Default"  # the instance that a line without -S means


def read(context: ImportContext) -> Plan:
    """Returns a plan with the portals, the roles of config.yaml, and the profiles that it wrote."""
    file = _config_path()
    config = _load(file)
    sessions: list[PlannedSession] = []
    names: dict[str, str] = {}
    for name, portal in _mapping(config.get("SSOConfig")).items():
        portal = _mapping(portal)
        url, region = (str(portal.get(key) or "") for key in ("StartUrl", "SSORegion"))
        session = names[name] = context.session_name(name.lower(), url, region, sessions)
        if session not in context.catalog.sessions:
            sessions.append(PlannedSession(session, url, region))
    written = _written_names(context)
    profiles = list(_roles(config, names, written))
    known = {profile.name for profile in profiles}
    others, skipped = _written_profiles(
        context, names, str(config.get("DefaultSSO") or _ONE_SSO), known
    )
    profiles += others
    return Plan(
        (display_path(file), display_path(config_file())),
        sessions=tuple(sessions),
        profiles=tuple(profiles),
        skipped=tuple(skipped),
        leaving=(
            *(
                f"awsprof sso discover {arguments(name)}    add what is not here yet"
                for name in dict.fromkeys(names.values())
            ),
            "awsprof doctor                  check that every profile works",
            "do not run aws-sso setup profiles again: it would write its own lines back",
        ),
    )


def _config_path() -> Path:
    folders = [own_folder("", *parts) for parts in _FOLDERS]
    default = next((f for f in folders if f.is_dir()), folders[-1]) / "config.yaml"
    named = own_folder("AWS_SSO_CONFIG")
    return default if named == own_folder("") else named


def _load(file: Path) -> dict[str, Any]:
    import yaml

    with wrap_parse_errors(display_path(file), "aws-sso setup shows how it reads it"):
        text = read_small(file)
        if text is None:
            return {}
        try:
            # Every scalar as text: an account ID that begins with 0 would become a number.
            loaded = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  # makes no objects
        except yaml.YAMLError as exc:
            raise InvalidValue("it is not valid YAML") from exc
        if not isinstance(loaded, dict):
            raise InvalidValue("it is not a mapping")
        return loaded


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _roles(
    config: Mapping[str, Any], names: Mapping[str, str], written: Mapping[str, str]
) -> Iterator[PlannedProfile]:
    """Yields the roles that config.yaml lists.

    Their names are those in ``written`` (by role ARN), else those of its default ProfileFormat.
    """
    listed = []
    by_role: dict[str, str] = {}
    for sso, portal in _mapping(config.get("SSOConfig")).items():
        for number, account in _mapping(_mapping(portal).get("Accounts")).items():
            account_id = str(number).zfill(12)
            for role, has in _mapping(_mapping(account).get("Roles")).items():
                values = _mapping(has)
                arn = iam_arn("aws", account_id, f"role/{role}")
                name = written.get(arn) or str(values.get("Profile") or f"{account_id}:{role}")
                by_role[arn] = by_role[f"{account_id}:{role}"] = name
                places = (values, _mapping(account), _mapping(portal), config)
                region = next((at["DefaultRegion"] for at in places if at.get("DefaultRegion")), "")
                answers = {"region": str(region)} if region else {}
                listed.append((names[sso], arn, values, name, answers))
    for session, arn, values, name, answers in listed:
        kind = ROLE if values.get("Via") else SSO
        answers |= (
            _via_answers(arn, values, by_role) if kind is ROLE else _sso_answers(session, arn)
        )
        replaced = ("credential_process",) if arn in written else ()
        yield PlannedProfile(kind, name, answers, replaced=replaced)


def _via_answers(arn: str, values: Mapping[str, Any], by_role: Mapping[str, str]) -> dict[str, str]:
    """Returns a role that another role assumes, as aws-sso does for a role with ``Via``."""
    via = str(values["Via"])
    answers = {"role_arn": arn, "source": by_role.get(via, via.rsplit("/", 1)[-1])}
    for answer, key in (("external_id", "ExternalId"), ("source_identity", "SourceIdentity")):
        if values.get(key):
            answers[answer] = str(values[key])
    return answers


def _sso_answers(session: str, role: str) -> dict[str, str]:
    arn = Arn.parse(role)
    assert arn is not None  # noqa: S101  # built by iam_arn, or parsed by the caller
    return {"session": session, "account": arn.account, "role": arn.name}


def _written_names(context: ImportContext) -> dict[str, str]:
    """Returns the profiles whose credential_process starts aws-sso, by role ARN."""
    names = {}
    for profile in context.catalog.profiles.values():
        arn = _option(_aws_sso_words(profile) or [], "--arn", "-a")
        if arn:
            names[arn] = profile.name
    return names


def _written_profiles(
    context: ImportContext, names: Mapping[str, str], default: str, known: Container[str]
) -> tuple[list[PlannedProfile], list[Skipped]]:
    """Returns those whose role config.yaml does not list."""
    planned, skipped = [], []
    for profile in context.catalog.profiles.values():
        words = _aws_sso_words(profile)
        if words is None or profile.name in known:
            continue
        arn = Arn.parse(_option(words, "--arn", "-a") or "")
        sso = _option(words, "--sso", "-S") or default
        session = names.get(sso) or (next(iter(names.values())) if len(names) == 1 else None)
        if arn is None or session is None:
            why = "Its credential_process starts aws-sso, for a role or portal that is not known."
            skipped.append(Skipped(profile.name, why, "awsprof add sso --help"))
            continue
        answers = _sso_answers(session, str(arn))
        planned.append(PlannedProfile(SSO, profile.name, answers, replaced=("credential_process",)))
    return planned, skipped


def _aws_sso_words(profile: Profile) -> list[str] | None:
    return words_if_program(profile.get("credential_process"), "aws-sso")


def _option(words: list[str], *flags: str) -> str | None:
    for flag, value in pairwise(words):
        if flag in flags:
            return value
    joined = (word.partition("=") for word in words if "=" in word)
    return next((value for flag, _, value in joined if flag in flags), None)
