"""Fields of a kind, and the checks that an answer to one must pass.

A check takes the answer as typed and gives it as it is written, or raises UsageError with one
clear sentence. Sources: the IAM, STS and IAM Identity Center API references' patterns.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from awsprof.errors import UsageError
from awsprof.key_ids import is_access_key_id, is_long_term
from awsprof.secret_shapes import looks_secret

if TYPE_CHECKING:
    from awsprof.profiles.catalog import Catalog

Check = Callable[[str], str]

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
    """One thing to ask for: how it is called, checked, explained, and where its choices are.

    ``key`` is the config key it becomes, if it is one as it stands; ``choices`` names a source of
    choices: regions, profiles, mfa-devices, sso-sessions, sso-accounts, sso-roles; ``options`` are
    choices that are always the same, the recommended one first. ``asked`` tells, from the answers
    so far, whether a person has to be asked at all; without it they always are. ``required`` is
    meant where it is asked.
    """

    name: str
    label: str
    explain: str
    flag: str
    check: Check
    key: str | None = None
    required: bool = False
    secret: bool = False
    choices: str | None = None
    options: tuple[tuple[str, str], ...] = ()
    asked: "Callable[[Mapping[str, str], Catalog], bool] | None" = None
    default: str = ""


def flags_only(answers: Mapping[str, str], catalog: "Catalog") -> bool:
    """For what those who need it know by name: `awsprof add` and `awsprof set` have it."""
    return False


def _wrong(what: str, mend: str) -> UsageError:
    return UsageError(what, mend)


def plain_text(answer: str) -> str:
    """Any text on one line that both dialects read alike (the document checks the rest)."""
    return answer.strip()


def validate_role_arn(answer: str) -> str:
    """A role's ARN, in any partition."""
    answer = answer.strip()
    if not ROLE_ARN.match(answer):
        raise _wrong(
            f"{answer!r} is no role ARN.", "it looks like arn:aws:iam::123456789012:role/Name"
        )
    return answer


def validate_account_id(answer: str) -> str:
    """The twelve digits of an account, dashes and blanks left out."""
    digits = re.sub(r"[\s-]", "", answer)
    if not re.fullmatch(r"[0-9]{12}", digits):
        raise _wrong(f"{answer!r} is no account id.", "it has twelve digits: 123456789012")
    return digits


def validate_region(answer: str) -> str:
    """A region's code. One that is unknown here may be newer than we are, and is taken."""
    answer = answer.strip().lower()
    if not _REGION.match(answer):
        raise _wrong(f"{answer!r} is no region.", "it looks like eu-west-1")
    return answer


def validate_mfa_serial(answer: str) -> str:
    """The ARN of a virtual MFA device, or the serial number of a hardware one."""
    answer = answer.strip()
    match = MFA_ARN.match(answer)
    if match and match["type"] == "u2f":
        raise _wrong(
            "That is a FIDO security key, which has no code that STS takes.",
            "use IAM Identity Center, or add a virtual MFA device to the user",
        )
    if not match and not re.fullmatch(r"[A-Za-z0-9]{9,64}", answer):
        raise _wrong(
            f"{answer!r} is no MFA device.",
            "it looks like arn:aws:iam::123456789012:mfa/alice, or is a hardware serial number",
        )
    return answer


def validate_access_key_id(answer: str) -> str:
    """The id of a long-term access key."""
    answer = answer.strip()
    if answer.startswith("ASIA"):
        raise _wrong(
            "That is a temporary key: it ends by itself, and is of no use in a profile.",
            "give the id of a long-term key, which begins with AKIA",
        )
    if looks_secret(answer):
        raise _wrong(
            "That looks like a secret, and not like an id: the two look swapped.",
            "give the id here, which begins with AKIA, and the secret where it is asked for",
        )
    if not is_long_term(answer):
        raise _wrong(
            "That is no access key id.", "it looks like AKIAIOSFODNN7EXAMPLE (20 characters)"
        )
    return answer


def validate_secret_access_key(answer: str) -> str:
    """A secret access key: 40 characters. The error never shows it."""
    answer = answer.strip()
    if is_access_key_id(answer):
        raise _wrong(
            "That is the id of an access key: the id and the secret look swapped.",
            "give the secret here, which AWS showed beside the id",
        )
    if not re.fullmatch(r"[A-Za-z0-9/+=]{40,128}", answer):
        raise _wrong("That is no secret access key.", "it has 40 letters, digits, / and +")
    return answer


def validate_start_url(answer: str) -> str:
    """The start URL of Identity Center, as given; plain http on this machine alone."""
    answer = answer.strip()
    try:
        parts = urlsplit(answer)
        scheme, host = parts.scheme, parts.hostname
    except ValueError:  # brackets that are no address
        scheme, host = "", None
    local = host in {"127.0.0.1", "localhost", "::1"}
    if not host or not (scheme == "https" or (scheme == "http" and local)):
        raise _wrong(
            f"{answer!r} is no start URL.", "it looks like https://example.awsapps.com/start"
        )
    return answer


def validate_session_name(answer: str) -> str:
    """A role session's name (STS AssumeRole, RoleSessionName)."""
    answer = answer.strip()
    if not re.fullmatch(r"[\w+=,.@-]{2,64}", answer, re.ASCII):
        raise _wrong(
            f"{answer!r} is no session name.", "it has 2 to 64 letters, digits and _+=,.@-"
        )
    return answer


def validate_external_id(answer: str) -> str:
    """An external id (STS AssumeRole, ExternalId)."""
    answer = answer.strip()
    if not re.fullmatch(r"[\w+=,.@:/-]{2,1224}", answer, re.ASCII):
        raise _wrong(
            f"{answer!r} is no external id.", "it has 2 or more letters, digits and _+=,.@:/-"
        )
    return answer


def validate_role_name(answer: str) -> str:
    """The name of an Identity Center role (a permission set)."""
    answer = answer.strip()
    if not re.fullmatch(r"[\w+=,.@-]{1,64}", answer, re.ASCII):
        raise _wrong(f"{answer!r} is no role name.", "it is the permission set's: ReadOnlyAccess")
    return answer


def validate_duration(answer: str) -> str:
    """Seconds that a role's session lasts: from 15 minutes to 12 hours."""
    answer = answer.strip()
    if not answer.isascii() or not answer.isdigit() or not 900 <= int(answer) <= 43200:
        raise _wrong(f"{answer!r} is no duration.", "give seconds, from 900 to 43200")
    return str(int(answer))


def one_of(*allowed: str) -> Check:
    """A check for a few fixed words."""

    def check(answer: str) -> str:
        if answer not in allowed:
            raise _wrong(f"{answer!r} is not possible here.", f"it is one of {', '.join(allowed)}")
        return answer

    return check


REGION: Final = Field(
    "region",
    "Region",
    "where this profile's calls go unless a command says otherwise",
    "--region",
    validate_region,
    key="region",
    choices="regions",
)
OUTPUT: Final = Field(
    "output",
    "Output",
    "how the AWS CLI prints",
    "--output",
    one_of("json", "text", "table", "yaml", "yaml-stream", "off"),
    key="output",
    asked=flags_only,
)
