"""The lines of both files that a profile's credentials depend on: those of its chain's sections.

While these lines are unchanged, so are the profile's credentials: an edit elsewhere does not
invalidate the cache. This reads files as most people write them. For any other file (two sections
of one name, names in quotes, a bracket within a line) it returns None, and the whole file counts.
It is on the ``credential-process`` hit path, so it works on bytes and imports nothing.
"""

from __future__ import annotations

# Variables that select the AWS endpoint. The region is not one of them: changing it must not ask
# for another MFA code.
SHAPING_VARIABLES = (
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_STS",
    "AWS_ENDPOINT_URL_SSO",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    # A proxy that plays AWS needs its own CA certificate.
    "AWS_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
)
_PLAIN = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./%@:+"
_BLANK = b" \t\r"
# The keys that name another section, and that section's type.
_REFERENCES = {
    b"source_profile": b"profile",
    b"sso_session": b"sso-session",
    b"services": b"services",
}
_TYPES = frozenset(_REFERENCES.values())

_Sections = dict[bytes, bytes]
"""The text below each header, by header: ``profile NAME`` in both files."""


def chain_lines(config: bytes, credentials: bytes, profile: bytes) -> list[bytes] | None:
    """Returns each section of the profile's chain: its header, and its lines in either file.

    None if the files, or these sections, have anything that needs a real parser.
    """
    in_config = _sections(config, in_config=True)
    in_credentials = _sections(credentials, in_config=False)
    if in_config is None or in_credentials is None or profile.translate(None, _PLAIN):
        return None
    found: list[bytes] = []
    waiting, seen = [b"profile " + profile], set()
    while waiting:
        header = waiting.pop()
        if header in seen:
            continue
        seen.add(header)
        found.append(header)
        for sections in (in_config, in_credentials):
            text = sections.get(header)
            references = [] if text is None else _references(text)
            if references is None:
                return None
            waiting += references
            found.append(b"-" if text is None else b"+" + _without_comments(text))
    return found


def _sections(data: bytes, *, in_config: bool) -> _Sections | None:
    """Returns the text below each header of a file; None if it is an unusual file."""
    if not _has_plain_lines(data):
        return None
    parts = (b"\n" + data).split(b"\n[")
    if data.count(b"[") != len(parts) - 1:
        data = _without_comments(data)  # a section that is commented out
        parts = (b"\n" + data).split(b"\n[")
        if data.count(b"[") != len(parts) - 1:
            return None
    found: _Sections = {}
    for part in parts[1:]:
        name, bracket, text = part.partition(b"]")
        if not bracket or (text and text[:1] != b"\n" and text[:2] != b"\r\n"):
            return None
        header = _header(name, in_config=in_config)
        if header is None or header in found:
            return None
        found[header] = text
    return found


def _has_plain_lines(data: bytes) -> bool:
    """True if the bytes are UTF-8, and only ``\\n`` and ``\\r\\n`` end a line."""
    if not data.isascii():
        try:
            data.decode()
        except UnicodeDecodeError:
            return False
    return b"\r" not in data or data.count(b"\r") == data.count(b"\r\n")


def _without_comments(text: bytes) -> bytes:
    """Returns the lines without comments that begin a line, and without blank ends."""
    if b"#" in text or b";" in text:
        lines = text.split(b"\n")
        text = b"\n".join(line for line in lines if line[:1] not in (b"#", b";"))
    return text.strip(b" \t\r\n")


def _header(name: bytes, *, in_config: bool) -> bytes | None:
    """Returns the header as the config file has it; None if it is written in an unusual way."""
    words = name.split(b" ")
    if name == b"DEFAULT" or not all(words) or name.translate(None, _PLAIN + b" "):
        return None
    if len(words) == 1:
        return b"profile " + name if not in_config or name == b"default" else name
    return name if in_config and len(words) == 2 and words[0] in _TYPES else None


def _references(text: bytes) -> list[bytes] | None:
    """Returns the headers of the sections that the lines refer to; None if that needs a parser."""
    lowered = text.lower()
    if b"credential_source" in lowered:
        return None  # the environment, a container or the machine
    if not any(key in lowered for key in _REFERENCES):
        return []
    found = []
    for line in text.split(b"\n"):
        lowered = line.lower()
        if line[:1] in (b"#", b";") or not any(key in lowered for key in _REFERENCES):
            continue
        key, _, value = line.partition(b"=")
        type_ = _REFERENCES.get(key.rstrip(_BLANK))
        value = value.strip(_BLANK)
        if type_ is None or value.translate(None, _PLAIN):
            return None
        found.append(type_ + b" " + value)
    return found
