"""The kind ``sso``: a role from IAM Identity Center, with an sso-session that profiles share."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from awsprof.configfile.document import FileEdit, FileKind, PutSection, SectionId, UnsetValue
from awsprof.errors import UsageError
from awsprof.profiles.kinds import fields as f
from awsprof.profiles.kinds.base import (
    check_name,
    config_values,
    put_profile,
    slug,
    validate_answers,
)
from awsprof.profiles.kinds.fields import Field
from awsprof.profiles.model import Profile, ProfileFacts
from awsprof.profiles.provider_order import SSO_PORTAL_KEYS, ProviderType, provider_type

if TYPE_CHECKING:
    from awsprof.profiles.catalog import Catalog

# Without a scope Identity Center may return no refresh token: then users sign in every 8 hours.
SCOPES: Final = "sso:account:access"


def session_name_for(start_url: str) -> str:
    """Returns a name for the sso-session of an access portal, from its address.

    my-corp for https://my-corp.awsapps.com/start; the last part of the path where all portals are
    on one host (China, GovCloud); "sso" for an address without a name.
    """
    try:
        parts = urlsplit(start_url)
        host, path = parts.hostname or "", parts.path
    except ValueError:  # brackets without an IPv6 address
        return "sso"
    first = host.split(".")[0]
    last = path.rstrip("/").rsplit("/", 1)[-1]
    name = slug(last if first == "start" and last else first)
    return "sso" if not name or name.isdigit() else name


def _new_session(answers: Mapping[str, str], catalog: "Catalog") -> bool:
    return answers.get("session") not in catalog.sessions


_FIELDS: Final = (
    Field(
        "session",
        "Session",
        "a name for the sign-in that your profiles share",
        "--session",
        check_name,
        key="sso_session",
        required=True,
        choices="sso-sessions",
        default="sso",
        flag_help="Name of the sso-session. Profiles with the same one share a sign-in.",
    ),
    Field(
        "start_url",
        "Start URL",
        "the address of your AWS access portal",
        "--start-url",
        f.validate_start_url,
        required=True,
        asked=_new_session,
        flag_help="URL of your AWS access portal, if the sso-session is new.",
    ),
    Field(
        "sso_region",
        "Region of Identity Center",
        "the region of your organization's Identity Center",
        "--sso-region",
        f.validate_region,
        required=True,
        choices="regions",
        asked=_new_session,
        flag_help="Region of your organization's Identity Center, if the sso-session is new.",
    ),
    Field(
        "account",
        "Account",
        "the account to work in",
        "--account",
        f.validate_account_id,
        key="sso_account_id",
        required=True,
        choices="sso-accounts",
    ),
    Field(
        "role",
        "Role",
        "your role (permission set) in that account",
        "--role",
        f.validate_role_name,
        key="sso_role_name",
        required=True,
        choices="sso-roles",
    ),
    f.REGION,
    f.OUTPUT,
)


class SsoKind:
    """The kind ``sso``."""

    name = "sso"
    title = "IAM Identity Center (SSO)"
    summary = "Add a profile for an account and a role of IAM Identity Center."
    fields = _FIELDS

    def recognises(self, profile: Profile) -> bool:
        """True for a profile whose sso-session takes effect; False for the legacy form."""
        return bool(profile.get("sso_session")) and provider_type(profile) in (
            ProviderType.SSO,
            ProviderType.NONE,
        )

    def facts(self, profile: Profile) -> ProfileFacts:
        """Returns account and role as in the file."""
        role = profile.get("sso_role_name")
        return ProfileFacts(
            self.name,
            role or "IAM Identity Center",
            profile.get("sso_account_id"),
            role,
            profile.get("region"),
            profile.get("sso_session"),
        )

    def validate(
        self, answers: Mapping[str, str], catalog: "Catalog", *, name: str
    ) -> dict[str, str]:
        """Returns the checked answers. Raises UsageError if they contradict an existing session."""
        check_name(name)
        values = validate_answers(self.fields, answers)
        session = catalog.sessions.get(values["session"])
        for field, has in (
            ("start_url", session.start_url if session else None),
            ("sso_region", session.region if session else None),
        ):
            if has is None and field not in values:
                raise UsageError(
                    f"There is no sso-session {values['session']} yet.",
                    "pass --start-url and --sso-region to create it, or name an existing one",
                )
            if has is not None and values.get(field, has) != has:
                raise UsageError(
                    f"The sso-session {values['session']} already has {has}.",
                    f"leave --{field.replace('_', '-')} out, or choose another session name",
                )
        return values

    def edits(
        self, name: str, values: Mapping[str, str], catalog: "Catalog"
    ) -> tuple[FileEdit, ...]:
        """Returns the edits of the profile and, if it is new, of the session."""
        edits = []
        if values["session"] not in catalog.sessions:
            session_values = (
                ("sso_start_url", values["start_url"]),
                ("sso_region", values["sso_region"]),
                ("sso_registration_scopes", SCOPES),
            )
            section = PutSection(SectionId.sso_session(values["session"]), session_values)
            edits.append(FileEdit(FileKind.CONFIG, section))
        # A legacy profile's own URL and region must not contradict the session.
        edits += [
            FileEdit(kind, UnsetValue(SectionId.profile(name), key))
            for key in SSO_PORTAL_KEYS
            for kind in catalog.files_with(name, key)
        ]
        return (*edits, put_profile(name, config_values(self.fields, values)))

    def propose_name(self, answers: Mapping[str, str]) -> str:
        """Returns account and role; the session's name replaces an unknown account name."""
        account = answers.get("account_name") or answers.get("session")
        return slug("-".join(filter(None, (account, answers.get("role")))))


SSO: Final = SsoKind()
