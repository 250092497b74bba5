"""Reads an access key from a CSV file, the environment, stdin, or a profile in plain text.

The CSV file has the columns "Access key ID" and "Secret access key"; an older format begins with
"User name" and "Password". Byte order marks, UTF-16, CRLF and quotes are accepted, and the
semicolons or tabs that spreadsheets write instead of commas.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from awsprof import key_ids, parsing
from awsprof.configfile.key_lines import split_inline_comment
from awsprof.errors import FileError, UsageError
from awsprof.profiles import key_shapes
from awsprof.profiles.model import Profile
from awsprof.profiles.provider_order import key_in_vault
from awsprof.secret import Secret
from awsprof.shells import arguments
from awsprof.text import sanitize

_LARGEST = 64 * 1024  # bytes: one key takes about 100
_ID_COLUMN = "access key id"
_SECRET_COLUMN = "secret access key"  # noqa: S105  # a column name
_ID, _SECRET = "aws_access_key_id", "aws_secret_access_key"


@dataclass(frozen=True)
class KeyFile:
    """The access key ID, the secret, and the user's name if the file has it.

    Raises UsageError if the ID is not one; it is never shown, since it could be the secret.
    """

    key_id: str
    secret: Secret
    user: str | None

    def __post_init__(self) -> None:
        if key_ids.is_access_key_id(self.key_id):
            return
        if key_ids.is_access_key_id(self.secret.reveal()):
            raise UsageError(
                "The ID and the secret look swapped.", "give the ID, which begins with AKIA, first"
            )
        raise UsageError(
            "The access key ID is not valid.",
            "it looks like AKIAIOSFODNN7EXAMPLE (20 characters)",
        )


def read_csv(path: Path) -> KeyFile:
    """Returns the access key in the file. Raises UsageError if it has none, or several."""
    return parse_csv(_text(path), str(path))


def parse_csv(text: str, source: str) -> KeyFile:
    """Returns the access key in the text; ``source`` names the text in errors."""
    with parsing.wrap_parse_errors(source, "download it from the console again", UsageError):
        # Spreadsheets write all three kinds of line ends.
        lines = text.replace("\r\n", "\n").replace("\r", "\n")
        try:
            delimiter = max(",;\t", key=lines.partition("\n")[0].count)
            rows = list(csv.DictReader(io.StringIO(lines), strict=True, delimiter=delimiter))
        except csv.Error as exc:
            raise parsing.InvalidValue("it is not CSV") from exc
    keys = [row for row in map(_lowered, rows) if _ID_COLUMN in row and row.get(_SECRET_COLUMN)]
    if not keys:
        raise UsageError(
            f"{source} is not a key file of the AWS console: it needs the columns"
            ' "Access key ID" and "Secret access key".',
            "download the .csv file right after the console has created the key",
        )
    if len(keys) > 1:
        raise UsageError(
            f"{source} has {len(keys)} access keys, but a profile has one.",
            "leave only the key that you want in the file",
        )
    row = keys[0]
    return KeyFile(row[_ID_COLUMN], Secret(row[_SECRET_COLUMN]), row.get("user name") or None)


def _lowered(row: dict[str, str]) -> dict[str, str]:
    return {k.strip().lower(): v.strip() for k, v in row.items() if k and isinstance(v, str)}


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as exc:
        raise FileError(f"{path} cannot be read: {exc.strerror}.", "check the path") from exc
    if len(data) > _LARGEST:
        raise UsageError(f"{path} is too large for a key file.", "check the path")
    try:
        text = data.decode("utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8")
        return text.lstrip("\ufeff")
    except UnicodeError as exc:
        raise UsageError(f"{path} is not a text file.", "check the path") from exc


def key_from_environment(environment: Mapping[str, str]) -> KeyFile:
    """Returns the key in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.

    Raises UsageError if they are not set, or temporary.
    """
    key_id = environment.get("AWS_ACCESS_KEY_ID", "").strip()
    secret = environment.get("AWS_SECRET_ACCESS_KEY", "").strip()
    if not key_id or not secret:
        raise UsageError(
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set.",
            "set both, or use --csv FILE or --stdin",
        )
    token = environment.get("AWS_SESSION_TOKEN") or environment.get("AWS_SECURITY_TOKEN")
    return _require_long_term(KeyFile(key_id, Secret(secret), None), token)


def key_from_stdin(text: str) -> KeyFile:
    """Returns the key in a text: ID and secret on a line each, or the console's CSV."""
    lines = [line.strip() for line in text.lstrip("\ufeff").splitlines() if line.strip()]
    if len(lines) == 2 and "," not in text:
        return _require_long_term(KeyFile(lines[0], Secret(lines[1]), None), None)
    if len(lines) < 2:
        raise UsageError(
            "stdin has no access key.", "write its ID on one line, and its secret on the next"
        )
    return _require_long_term(parse_csv("\n".join(lines), "stdin"), None)


def key_from_profile(profile: Profile) -> KeyFile:
    """Returns the profile's key in plain text. Raises UsageError if it has none."""
    key_id, secret = profile.get("aws_access_key_id"), profile.get("aws_secret_access_key")
    if not key_id or not secret:
        raise UsageError(
            f"{sanitize(profile.name)} has no access key in plain text{_what_it_has(profile)}.",
            "name the profile that has the key; awsprof keys list shows them",
        )
    if key_shapes.is_swapped(key_id, secret):
        raise UsageError(
            "The ID and the secret look swapped.",
            f"awsprof doctor --fix key-id-shape, then awsprof keys move {arguments(profile.name)}",
        )
    _require_shape(profile, key_id, secret)
    key = KeyFile(key_id, Secret(secret), None)
    tokens = [name for name in ("aws_session_token", "aws_security_token") if profile.get(name)]
    if tokens and key_ids.is_long_term(key_id):
        raise UsageError(
            f"{key_id} is a long-term key, which has no session token, but the profile has an"
            f" {tokens[0]} too. SDKs send both, and AWS rejects them.",
            f"awsprof unset {arguments(profile.name)} {tokens[0]}, then awsprof keys move"
            f" {arguments(profile.name)}",
        )
    return _require_long_term(key, tokens[0] if tokens else None)


def _what_it_has(profile: Profile) -> str:
    """Returns what the profile has in place of a key, as the end of a sentence; may be empty."""
    if profile.get("role_arn"):
        source = profile.get("source_profile")
        at = f", which signs in with the key of {sanitize(source)}" if source else ""
        return f": it is a role{at}"
    if (known := key_in_vault(profile)) is not None:
        return f": {key_ids.display_id(known)} is in the vault already"
    if profile.get("sso_session") or profile.get("sso_start_url"):
        return ": it signs in with IAM Identity Center"
    return ""


def is_key_of_aws(key_id: str, secret: str) -> bool:
    """True if the ID and the secret have the shape of AWS's own."""
    return key_shapes.id_problem(key_id) is None and key_shapes.secret_problem(secret) is None


def _require_shape(profile: Profile, key_id: str, secret: str) -> None:
    """Raises UsageError if AWS can have made no such key; the fix loses none of it."""
    name = arguments(profile.name)
    for key, text, check, find_problem, whole in (
        (_ID, key_id, "key-id-shape", key_shapes.id_problem, key_shapes.whole_id(key_id)),
        (
            _SECRET,
            secret,
            "secret-shape",
            key_shapes.secret_problem,
            key_shapes.whole_secret(secret),
        ),
    ):
        problem = find_problem(text)
        if problem is None:
            continue
        fix = f"awsprof add keys {name} asks for the whole key"
        bare, comment = split_inline_comment(text)
        if comment and find_problem(bare) is None:
            problem = "has a comment after it, which boto3 takes for a part of it"
            fix = f"awsprof doctor --fix inline-comment, then awsprof keys move {name}"
        elif whole is not None:
            fix = f"awsprof doctor --fix {check}, then awsprof keys move {name}"
        elif profile.get("endpoint_url") or profile.get("services"):
            fix = "leave it in the file: the vault is for keys that AWS knows"
        raise UsageError(f"The {key} of {sanitize(profile.name)} {problem}.", fix)


def _require_long_term(key: KeyFile, token: str | None) -> KeyFile:
    if token or not key_ids.is_long_term(key.key_id):
        raise UsageError(
            f"{key_ids.display_id(key.key_id)} is a temporary key, not a long-term one.",
            "a long-term key's ID begins with AKIA; for a role: awsprof setup role",
        )
    return key
