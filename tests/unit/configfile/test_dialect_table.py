"""The rest of the dialects' table, where botocore itself reads the same files beside ours."""

from pathlib import Path
from typing import Any

import pytest
from botocore.configloader import load_config, raw_config_parse
from botocore.exceptions import ConfigParseError

from awsprof.configfile.dialects import as_botocore, as_sdk
from awsprof.configfile.document import FileKind, SectionId

FAILS = "the file fails"
P = "[profile a]\n"
Seen = dict[str, Any] | str

# The text of a config file; the profiles that botocore reads in it, and the other SDKs.
TABLE: dict[str, tuple[str, Seen, Seen]] = {
    "indented comment with no '=' in a nested block": (
        P + "s3 =\n  k = v\n  # c\n",
        {"a": {"s3": {"k": "v"}}},
        FAILS,
    ),
    "indented comment with an '=' in a nested block": (
        P + "s3 =\n  k = v\n  # l = w\n",
        {"a": {"s3": {"k": "v"}}},
        {"a": {"s3": {"k": "v", "# l": "w"}}},
    ),
    "indented comment at once below a nested block's key": (
        P + "s3 =\n  # c\n  k = v\n",
        {"a": {"s3": {"k": "v"}}},
        FAILS,
    ),
    "nested line with no '='": (P + "s3 =\n  half\n", FAILS, FAILS),
    "nested line that is empty behind '='": (
        P + "s3 =\n  k =\n",
        {"a": {"s3": {"k": ""}}},
        {"a": {"s3": {"k": ""}}},
    ),
    "continuation no deeper than its key": (
        P + "  k = v\n  l = w\n",
        {"a": {"k": "v", "l": "w"}},
        FAILS,
    ),
    "continuation by one tab": (P + "k = v\n\tw\n", {"a": {"k": "v\nw"}}, {"a": {"k": "v\nw"}}),
    "indented header": ("  [profile a]\nk = v\n", {"a": {"k": "v"}}, FAILS),
    "bare name in the config file": ("[foo]\nk = v\n" + P, {"a": {}}, {"a": {}}),
    "capital letter in the prefix": ("[Profile b]\nk = v\n" + P, {"a": {}}, {"a": {}}),
    "prefix of a session that is only like ours": ("[sso-session-x y]\n" + P, {"a": {}}, {"a": {}}),
    "blank in a quoted name": (
        '[profile "b c"]\nk = v\n' + P,
        {"a": {}, "b c": {"k": "v"}},
        {"a": {}},
    ),
    "single quotes for double": (
        "[profile 'b']\nk = v\n" + P,
        {"a": {}, "b": {"k": "v"}},
        {"a": {}},
    ),
    "blank in a name without quotes": ("[profile b c]\nk = v\n" + P, {"a": {}}, {"a": {}}),
    "semicolon in a name": ("[profile a;b]\nk = v\n", {"a;b": {"k": "v"}}, FAILS),
    "tab behind the prefix": ("[profile\ta]\nk = v\n", {"a": {"k": "v"}}, {"a": {"k": "v"}}),
    "no-break space around a value": (
        P + "k =\u00a0v\n",
        {"a": {"k": "v"}},
        {"a": {"k": "\u00a0v"}},
    ),
    "form feed behind a value": (P + "k = v\f\n", {"a": {"k": "v"}}, {"a": {"k": "v\f"}}),
    "line separator in a nested value": (
        P + "s3 =\n  k = v\u2028l = w\n",
        {"a": {"s3": {"k": "v", "l": "w"}}},
        {"a": {"s3": {"k": "v\u2028l = w"}}},
    ),
    "next line (NEL) in a nested value": (
        P + "s3 =\n  k = v\u0085l = w\n",
        {"a": {"s3": {"k": "v", "l": "w"}}},
        {"a": {"s3": {"k": "v\u0085l = w"}}},
    ),
    "key of other letters than ASCII": (P + "É = v\n", {"a": {"é": "v"}}, {"a": {"É": "v"}}),
    "CRLF in a nested block": (
        "[profile a]\r\ns3 =\r\n  k = v\r\n",
        {"a": {"s3": {"k": "v"}}},
        {"a": {"s3": {"k": "v"}}},
    ),
    "percent sign": (P + "k = 100%\n", {"a": {"k": "100%"}}, {"a": {"k": "100%"}}),
    "line before the first section": ("k = v\n" + P, FAILS, FAILS),
    "empty file": ("", {}, {}),
    "white space alone on lines": (
        "\t \n" + P + "\t\n \nk = v\n\t \n[profile b]\n \t",
        {"a": {"k": "v"}, "b": {}},
        {"a": {"k": "v"}, "b": {}},
    ),
    "white space around a name, a key and a value": (
        "[profile \ta \t]\nk \t=  \tv \t\n",
        {"a": {"k": "v"}},
        {"a": {"k": "v"}},
    ),
    "header without its bracket": ("[profile a\nk = v\n", FAILS, FAILS),
    "prefix that touches the name": ("[profilea]\nk = v\n" + P, {"a": {}}, {"a": {}}),
    "comments at once behind headers": (
        "[profile a]; c\nk = v\n[profile b]# d\nl = w\n",
        {"a": {"k": "v"}, "b": {"l": "w"}},
        {"a": {"k": "v"}, "b": {"l": "w"}},
    ),
    "comment characters at once behind a value": (
        P + "k = v; c\nl = w# d\n",
        {"a": {"k": "v; c", "l": "w# d"}},
        {"a": {"k": "v; c", "l": "w# d"}},
    ),
    "comment with no text": (P + "k = v ;\n", {"a": {"k": "v ;"}}, {"a": {"k": "v"}}),
    "comment in a continuation": (
        P + "k = v\n \t w # c\n  x ; d \t\n",
        {"a": {"k": "v\nw # c\nx ; d"}},
        {"a": {"k": "v\nw # c\nx ; d"}},
    ),
    "continuation outside of a profile": (" k\n" + P, FAILS, FAILS),
    "continuation at once below a header that comes again": (
        P + "k = v\n[profile b]\n w\n",
        FAILS,
        FAILS,
    ),
    "profile and key twice, in other letters": (
        P + "K = v\n" + P + "k = w\n",
        FAILS,
        {"a": {"k": "w"}},
    ),
    "quoted name, before the bare one": (
        '[profile "a"]\nl = 2\n' + P + "k = 1\n",
        {"a": {"k": "1"}},
        {"a": {"k": "1"}},
    ),
    "default, before the one with a prefix": (
        "[default]\nk = 1\n[profile default]\nl = 2\n",
        {"default": {"l": "2"}},
        {"default": {"l": "2"}},
    ),
    "default with a prefix, twice around the other": (
        "[profile default]\nk = 1\n[default]\nl = 2\n[profile default]\nm = 3\n",
        FAILS,
        {"default": {"k": "1", "m": "3"}},
    ),
    "nested key without a name": (P + "s3 =\n  = v\n", {"a": {"s3": {"": "v"}}}, FAILS),
    "nested key that nobody knows": (
        P + "s3 =\n  in valid = v\n  k = w\n",
        {"a": {"s3": {"in valid": "v", "k": "w"}}},
        {"a": {"s3": {"in valid": "v", "k": "w"}}},
    ),
    "nested block with a blank line": (
        P + "s3 =\n  k = v\n\t \n  l = w\n",
        {"a": {"s3": {"k": "v", "l": "w"}}},
        {"a": {"s3": {"k": "v", "l": "w"}}},
    ),
    "keys of a section that is no profile": (
        P + "k = v\n[profile in valid]\nx = 1\n[profile b]\nl = w\n",
        {"a": {"k": "v"}, "b": {"l": "w"}},
        {"a": {"k": "v"}, "b": {"l": "w"}},
    ),
    "letters of every alphabet in a value": (
        P + "k = 😂é\n",
        {"a": {"k": "😂é"}},
        {"a": {"k": "😂é"}},
    ),
}


def profiles(data: bytes, read: Any) -> Seen:
    reading = read(data, FileKind.CONFIG)
    if reading.error:
        return FAILS
    return {id_.name: dict(v) for id_, v in reading.sections.items() if id_.type == "profile"}


def botocore_itself(path: Path) -> Seen:
    try:
        found: dict[str, Any] = load_config(str(path))["profiles"]
    except ConfigParseError:
        return FAILS
    return found


@pytest.mark.parametrize("name", TABLE)
def test_what_botocore_reads(name: str, tmp_path: Path) -> None:
    text, seen, _ = TABLE[name]
    path = tmp_path / "config"
    path.write_bytes(text.encode())
    assert profiles(text.encode(), as_botocore) == seen
    assert botocore_itself(path) == seen


@pytest.mark.parametrize("name", TABLE)
def test_what_the_other_sdks_read(name: str) -> None:
    text, _, seen = TABLE[name]
    assert profiles(text.encode(), as_sdk) == seen


@pytest.mark.parametrize(
    ("text", "botocore_line", "sdk_line"),
    [
        (P + "k = v\nhalf\n", 3, 3),
        (P + "k = v\n" + P, 3, None),
        (P + "k = v\nK = w\n", 3, None),
        ("half\n" + P, 1, 1),
        (P + "\n  k = v\n", None, 3),
        (P + "[profile b#c]\n", None, 2),
    ],
)
def test_a_failure_tells_its_line(
    text: str, botocore_line: int | None, sdk_line: int | None
) -> None:
    data = text.encode()
    assert as_botocore(data, FileKind.CONFIG).error_line == botocore_line
    assert as_sdk(data, FileKind.CONFIG).error_line == sdk_line


def test_the_credentials_file_has_bare_names_for_every_reader(tmp_path: Path) -> None:
    data = b"[a]\nk = v\n[profile b]\nk = w\n[sso-session s]\nk = x\n[sso-sessions]\nk = y\n"
    path = tmp_path / "credentials"
    path.write_bytes(data)
    boto = as_botocore(data, FileKind.CREDENTIALS).sections
    assert {id_.name: dict(values) for id_, values in boto.items()} == raw_config_parse(str(path))
    assert {id_.type for id_ in boto} == {"profile"}
    assert set(as_sdk(data, FileKind.CREDENTIALS).sections) == {
        SectionId.profile("a"),
        SectionId.profile("sso-sessions"),
    }
    spaced = as_sdk(b"[   a\t ]\nk = v\n", FileKind.CREDENTIALS)
    assert spaced.sections == {SectionId.profile("a"): {"k": "v"}}
