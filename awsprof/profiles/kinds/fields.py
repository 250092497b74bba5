"""The fields of kinds and the checks of their answers.

A check takes an answer as typed and returns the value to write, or raises UsageError. Sources: the
patterns in the API references of IAM, STS and IAM Identity Center.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from awsprof.errors import UsageError
from awsprof.key_ids import is_access_key_id, is_long_term
from awsprof.masking.secret_shapes import looks_secret
from awsprof.profiles.durations import seconds_of

if TYPE_CHECKING:
    from awsprof.profiles.catalog import Catalog

Validator = Callable[[str], str]

ROLE_ARN: Final = re.compile(
    r"arn:(?P<partition>aws[a-z0-9-]*):iam::(?P<account>\d{12}):role/(?P<role>[\w+=,.@/-]+)\Z",
    re.ASCII,
)
MFA_ARN: Final = re.compile(
    r"arn:(?P<partition>aws[a-z0-9-]*):iam::(?P<account>\d{12}):(?P<type>mfa|u2f)/[\w+=,.@/-]+\Z",
    re.ASCII,
)
_REGION: Final = re.compile(r"[a-z]{2,8}(-[a-z]+)+-\d{1,2}\Z")


@dataclass(frozen=True)
class Field:
    """One field of a kind: its name, prompt, help, check and choices.

    ``explain`` is what the wizard shows below the prompt. The option's help is the same as a
    sentence, or ``flag_help`` where users of the option need to know something else.
    ``key`` is the config key that gets the value unchanged, if any. ``choices`` names a dynamic
    list: regions, profiles, mfa-devices, sso-sessions, sso-accounts, sso-roles. ``options`` are
    fixed choices, the recommended one first. ``asked`` decides from the answers so far whether to
    prompt; without it the wizard prompts, unless there is only one answer. ``flags_only``: the
    wizard never prompts for it by itself; it has an option, and a row in the wizard's list of
    answers. ``required`` applies only if it is asked.
    """

    name: str
    label: str
    explain: str
    flag: str
    check: Validator
    key: str | None = None
    required: bool = False
    secret: bool = False
    choices: str | None = None
    options: tuple[tuple[str, str], ...] = ()
    asked: "Callable[[Mapping[str, str], Catalog], bool] | None" = None
    flags_only: bool = False
    default: str = ""
    flag_help: str = ""


def plain_text(answer: str) -> str:
    """Returns the text without surrounding space; writing it checks that all SDKs read it alike."""
    return answer.strip()


def validate_role_arn(answer: str) -> str:
    """Returns a role ARN, in any partition."""
    answer = answer.strip()
    if not ROLE_ARN.match(answer):
        raise UsageError(
            f"{answer!r} is not a role ARN.", "it looks like arn:aws:iam::123456789012:role/Name"
        )
    return answer


def validate_account_id(answer: str) -> str:
    """Returns an account ID as twelve digits; removes dashes and spaces."""
    digits = re.sub(r"[\s-]", "", answer)
    if not re.fullmatch(r"[0-9]{12}", digits):
        raise UsageError(f"{answer!r} is not an account ID.", "it has twelve digits: 123456789012")
    return digits


def validate_region(answer: str) -> str:
    """Returns a region code. Accepts unknown ones, which may be newer than this version."""
    answer = answer.strip().lower()
    if not _REGION.match(answer):
        raise UsageError(f"{answer!r} is not a region.", "a region looks like eu-west-1")
    return answer


def validate_mfa_serial(answer: str) -> str:
    """Returns the ARN of a virtual MFA device, or the serial number of a hardware device."""
    answer = answer.strip()
    match = MFA_ARN.match(answer)
    if match and match["type"] == "u2f":
        raise UsageError(
            "That is a FIDO security key, which has no codes for STS.",
            "use IAM Identity Center, or add a virtual MFA device to the user",
        )
    if not match and not re.fullmatch(r"[A-Za-z0-9]{9,64}", answer):
        raise UsageError(
            f"{answer!r} is not an MFA device.",
            "it looks like arn:aws:iam::123456789012:mfa/alice, or is a hardware serial number",
        )
    return answer


def validate_access_key_id(answer: str) -> str:
    """Returns the ID of a long-term access key."""
    answer = answer.strip()
    if answer.startswith("ASIA"):
        raise UsageError(
            "That is a temporary key, which expires: it is of no use in a profile.",
            "enter the ID of a long-term key, which starts with AKIA",
        )
    if looks_secret(answer):
        raise UsageError(
            "That looks like a secret, not like an ID: the two look swapped.",
            "enter the ID here, which starts with AKIA, and the secret at its own prompt",
        )
    if not is_long_term(answer):
        raise UsageError(
            "That is not an access key ID.", "it has 20 characters, like AKIAIOSFODNN7EXAMPLE"
        )
    return answer


def validate_secret_access_key(answer: str) -> str:
    """Returns a secret access key: 40 characters. The error never shows it."""
    answer = answer.strip()
    if is_access_key_id(answer):
        raise UsageError(
            "That is the ID of an access key: the ID and the secret look swapped.",
            "enter the secret here, which AWS showed next to the ID",
        )
    if not re.fullmatch(r"[A-Za-z0-9/+=]{40,128}", answer):
        raise UsageError("That is not a secret access key.", "it has 40 letters, digits, / and +")
    return answer


def validate_start_url(answer: str) -> str:
    """Returns a start URL of Identity Center. Plain http is allowed for this machine only.

    The address of a page of the access portal is cut to its start URL.
    """
    answer = re.sub(r"/?#/[^/\s].*", "", answer.strip())
    try:
        parts = urlsplit(answer)
        scheme, host = parts.scheme, parts.hostname
    except ValueError:  # brackets without an IPv6 address
        scheme, host = "", None
    local = host in {"127.0.0.1", "localhost", "::1"}
    spaced = any(c.isspace() for c in answer)
    if spaced or not host or not (scheme == "https" or (scheme == "http" and local)):
        raise UsageError(
            f"{answer!r} is not a start URL.",
            "a start URL looks like https://example.awsapps.com/start",
        )
    return answer


def validate_session_name(answer: str) -> str:
    """Returns a role session's name (STS AssumeRole, RoleSessionName)."""
    hint = "it has 2 to 64 letters, digits and _+=,.@-"
    return _matching(r"[\w+=,.@-]{2,64}", answer, "a session name", hint)


def validate_source_identity(answer: str) -> str:
    """Returns a source identity (STS AssumeRole, SourceIdentity)."""
    hint = "it has 2 to 64 letters, digits and _+=,.@-"
    return _matching(r"[\w+=,.@-]{2,64}", answer, "a source identity", hint)


def validate_external_id(answer: str) -> str:
    """Returns an external ID (STS AssumeRole, ExternalId)."""
    hint = "it has 2 or more letters, digits and _+=,.@:/-"
    return _matching(r"[\w+=,.@:/-]{2,1224}", answer, "an external ID", hint)


def validate_role_name(answer: str) -> str:
    """Returns the name of an Identity Center role (a permission set)."""
    hint = "use the permission set's name, such as ReadOnlyAccess"
    return _matching(r"[\w+=,.@-]{1,64}", answer, "a role name", hint)


def _matching(pattern: str, answer: str, what: str, hint: str) -> str:
    """Returns the answer without blanks around it. Raises UsageError if not all of it matches."""
    answer = answer.strip()
    if not re.fullmatch(pattern, answer, re.ASCII):
        raise UsageError(f"{answer!r} is not {what}.", hint)
    return answer


def validate_duration(answer: str) -> str:
    """Returns the duration of a role session in seconds, from 900 to 43200 (12 hours)."""
    seconds = seconds_of(answer)
    if seconds is None or not 900 <= seconds <= 43200:
        raise UsageError(f"{answer.strip()!r} is not a duration.", "enter 900 to 43200 seconds")
    return str(seconds)


def one_of(*allowed: str) -> Validator:
    """Returns a check that accepts only the words in ``allowed``."""

    def check(answer: str) -> str:
        if answer not in allowed:
            raise UsageError(f"{answer!r} is not valid here.", f"use one of {', '.join(allowed)}")
        return answer

    return check


REGION: Final = Field(
    "region",
    "Region",
    "the region that AWS calls go to, unless a command names another",
    "--region",
    validate_region,
    key="region",
    choices="regions",
)
OUTPUT: Final = Field(
    "output",
    "Output",
    "the output format of the AWS CLI: json, text, table, yaml, yaml-stream or off",
    "--output",
    one_of("json", "text", "table", "yaml", "yaml-stream", "off"),
    key="output",
    flags_only=True,
)
