"""Finds lost and extra line breaks: two lines joined into one, and one line split into two.

Editors, chats and terminals cause both. One line alone does not show it: the text on each side of
the break must be what it would be, a header, a known key, the rest of an ARN.
"""

import re
from collections.abc import Collection, Iterable
from typing import Final

from awsprof.configfile.dialects import portable_name
from awsprof.configfile.key_lines import delimiter_index
from awsprof.configfile.parse import Block, FileKind, ParsedOption, is_comment, section_id
from awsprof.masking.secret_shapes import SECRET_LENGTH

_HEADED: Final = re.compile(r"(\[[^\[\]]+\])\s*([^\s#;].*)\Z")
_GLUED: Final = re.compile(
    r"(?P<before>.*?[^\s\[\]])\s*(?P<header>\[(?P<name>[^\[\]]+)\](?:\s+[#;][^\]]*)?)\Z"
)
_COMMENT: Final = re.compile(r"\s[#;]")  # a comment contains no header
_KNOWN_KEYS: Final = (  # long enough not to be part of another word
    "aws_access_key_id|aws_secret_access_key|aws_session_token|role_arn|source_profile|mfa_serial"
    "|credential_process|sso_session|sso_account_id|sso_role_name|sso_start_url|sso_region"
)
_SECOND: Final = re.compile(
    rf"\S(?:(?P<glued>(?:{_KNOWN_KEYS})\s*=\s*\S)|\s+(?P<apart>(?:{_KNOWN_KEYS}|region|output)\s*=\s*\S))"
)
_TIGHT: Final = re.compile(  # a region or an output format directly followed by a key
    rf"(?:[a-z]{{2,4}}(?:-[a-z]+){{1,3}}-\d|json|yaml|text|table)(?P<glued>(?:{_KNOWN_KEYS}|region|output)"
    r"\s*=\s*\S)"
)
_ARN: Final = re.compile(r"arn:[a-z\-]+:(?:iam|sts)::\d+:(?:role|user|mfa)/[\w+=,.@/\-]+")
_BASE64: Final = re.compile(r"[A-Za-z0-9/+]+={0,2}\Z")
_TOKENS: Final = frozenset({"aws_session_token", "aws_security_token"})
_FREE_TEXT_KEYS: Final = frozenset(
    {"credential_process", "mfa_process", "cli_pager"}
)  # values may be any text


def split_glued_line(line: str, kind: FileKind, *, bare: bool = False) -> tuple[str, ...]:
    """Returns the lines that one line (without its indent) was; itself if no break got lost.

    ``bare``: a header glued to a value may be a name only, because the lines below suggest it.
    """
    text = line.strip()
    at = delimiter_index(text)
    if is_comment(text) or ("[" not in text and (at is None or "=" not in text[at + 1 :])):
        return (text,)  # neither a header nor a second key
    headed = _HEADED.match(text)
    if headed is not None and _is_key(headed[2]):
        return (headed[1], *split_glued_line(headed[2], kind, bare=bare))
    if at is None or text.startswith("["):
        return (text,)
    name = text[:at].strip().lower()
    glued = _GLUED.match(text, at + 1)
    in_comment = glued is not None and _COMMENT.search(glued["before"]) is not None
    if (
        glued is not None
        and not in_comment
        and _is_header(glued["name"], kind, bare=bare and name not in _FREE_TEXT_KEYS)
    ):
        before = text[: at + 1] + glued["before"]
        return (*split_glued_line(before, kind), glued["header"])
    where = _second_key(text, at + 1, name)
    if where is not None:
        return (text[:where].strip(), *split_glued_line(text[where:], kind, bare=bare))
    return (text,)


def _second_key(text: str, start: int, name: str) -> int | None:
    """Returns the index of another key in the value of ``name``, which begins at ``start``."""
    if name in _FREE_TEXT_KEYS:
        return None
    if name in ("region", "output"):
        value = start + len(text[start:]) - len(text[start:].lstrip())
        tight = _TIGHT.match(text, value)
        if tight is not None:
            return tight.start("glued")
    second = _SECOND.search(text, start)
    return second.start("glued" if second["glued"] else "apart") if second else None


def _is_key(text: str) -> bool:
    return re.match(rf"(?:{_KNOWN_KEYS}|region|output)\s*[=:]\s*\S", text) is not None


def _is_header(name: str, kind: FileKind, *, bare: bool) -> bool:
    if kind is FileKind.CONFIG and section_id(name, kind).type != "other":
        return True
    return name == "default" or (bare and portable_name(name))


def ends_in_header(line: str) -> bool:
    """True if a key's line ends in a header, possibly only a name in brackets."""
    found = split_glued_line(line, FileKind.CONFIG, bare=True)
    return len(found) > 1 and found[-1].startswith("[")


def split_glued_key(
    block: Block, keys: Collection[ParsedOption], key: ParsedOption, kind: FileKind
) -> tuple[str, ...]:
    """Returns the lines that a key's line was; a bare name counts only if keys repeat below it."""
    line = block.lines[key.start]
    if "[" not in line:
        return split_glued_line(line, kind)
    above = {other.name for other in keys if other.start <= key.start}
    anew = any(other.name in above for other in keys if other.start > key.start)
    return split_glued_line(line, kind, bare=anew)


def wrapped_line_count(key: ParsedOption, block: Block, following: Iterable[ParsedOption]) -> int:
    """Returns how many lines below a key's line belong to its value; 0 if the value is whole.

    ``following`` is read only as far as its lines belong to the value.
    """
    parts: Iterable[str] = [part for part in key.parts[1:] if part]
    parts = parts or (block.lines[other.start].strip() for other in following)
    whole, count = key.parts[0], 0
    for part in parts:
        if not _continues_value(key.name, whole, part):
            break
        whole += part
        count += 1
    return count


def _continues_value(key: str, value: str, below: str) -> bool:
    if not value or " " in below:
        return False
    start = value.rfind("arn:")
    if start >= 0 and _ARN.fullmatch((value + below)[start:]):
        return not _ARN.fullmatch(value[start:]) or value.endswith("/")
    if key == "aws_secret_access_key":
        whole = value + below
        return len(whole) == SECRET_LENGTH and _BASE64.match(whole) is not None
    tokens = key in _TOKENS and len(value) > SECRET_LENGTH
    return tokens and len(below) > 3 and _BASE64.match(below) is not None
