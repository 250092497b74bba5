"""Diagnose a malformed section header: what it was meant to name, and how to write it."""

import difflib
import re
from configparser import DEFAULTSECT
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from awsprof.configfile.dialects import portable_name
from awsprof.configfile.parse import FileKind, SectionId, header_in, is_comment, section_id

_PREFIX: Final = re.compile(r"(profile|sso-session|services)\s+(?=\S)(.*)", re.IGNORECASE)
_ODD_PREFIX: Final = re.compile(r"(profile|sso-session|services)\S*\s+(?=\S)(.*)")
_APART: Final = re.compile(r"sso[\s_]+session\s+(?=\S)", re.IGNORECASE)
_UNCLEAR: Final = re.compile(r"(?:profile|sso-session|services)[-_.:/]?[^\s\"']*\Z")
_NAMELESS: Final = frozenset({"profile", "sso-session", "services"})
_UNOPENED: Final = re.compile(
    r"((profile|sso-session|services) +)?[A-Za-z0-9_\-/.%@:+]+\]", re.ASCII
)
_DOUBLED: Final = re.compile(r"(?:\[\[([^\[\]]+)\]\]?|\[([^\[\]]+)\]\])")
_CLI_SECTIONS: Final = frozenset({"plugins", "preview"})  # sections of the AWS CLI


def _misspelt_type(text: str) -> tuple[str, str] | None:
    """Returns section type and name of a header whose type is misspelt, such as sso_session."""
    text = _APART.sub("sso-session ", text)
    first, _, name = text.partition(" ")
    name = name.strip()
    bare = first.lower().strip(":")
    if not name or (" " in name.strip("\"'") and name[:1] not in "\"'"):
        return None
    close = difflib.get_close_matches(bare, sorted(_NAMELESS), n=1, cutoff=0.8)
    return (close[0], name) if close else None


class HeaderProblem(StrEnum):
    """What is wrong with a header."""

    UNCLOSED = "it has no ']'"
    BRACKET = "the comment after it has a ']', which boto3 reads as the header's end"
    DOUBLED = "it has two brackets where one belongs"
    TRAILING_TEXT = "it has text after its ']'"
    COMMENT_CHARACTER = (
        "other SDKs read '#' or ';' in a name as a comment, and then cannot read the file"
    )
    PADDED = "boto3 reads the white space inside its brackets as part of the name"
    QUOTE = "its quotes are wrong"
    SPACE = "a name with a space needs quotes"
    ODD_SPACE = "a no-break space or the like is where an ordinary space belongs"
    PREFIX = "its first word is misspelt"
    NAMELESS = "it names nothing"
    NO_PREFIX = "in this file a profile's header starts with the word profile"
    PROFILE = "in the credentials file a header is only the profile's name"
    MISPLACED = "it only has an effect in the config file"


@dataclass(frozen=True)
class HeaderIssue:
    """What is wrong with a header line, and the section it was meant to name, if that is clear.

    ``new`` is the corrected line, None if only you can know; ``above`` is the text after the
    header, for a line of its own above it.
    """

    wrong: HeaderProblem
    meant: SectionId | None = None
    new: str | None = None
    above: str = ""


def diagnose(line: str, kind: FileKind) -> HeaderIssue | None:
    """Returns what is wrong with a header line (without its indent); None if it is correct."""
    doubled = _DOUBLED.fullmatch(line.rstrip())
    if doubled:
        return _with_one_bracket(doubled[1] or doubled[2], HeaderProblem.DOUBLED, kind)
    inner, bracket, behind = line[1:].partition("]")
    if not bracket:
        return _with_one_bracket(inner, HeaderProblem.UNCLOSED, kind)
    tail = behind.strip()
    comment = not tail or is_comment(tail)
    greedy = header_in(line) != inner
    wrong = _problem_in(inner, kind)
    if (wrong is None and comment and not greedy) or inner in _CLI_SECTIONS or inner == DEFAULTSECT:
        return None
    meant = _intended_section(inner, kind)
    if wrong is None:
        wrong = HeaderProblem.BRACKET if greedy and comment else HeaderProblem.TRAILING_TEXT
    unclear = wrong is HeaderProblem.COMMENT_CHARACTER or (greedy and not comment)
    header = None if meant is None or unclear else _header(meant, kind)
    if header is None:
        return HeaderIssue(wrong, meant)
    if comment and not greedy:
        return HeaderIssue(wrong, meant, f"[{header}]{behind}".rstrip())
    above = tail if comment else f"# {tail}"
    return HeaderIssue(wrong, meant, f"[{header}]", above)


def fix_unopened(line: str) -> str:
    """Returns how to fix a header whose first bracket is missing; "" for any other line."""
    header = _UNOPENED.fullmatch(line.strip())
    return f"write the header as [{header[0]} in an editor" if header else ""


def _with_one_bracket(inner: str, wrong: HeaderProblem, kind: FileKind) -> HeaderIssue:
    meant = _intended_section(inner, kind)
    clear = meant is not None and not _problem_in(inner, kind)
    return HeaderIssue(wrong, meant if clear else None, f"[{inner.strip()}]" if clear else None)


def _problem_in(inner: str, kind: FileKind) -> HeaderProblem | None:
    """Returns what is wrong between the brackets."""
    read = section_id(inner, kind)
    text = inner.strip()
    if "#" in inner or ";" in inner:
        return HeaderProblem.COMMENT_CHARACTER
    if not text:
        return HeaderProblem.NAMELESS
    if kind is FileKind.CREDENTIALS:
        return _credentials_problem(inner)
    if text in _NAMELESS:
        return HeaderProblem.NAMELESS
    if inner != text:
        return HeaderProblem.PADDED
    prefixed = _PREFIX.match(text)
    if prefixed is None and read.type == "other" and (_misspelt_type(text) or _UNCLEAR.match(text)):
        return HeaderProblem.PREFIX
    if read.type != "other":
        plain = read == SectionId.profile("default") or (prefixed and prefixed[1] == read.type)
        return None if plain else HeaderProblem.PREFIX
    if prefixed is None:
        return HeaderProblem.PREFIX if text.lower() == "default" else HeaderProblem.NO_PREFIX
    if prefixed[1] != prefixed[1].lower():
        return HeaderProblem.PREFIX
    return _name_problem(text)


def _name_problem(text: str) -> HeaderProblem:
    """Returns what is wrong with a name that botocore cannot split off its prefix."""
    if '"' in text or "'" in text:
        return HeaderProblem.QUOTE
    return HeaderProblem.ODD_SPACE if re.search(r"[^\S \t]", text) else HeaderProblem.SPACE


def _credentials_problem(inner: str) -> HeaderProblem | None:
    text = inner.strip()
    prefixed = _PREFIX.match(text)
    if prefixed is None and (near := _misspelt_type(text)) is not None:
        return HeaderProblem.PROFILE if near[0] == "profile" else HeaderProblem.MISPLACED
    if prefixed and prefixed[1] in {"sso-session", "services"}:
        return HeaderProblem.MISPLACED
    if prefixed and prefixed[1].lower() == "profile":
        return HeaderProblem.PROFILE
    if inner != text:
        return HeaderProblem.PADDED
    return HeaderProblem.QUOTE if text[0] in "\"'" or text[-1] in "\"'" else None


def _intended_section(inner: str, kind: FileKind) -> SectionId | None:
    text = inner.strip()
    read = section_id(text, kind)
    if kind is FileKind.CONFIG and (read.type != "other" or text in _NAMELESS):
        return read if read.type != "other" else None
    prefixed = _PREFIX.match(text) or _ODD_PREFIX.match(text)
    if prefixed is None and text.lower() == "default":
        return SectionId.profile("default")
    near = None if prefixed else _misspelt_type(text)
    if near is None and prefixed is None and kind is FileKind.CONFIG and _UNCLEAR.match(text):
        return None  # [profile-x]: the profile of that name, or [profile x]?
    section, name = (prefixed[1].lower(), prefixed[2]) if prefixed else near or ("profile", text)
    if section == "profile" and kind is FileKind.CONFIG and (second := _PREFIX.fullmatch(name)):
        section, name = second[1].lower(), second[2]  # [profile sso-session x]
    if kind is FileKind.CREDENTIALS and section != "profile":
        return SectionId(section, name)
    name = name.strip("\"'").strip()
    return SectionId(section, name) if name else None


def _header(meant: SectionId, kind: FileKind) -> str | None:
    """Returns the header that both dialects, or at least botocore, read as ``meant``."""
    name = meant.name
    if '"' in name or "'" in name or "\\" in name or "]" in name or "[" in name:
        return None
    if kind is FileKind.CREDENTIALS:
        if name == DEFAULTSECT:
            return None
        header = name
    elif meant == SectionId.profile("default"):
        header = "default"
    else:
        quoted = name if portable_name(name) or not re.search(r"\s", name) else f'"{name}"'
        header = f"{meant.type} {quoted}"
    return header if section_id(header, kind) == meant else None
