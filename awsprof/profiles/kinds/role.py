"""The kind ``role``: a role that a source profile assumes, optionally with MFA."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from awsprof.configfile.document import FileEdit, UnsetValue
from awsprof.configfile.document import SectionId as _Id
from awsprof.errors import UsageError
from awsprof.profiles import durations, process_command
from awsprof.profiles.kinds import fields as f
from awsprof.profiles.kinds import mfa_at_source
from awsprof.profiles.kinds.base import (
    check_name,
    config_values,
    free_name,
    put_profile,
    slug,
    validate_answers,
)
from awsprof.profiles.kinds.fields import Field
from awsprof.profiles.model import Profile, ProfileFacts
from awsprof.profiles.provider_order import (
    TEMPORARY_PROVIDERS,
    is_role,
    key_in_process_line,
    key_in_vault,
    provider_type,
    signs_in_with_mfa,
)

if TYPE_CHECKING:
    from awsprof.profiles.catalog import Catalog


def _can_sign_in(answers: Mapping[str, str], catalog: "Catalog") -> bool:
    """True if the role could use MFA: the source has no temporary credentials and no MFA."""
    source = catalog.profiles.get(answers.get("source", ""))
    return source is not None and not _temporary(source)


def _can_choose(answers: Mapping[str, str], catalog: "Catalog") -> bool:
    source = catalog.profiles.get(answers.get("source", ""))
    key = source and key_in_vault(source, as_source=True)
    return bool(answers.get("mfa_serial") and key)


def _temporary(source: Profile) -> bool:
    """True if the source's credentials are temporary: a role, SSO, a sign-in, or a key with MFA."""
    found = provider_type(source, as_source=True)
    return found in TEMPORARY_PROVIDERS or signs_in_with_mfa(source)


def lasts_too_long(role: Profile, seconds: str, catalog: "Catalog") -> bool:
    """True if ``seconds`` exceeds the maximum of a role with a temporary source."""
    source = catalog.profiles.get(role.get("source_profile") or "")
    chained = role.get("role_arn") and source is not None and _temporary(source)
    return bool(chained) and durations.exceeds_chained_limit(seconds)


def within_chained_limit(answers: Mapping[str, str], catalog: "Catalog") -> dict[str, str]:
    """Returns the answers without a duration above the maximum with a temporary source."""
    source = catalog.profiles.get(answers.get("source", ""))
    long = durations.exceeds_chained_limit(answers.get("duration"))
    if source and long and _temporary(source):
        return {name: value for name, value in answers.items() if name != "duration"}
    return dict(answers)


_FIELDS: Final = (
    Field(
        "role_arn",
        "Role ARN",
        "the role to assume",
        "--role-arn",
        f.validate_role_arn,
        key="role_arn",
        required=True,
    ),
    Field(
        "source",
        "Source profile",
        "the profile that assumes the role",
        "--source",
        f.plain_text,
        key="source_profile",
        required=True,
        choices="profiles",
    ),
    Field(
        "mfa_serial",
        "MFA device",
        "the MFA device whose code the role requires; leave it out if it requires none",
        "--mfa-serial",
        f.validate_mfa_serial,
        choices="mfa-devices",
        asked=_can_sign_in,
    ),
    Field(
        "mfa_at",
        "MFA asked at",
        "where the code is asked for",
        "--mfa-at",
        f.one_of("source", "role", "process"),
        options=(
            ("source", "Once for the source: 12 hours, every tool; roles renew themselves"),
            ("role", "At this role: boto3 and the AWS CLI ask; Go, Terraform, JavaScript fail"),
            (
                "process",
                "In a credential_process that wraps it: every tool, as long as the role allows",
            ),
        ),
        asked=_can_choose,
        flag_help="Where the MFA code is asked for: source (once for all of its roles, in every"
        " tool), role (by boto3 and the AWS CLI, no other tool) or process (by awsprof, in every"
        " tool).",
    ),
    Field(
        "external_id",
        "External ID",
        "the external ID that the role's owner gave you, if any",
        "--external-id",
        f.validate_external_id,
        key="external_id",
        flags_only=True,
    ),
    Field(
        "session_name",
        "Session name",
        "the name of your session in CloudTrail",
        "--session-name",
        f.validate_session_name,
        key="role_session_name",
        flags_only=True,
        flag_help="Name of your session in CloudTrail. Default: your user name.",
    ),
    Field(
        "source_identity",
        "Source identity",
        "only if the role's trust policy asks for it; tools then get the role through awsprof",
        "--source-identity",
        f.validate_source_identity,
        key="source_identity",
        flags_only=True,
        flag_help="Source identity, if the role's trust policy requires one. Tools then get the"
        " role through awsprof.",
    ),
    Field(
        "duration",
        "Duration",
        "how many seconds a session lasts; 3600 by default",
        "--duration",
        f.validate_duration,
        key="duration_seconds",
        flags_only=True,
    ),
    f.REGION,
    f.OUTPUT,
)


class RoleKind:
    """The kind ``role``."""

    name = "role"
    title = "A role on top of a profile"
    summary = "Add a profile for a role that another profile assumes, with MFA or without."
    fields = _FIELDS

    def recognises(self, profile: Profile) -> bool:
        """True for a role with a source_profile; one without is a rarer form, or a mistake."""
        return is_role(profile) and bool(profile.get("source_profile"))

    def facts(self, profile: Profile) -> ProfileFacts:
        """Returns account and role from the ARN."""
        match = f.ROLE_ARN.match(profile.get("role_arn") or "")
        role = match["role"].rsplit("/", 1)[-1] if match else None
        return ProfileFacts(
            self.name,
            f"role {role}" if role else "role",
            match["account"] if match else None,
            role,
            profile.get("region"),
            profile.get("source_profile"),
        )

    def validate(
        self, answers: Mapping[str, str], catalog: "Catalog", *, name: str
    ) -> dict[str, str]:
        """Returns the checked answers. Raises UsageError if the source cannot assume the role."""
        check_name(name)
        values = validate_answers(self.fields, answers)
        source = catalog.get(values["source"])
        _check_chain(name, source, catalog)
        if "mfa_serial" in values:
            values.setdefault("mfa_at", "role")
            _check_mfa(source, values)
        elif "mfa_at" in values:
            raise UsageError("--mfa-at needs an MFA device.", "pass it with --mfa-serial")
        _check_duration(source, values)
        if _needs_awsprof(values) and name in catalog.profiles:
            raise UsageError(
                f"There is already a profile {name}; it would become a process line.",
                "choose another name, which every tool can use",
                field="name",
            )
        return values

    def edits(
        self, name: str, values: Mapping[str, str], catalog: "Catalog"
    ) -> tuple[FileEdit, ...]:
        """Returns the role's edits, with the MFA device at the role or at the source."""
        own = config_values(self.fields, values)
        device = values.get("mfa_serial")
        edits = []
        if device and values.get("mfa_at") != "source":
            own["mfa_serial"] = device
        if device and values.get("mfa_at") == "source":
            edits.append(put_profile(values["source"], {"mfa_serial": device}))
            edits += mfa_at_source.move_mfa_edits(values["source"], catalog, besides=name)
            edits += [
                FileEdit(kind, UnsetValue(_Id.profile(name), "mfa_serial"))
                for kind in catalog.files_with(name, "mfa_serial")
            ]
        if _needs_awsprof(values):
            return (*edits, *self._in_front(name, own, catalog))
        return (*edits, put_profile(name, own))

    def _in_front(self, name: str, own: dict[str, str], catalog: "Catalog") -> tuple[FileEdit, ...]:
        """Returns the role under a second name, and the profile as a process line for that role.

        SDKs that cannot prompt for a code start awsprof, which does.
        """
        role = free_name(f"{name}-role", catalog.profiles)
        line = {"credential_process": process_command.build_command(role, None)}
        for key in ("region", "output"):
            if key in own:
                line[key] = own[key]
        return put_profile(role, own), put_profile(name, line)

    def propose_name(self, answers: Mapping[str, str]) -> str:
        """Returns the role's own name."""
        return slug(answers.get("role_arn", "").rsplit("/", 1)[-1]) or "role"


def _needs_awsprof(values: Mapping[str, str]) -> bool:
    """True if other tools cannot assume the role, so that a process line does it for them."""
    return values.get("mfa_at") == "process" or "source_identity" in values


def _check_chain(name: str, source: Profile, catalog: "Catalog") -> None:
    chain = catalog.chain(source.name)
    if name in [link.name for link in chain.links]:
        raise UsageError(
            f"{source.name} builds on {name} itself, so it cannot be the source of {name}.",
            "choose another source profile",
            field="source",
        )
    if chain.fault:
        raise UsageError(
            f"{source.name} cannot be a source: {chain.fault}", "fix it first", field="source"
        )
    if name in catalog.profiles and key_in_process_line(catalog.profiles[name]):
        raise UsageError(
            f"{name} has a key in the vault; a key and the role that uses it need two profiles.",
            "choose another name for the role",
            field="name",
        )


def _check_mfa(source: Profile, values: Mapping[str, str]) -> None:
    if signs_in_with_mfa(source):
        if source.get("mfa_serial") == values["mfa_serial"] and values["mfa_at"] == "source":
            return
        raise UsageError(
            f"{source.name} already signs in with MFA, for all of its roles.",
            "leave --mfa-serial out",
            field="mfa_serial",
        )
    if _temporary(source):
        raise UsageError(
            f"{source.name} has temporary credentials, and only the first role can use a code.",
            f"leave --mfa-serial out; if {source.name} is a role, set the device there",
            field="mfa_serial",
        )
    if values["mfa_at"] == "source" and key_in_vault(source, as_source=True) is None:
        raise UsageError(
            f"{source.name} has no key in the vault, so awsprof cannot ask for the code there.",
            "use --mfa-at role, or move the key into the vault first",
            field="mfa_at",
        )


def _check_duration(source: Profile, values: Mapping[str, str]) -> None:
    if not durations.exceeds_chained_limit(values.get("duration")):
        return
    if _temporary(source) or values.get("mfa_at") == "source":
        raise UsageError(
            f"A role with the temporary credentials of {source.name} lasts one hour at most.",
            "leave --duration out, or use --mfa-at role",
            field="duration",
        )


ROLE: Final = RoleKind()
