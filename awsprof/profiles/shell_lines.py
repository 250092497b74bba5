"""Recognises shell lines pasted into a config file: export AWS_ACCESS_KEY_ID=… .

The access portal and `aws sts` print such lines for a terminal; no SDK reads them in a file.
"""

import re
from dataclasses import dataclass, field
from typing import Final

_LINE: Final = re.compile(
    r"(?:(?:export|set|setx|declare\s+-x|setenv)\s+|\$env:)(?P<name>AWS_\w+)"
    r"(?:\s*=\s*|\s+)(?P<value>.*)\Z",
    re.IGNORECASE,
)
_KEYS: Final = {  # environment variables and the config keys with the same meaning
    "AWS_ACCESS_KEY_ID": "aws_access_key_id",
    "AWS_SECRET_ACCESS_KEY": "aws_secret_access_key",
    "AWS_SESSION_TOKEN": "aws_session_token",
    "AWS_SECURITY_TOKEN": "aws_session_token",
    "AWS_DEFAULT_REGION": "region",
    "AWS_REGION": "region",
    "AWS_DEFAULT_OUTPUT": "output",
    "AWS_ROLE_ARN": "role_arn",
    "AWS_CA_BUNDLE": "ca_bundle",
    "AWS_ENDPOINT_URL": "endpoint_url",
}


@dataclass(frozen=True)
class ShellLine:
    """The variable that a line sets, the equivalent config key (if any), and the value."""

    variable: str
    key: str | None
    value: str = field(repr=False)


def shell_line(text: str) -> ShellLine | None:
    """Parses a line without its indent; None if it does not set an AWS variable."""
    match = _LINE.match(text)
    if match is None:
        return None
    value = match["value"].strip().rstrip(";").strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1].strip()
    name = match["name"].upper()
    return ShellLine(name, _KEYS.get(name), value)
