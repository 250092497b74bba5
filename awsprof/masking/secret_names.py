"""Names of secrets: what the name of a key, an argument or a variable says about its value.

A name is split into words (``SecretAccessKey``, ``secret-access-key`` and ``secret_access_key`` are
the same). Names that only describe a secret, such as its file or its age, have values that may be
shown.
"""

import re
from functools import lru_cache
from typing import Final

from awsprof import key_ids
from awsprof.masking.secret_shapes import is_random_piece, looks_secret

PLACES: Final = frozenset({"aws_secret_access_key", "aws_session_token", "aws_security_token"})
"""The keys under which SDKs look for a secret: every value there is treated as one."""

_PUBLIC: Final = frozenset({"externalid", "rolesessionname", "sdkuaappid", "csmclientid"})
"""Names of random values that are no secrets: AWS shows them in trust policies and in CloudTrail.

Source: IAM User Guide, "How to use an external ID when granting access to your AWS resources to a
third party"; CloudTrail User Guide, "CloudTrail userIdentity element".
"""

_ALWAYS: Final = re.compile(
    r"secret|sceret|secert|token|passw|passphrase|passcode|passwort|apikey|privatekey|credential"
    r"|signature\Z"
)
_WORDS: Final = frozenset({"pass", "pwd", "pw", "bearer", "seed", "jwt", "psk"})
_KEY: Final = re.compile(
    r"(?:access|secret|private|api|auth|master|sign(?:ing)?|encrypt(?:ion)?|shared|account|aws)?keys?\Z"
)
QUOTES: Final = "\"'\u201c\u201d\u2018\u2019"
_ID: Final = re.compile(r"(?:key_?id|accesskey_?id)\Z")
# Describes a secret without being it: its location, its age, its type, what was wrong with it.
_ABOUT: Final = re.compile(
    r"_(?:file|filename|path|dir|url|uri|endpoint|arn|name|names|process|command|cmd|helper|source|"
    r"ttl|age|days|duration|seconds|hours|expir[a-z]*|lifetime|length|size|count|version|type|"
    r"format|prefix|suffix|region|cache|store|backend|provider|service|prompt|max|min|policy|"
    r"enabled|disabled|rotation|stdin|env|var|label|alias|uuid|host|port|error|exception)\Z"
)
_OPEN: Final = frozenset(  # keys that are no secrets: of an object, a table, a public key pair
    {"public", "kms", "s3", "object", "bucket", "partition", "sort", "primary", "state", "host"}
)
_HARMLESS: Final = re.compile(
    r"arn:[\w\-]+:\S+|alias/\S+|[\w\-]+://[^\s:@]+(?:/\S*)?|(?:true|false|yes|no|on|off|none|null)"
    r"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{1,5}[smhd]?|\*+|<[^>]*>|\$\{?\w+\}?|%\w+%"
    r"|(?:~|\.{1,2})?(?:/[\w.@ +\-]+)+/?|[A-Za-z]:[\\/]\S*|~?[\w.\-]+(?:/[\w.\-]+)+|"
    r"[\w\-]+\.[a-z]{2,8}",
    re.IGNORECASE,
)
_KEY_FILE: Final = re.compile(  # --private-key ~/.ssh/client.key names a file
    r"(?:~|\.{1,2}|\$\w+|[A-Za-z]:)?[/\\][\w.@ +\-/\\]*"
    r"\.(?:key|pem|p8|p12|pfx|crt|cer|der|ppk|txt)",
    re.IGNORECASE,
)
PLACEHOLDER: Final = re.compile(r"\{\{(?:history|file)/[0-9a-f]{32,64}\}\}|\*{3}|Secret\(\*{3}\)")


@lru_cache(4096)
def name_kind(name: str) -> str:
    """Classifies a name by the kind of value it has.

    ``place``: a key under which SDKs look for a secret; ``secret``: the value is a secret;
    ``id``: the value is an access key ID; ``key``: the value may be a secret; empty: none of these.
    """
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip().strip(QUOTES + "$"))
    words = re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")
    joined = words.replace("_", "")
    if words in PLACES:
        return "place"
    if looks_secret(name):
        return ""  # the name is a secret itself
    if _ABOUT.search("_" + words):
        return ""
    if joined in {"credentialprocess", "credentialsource", "credentials"}:
        return ""
    if _ALWAYS.search(joined) or not _WORDS.isdisjoint(words.split("_")):
        return "secret"
    if _ID.search(words):
        return "id" if "access" in words or words in {"key_id", "keyid"} else ""
    parts = words.split("_")
    if any(_KEY.match(part) for part in parts) and _OPEN.isdisjoint(parts):
        return "key"
    return ""


def is_public(name: str) -> bool:
    """True if a name's value is random but no secret, such as an external ID."""
    return re.sub(r"[^a-z0-9]", "", name.lower().removeprefix("aws_")) in _PUBLIC


_NO_VALUE: Final = re.compile(
    r"none|null|nil|true|false|undefined|empty|unset|todo|change_?me|x+|\.+|-+", re.IGNORECASE
)


def stands_for_nothing(value: str) -> bool:
    """True for a word such as None or xxxx, which programs and people write where no value is."""
    return _NO_VALUE.fullmatch(value) is not None


_VARIABLE: Final = re.compile(r"\$\{?[A-Z_][A-Z0-9_]*\}?")  # a shell replaces it with a value


def is_secret_by_name(name: str, value: str) -> bool:
    """True if a value (not empty, without quotes) is a secret because of its name."""
    kind = name_kind(name)
    if not kind or PLACEHOLDER.fullmatch(value) or _VARIABLE.fullmatch(value):
        return False
    if not value.strip("=: "):
        return False  # the sign of an assignment without a value
    if kind == "place":
        return True
    if kind == "id":
        return not key_ids.is_unique_id(value)
    if kind == "key":
        harmless = _HARMLESS.fullmatch(value) and not is_random_piece(value)
        return not key_ids.is_unique_id(value) and not harmless
    if "key" in name.lower() and _KEY_FILE.fullmatch(value):
        return False
    return re.fullmatch(r"(?i)arn:\S+|true|false|none|null|\$\{?\w+\}?|op://\S+", value) is None


_ESCAPED_BLANKS: Final = re.compile(r"(?:\\(?:xa0|xad|u20[0-6][0-9a-f]|ufeff))+")


def unquoted_value(value: str) -> str:
    """Returns the value without quotes, commas, semicolons and (escaped) blanks around it."""
    escaped = _ESCAPED_BLANKS.match(value)
    if escaped:
        value = value[escaped.end() :]
    return value.strip().strip(QUOTES + "\\,;").strip()
