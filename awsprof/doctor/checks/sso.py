"""Checks of IAM Identity Center: profiles, and the sso-sessions that they share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from awsprof.configfile.document import FileEdit, FileKind, PutSection, SectionId, SetValue
from awsprof.configfile.edits import require_portable_value
from awsprof.configfile.lenient import SectionView
from awsprof.configfile.parse import header_text
from awsprof.configfile.section_repairs import RewriteHeader
from awsprof.doctor import check_helpers
from awsprof.doctor.check_helpers import (
    profile_fault,
    profiles_setting,
    selected_sso_sessions,
    session_fault,
    set_command,
    unset_command,
)
from awsprof.doctor.checks.headers import header_to_mend
from awsprof.doctor.file_view import file_views, fix_command, profile_of
from awsprof.doctor.findings import Fault, Repair, Severity, offline_check
from awsprof.editing import profile_operations
from awsprof.editing.change import Change
from awsprof.masking.mask import mask_line
from awsprof.near_names import nearest_name
from awsprof.profiles.kinds.base import free_name
from awsprof.profiles.kinds.sso import SCOPES, session_name_for
from awsprof.profiles.known_keys import SESSION_KEYS
from awsprof.profiles.provider_order import SSO_PORTAL_KEYS, SSO_ROLE_KEYS, missing_sso_keys
from awsprof.shells import arguments
from awsprof.text import sanitize, show_hidden

if TYPE_CHECKING:
    from awsprof.doctor.check_context import CheckContext
    from awsprof.profiles.model import Profile


@offline_check(Severity.ERROR, fixes=True)
def sso_session_undefined(context: CheckContext) -> Iterator[Fault]:
    """A profile's sso_session names a session that does not exist.

    boto3 and the other SDKs stop, because they know no start URL. It is a typo, or the section
    [sso-session NAME] is missing, for example because you copied only the profiles from a
    colleague.

    Name an existing session (awsprof set NAME sso_session OTHER), or create it: awsprof setup sso.
    The repair corrects a header [profile NAME] that was meant as [sso-session NAME].
    """
    nearest: dict[str, str | None] = {}
    meant = _profiles_meant_as_sessions(context)
    told: set[str] = set()  # one repair serves all profiles of a session
    misspelt = header_to_mend(context)
    for profile, value in profiles_setting(context, "sso_session"):
        if value.text in context.catalog.sessions:
            continue
        slip = misspelt(SectionId.sso_session(value.text))
        if slip is not None:
            message = (
                f"sso_session = {show_hidden(value.text)} names no existing sso-session.{slip.says}"
            )
            yield profile_fault(profile, "sso_session", message, slip.fix)
            continue
        if value.text in meant:
            first = value.text not in told
            told.add(value.text)
            yield _wrong_type(context, profile, value.text, meant[value.text], repairs=first)
            continue
        if value.text not in nearest:
            nearest[value.text] = nearest_name(value.text, context.catalog.sessions)
        suggestion = nearest[value.text]
        if not any(map(profile.get, SSO_ROLE_KEYS)) and _has_other_credentials(profile):
            message = f"sso_session = {show_hidden(value.text)} names no existing sso-session."
            message += " Its credentials come from other settings, but boto3 stops all the same."
            fix = unset_command(profile, "sso_session")
            yield profile_fault(profile, "sso_session", message, fix)
            continue
        yield profile_fault(
            profile,
            "sso_session",
            f"sso_session = {show_hidden(value.text)} names no existing sso-session."
            + (f" Did you mean {sanitize(suggestion)}?" if suggestion else ""),
            set_command(profile, "sso_session", suggestion) if suggestion else "awsprof setup sso",
        )


def _profiles_meant_as_sessions(context: CheckContext) -> dict[str, SectionView]:
    """Returns the sections [profile NAME] that have what a session has, for a profile that names
    NAME as its session.
    """
    catalog = context.catalog
    named = {each.get("sso_session") for each in catalog.profiles.values()} - {*catalog.sessions}
    return {
        written.block.id.name: written
        for view in file_views(context)
        for written in view.blocks
        if view.kind is FileKind.CONFIG and profile_of(written.block.id) in named
        if {*SSO_PORTAL_KEYS} <= {key.name for key in written.keys} <= SESSION_KEYS
    }


def _wrong_type(
    context: CheckContext, profile: Profile, name: str, written: SectionView, *, repairs: bool
) -> Fault:
    view = next(each for each in file_views(context) if each.kind is FileKind.CONFIG)
    header = written.block.lines[0].strip()
    right = SectionId.sso_session(name)
    edit = RewriteHeader(header, f"[{header_text(right, view.kind)}]")
    message = (
        f"sso_session = {show_hidden(name)} names no existing sso-session, but"
        f" {sanitize(mask_line(header), 80)} at {view.at(written.line(0))} has what one has."
    )
    repair = view.repair(f"made {sanitize(name)} an sso-session", edit, declares={right})
    fix = fix_command("sso-session-undefined")
    return profile_fault(profile, "sso_session", message, fix, repair if repairs else None)


def _has_other_credentials(profile: Profile) -> bool:
    own = check_helpers.is_role(profile) or check_helpers.has_keys(profile)
    return own or bool(profile.get("credential_process"))


@offline_check(Severity.ERROR)
def sso_fields_missing(context: CheckContext) -> Iterator[Fault]:
    """A setting that Identity Center needs is missing.

    A session needs sso_start_url and sso_region; a profile needs sso_account_id and sso_role_name,
    both or neither. boto3 stops with InvalidConfigError and names what is missing.

    Add a profile to a session with awsprof set NAME sso_session SESSION; write a missing line of a
    session by hand, below its header.
    """
    for session in selected_sso_sessions(context):
        missing = [key for key in SSO_PORTAL_KEYS if not session.get(key)]
        if missing:
            message = f"{' and '.join(missing)} {_is(missing)} missing."
            fix = f"add {missing[0]} and its value below {session.origin}, in an editor"
            yield session_fault(session, missing[0], message, fix)
    for profile in context.profiles:
        present = [key for key in (*SSO_ROLE_KEYS, *SSO_PORTAL_KEYS) if profile.get(key)]
        used = [key for key in present if key != "sso_region"]
        missing = missing_sso_keys(profile.get)
        if not used or not missing or not any(map(profile.get, SSO_ROLE_KEYS)):
            continue  # neither account nor role: sso-no-role
        yield profile_fault(
            profile,
            present[0],
            f"It has {present[0]}, but {' and '.join(missing)} {_is(missing)} missing.",
            _completion(context, profile, missing),
        )


def _completion(context: CheckContext, profile: Profile, missing: list[str]) -> str:
    """Returns the command that adds the missing settings to the profile."""
    session = profile.get("sso_session")
    if session is None and set(SSO_PORTAL_KEYS) & set(missing):
        known = [*context.catalog.sessions]
        if known and not profile.get("sso_start_url"):
            join = set_command(profile, "sso_session", known[0])
            return join if len(known) == 1 else f"{join}, or another session from awsprof list"
        return "awsprof setup sso creates the profile again from what the portal offers"
    if session:
        return (
            f"awsprof sso discover {arguments(session)} creates a profile for each role you have"
            " there, to be used instead"
        )
    return f"add {missing[0]} in an editor: the access portal shows it"


def _is(things: list[str]) -> str:
    return "is" if len(things) == 1 else "are"


@offline_check(Severity.ERROR)
def sso_conflict(context: CheckContext) -> Iterator[Fault]:
    """A profile and its sso-session have different values for the same setting.

    boto3, the AWS CLI and other SDKs stop (InvalidConfigError: "inconsistent").

    Keep the value of the session: awsprof unset NAME sso_start_url.
    """
    for profile, named in profiles_setting(context, "sso_session"):
        session = context.catalog.sessions.get(named.text)
        for key, value in (session.values if session else {}).items():
            own = profile.values.get(key)
            if own is not None and own.text != value.text:
                yield profile_fault(
                    profile,
                    key,
                    f"{key} is {sanitize(own.text)} here, but {sanitize(value.text)} in its"
                    f" sso-session {sanitize(named.text)}.",
                    unset_command(profile, key),
                )


@offline_check(Severity.WARNING, fixes=True)
def sso_legacy(context: CheckContext) -> Iterator[Fault]:
    """A profile has its own sso_start_url and no sso-session: the format from before 2022.

    It works, but no SDK refreshes its token: every 8 hours, or as your organization configured, you
    sign in again (awsprof login NAME). Profiles with the same start URL share that sign-in.

    awsprof doctor --fix makes an sso-session for each start URL and region, which its profiles
    share. Then sign in once more: awsprof login NAME.
    """
    names, meant = _Names(context), _profiles_meant_as_sessions(context)
    for profile, value in profiles_setting(context, "sso_start_url"):
        if profile.get("sso_session") or not profile.get("sso_region") or profile.name in meant:
            continue  # sso-fields-missing reports a region that is missing
        repair, first = _migration_repair(context, profile, names)
        yield profile_fault(
            profile,
            "sso_start_url",
            f"It has its own start URL {sanitize(value.text)}, so no SDK refreshes its sign-in.",
            first or "awsprof doctor --fix sso-legacy",
            repair,
        )


class _Names:
    """Gives each start URL and region the name of its sso-session, existing or new."""

    def __init__(self, context: CheckContext) -> None:
        sessions = context.catalog.sessions.values()
        self._names = {(s.start_url, s.region): s.name for s in reversed([*sessions])}
        self._taken = {session.name for session in sessions}

    def of(self, url: str, region: str) -> str:
        if (url, region) not in self._names:
            name = free_name(session_name_for(url), self._taken)
            self._taken.add(name)
            self._names[(url, region)] = name
        return self._names[(url, region)]


def _migration_repair(
    context: CheckContext, profile: Profile, names: _Names
) -> tuple[Repair | None, str]:
    url, region = profile.get("sso_start_url") or "", profile.get("sso_region") or ""
    name = names.of(url, region)

    def change() -> Change:
        require_portable_value(url, "sso_start_url")
        require_portable_value(region, "sso_region")
        edits: list[FileEdit] = []
        if name not in context.catalog.sessions:
            settings = (
                *zip(SSO_PORTAL_KEYS, (url, region), strict=True),
                ("sso_registration_scopes", SCOPES),
            )
            put = PutSection(SectionId.sso_session(name), settings)
            edits.append(FileEdit(FileKind.CONFIG, put))
        edits += profile_operations.set_profile_value(
            profile.name, "sso_session", name, context.catalog
        ).edits
        for key in SSO_PORTAL_KEYS:
            edits += profile_operations.unset_profile_value(
                profile.name, key, context.catalog
            ).edits
        return Change(f"moved {profile.name} to the sso-session {name}", tuple(edits))

    return check_helpers.repair_or_refusal(change)


@offline_check(Severity.WARNING, fixes=True)
def sso_no_scopes(context: CheckContext) -> Iterator[Fault]:
    """An sso-session has no sso_registration_scopes.

    Identity Center may then give no refresh token, and you sign in again every 8 hours instead of
    only when your organization requires it.

    awsprof doctor --fix sets sso_registration_scopes = sso:account:access.
    """
    for session in selected_sso_sessions(context):
        if session.scopes:
            continue
        section = SectionId.sso_session(session.name)
        edit = SetValue(section, "sso_registration_scopes", SCOPES)
        change = Change(f"set the scopes of {session.name}", (FileEdit(session.origin.kind, edit),))
        message = "it has no sso_registration_scopes, so its sign-in may not be refreshed."
        fix = "awsprof doctor --fix sso-no-scopes"
        yield session_fault(session, "", message, fix, Repair(change))


@offline_check(Severity.WARNING)
def sso_no_role(context: CheckContext) -> Iterator[Fault]:
    """A profile uses Identity Center, but names neither an account nor a role.

    SDKs then have a token for the few services that accept one, but no AWS credentials: "Unable to
    locate credentials".

    awsprof sso discover SESSION creates a profile for each account and role that you have.
    """
    meant = _profiles_meant_as_sessions(context)
    for profile in context.profiles:
        if profile.name in meant:
            continue  # sso-session-undefined
        key = next((k for k in ("sso_session", "sso_start_url") if profile.get(k)), None)
        if key is None or any(map(profile.get, SSO_ROLE_KEYS)) or _has_other_credentials(profile):
            continue
        session = profile.get("sso_session")
        if session and session not in context.catalog.sessions:
            continue  # sso-session-undefined
        yield profile_fault(
            profile,
            key,
            "It names neither sso_account_id nor sso_role_name, so it gives no credentials.",
            f"awsprof sso discover {arguments(session)} creates a profile for each role, to be"
            " used instead"
            if session
            else "awsprof doctor --fix sso-legacy, then awsprof setup sso",
        )
