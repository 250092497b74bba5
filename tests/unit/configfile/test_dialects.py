"""The two dialects, class by class: botocore as it is, the other SDKs as their parser is told."""

import pytest

from awsprof.configfile.dialects import Values, as_botocore, as_sdk, portable_name
from awsprof.configfile.document import FileKind, SectionId

FAILS = "the file fails"
UNSEEN = None
A = SectionId.profile("a")


def read(data: bytes, kind: FileKind = FileKind.CONFIG) -> tuple[object, object]:
    """What each reads under profile a: values, nothing, or that the file fails."""

    def seen(values: Values | None, error: str | None) -> object:
        return FAILS if error else values

    boto, sdk = as_botocore(data, kind), as_sdk(data, kind)
    ours, theirs = boto.sections.get(A), sdk.sections.get(A)
    return seen(ours, boto.error), seen(theirs, sdk.error)


P = "[profile a]\n"
SAME = {
    "a comment at the margin": (P + "# c\n; d\nk = v\n", {"k": "v"}),
    "an empty value": (P + "k =\n", {"k": ""}),
    "tabs": (P + "k\t=\tv\n", {"k": "v"}),
    "CRLF": ("[profile a]\r\nk = v\r\n", {"k": "v"}),
    "the case of a key": (P + "KeY = v\n", {"key": "v"}),
    "a hash within a value": (P + "k = https://x/start/#/\n", {"k": "https://x/start/#/"}),
    "an equals sign in a value": (P + "k = a=b\n", {"k": "a=b"}),
    "no equals sign": (P + "half\n", FAILS),
    "an empty key": (P + "= v\n", FAILS),
    "a byte order mark": ("\ufeff" + P + "k = v\n", FAILS),
}
DIFFERENT = {
    "an indented comment after a key": (P + "k = v\n  # c\n", {"k": "v"}, {"k": "v\n# c"}),
    "a comment behind a value": (P + "k = v # c\n", {"k": "v # c"}, {"k": "v"}),
    "a value that is a comment": (P + "k = #foo\n", {"k": "#foo"}, {"k": ""}),
    "a semicolon behind a value": (P + "k = v ;c\n", {"k": "v ;c"}, {"k": "v"}),
    "an indented first key": (P + "  k = v\n", {"k": "v"}, FAILS),
    "a key twice": (P + "k = 1\nk = 2\n", FAILS, {"k": "2"}),
    "keys that differ in case": (P + "k = 1\nK = 2\n", FAILS, {"k": "2"}),
    "a section twice": (P + "k = 1\n" + P + "l = 2\n", FAILS, {"k": "1", "l": "2"}),
    "a quoted name, after the bare one": (
        P + 'k = 1\n[profile "a"]\nl = 2\n',
        {"l": "2"},
        {"k": "1"},
    ),
    "DEFAULT": (P + "k = 1\n[DEFAULT]\nl = 2\n", {"k": "1", "l": "2"}, {"k": "1"}),
    "a colon for an equals sign": (P + "k : v\n", {"k": "v"}, FAILS),
    "white space within the brackets": ("[ profile a ]\nk = v\n", UNSEEN, {"k": "v"}),
    "a prefix that is only like ours": ("[profilefoo a]\nk = v\n", {"k": "v"}, UNSEEN),
    "a header with a comment that has a bracket": (P[:-1] + " # c]d\nk = v\n", UNSEEN, {"k": "v"}),
    "something behind a header": (P[:-1] + "=y\nk = v\n", {"k": "v"}, FAILS),
    "a hash in a name": (P + "k = v\n[profile a#b]\n", {"k": "v"}, FAILS),
    "a lone CR": (P + "k = v\rl = w\n", {"k": "v", "l": "w"}, FAILS),
    "a continuation line": (P + "k = v\n  w\n\n  x\n", {"k": "v\nw\n\nx"}, {"k": "v\nw\nx"}),
}


@pytest.mark.parametrize("name", SAME)
def test_both_read_alike(name: str) -> None:
    text, values = SAME[name]
    assert read(text.encode()) == (values, values)


@pytest.mark.parametrize("name", DIFFERENT)
def test_each_reads_its_own(name: str) -> None:
    text, boto, sdk = DIFFERENT[name]
    assert read(text.encode()) == (boto, sdk)


def test_a_nested_block_is_a_dict_to_one_and_text_to_the_other() -> None:
    boto, sdk = read(b"[profile a]\ns3 =\n  k = v\n")
    assert boto == {"s3": {"k": "v"}}
    assert sdk in ({"s3": {"k": "v"}}, {"s3": "\nk = v"})


def test_which_default_wins() -> None:
    data = b"[profile default]\nk = 1\n[default]\nk = 2\n"
    default = SectionId.profile("default")
    assert as_botocore(data, FileKind.CONFIG).sections[default] == {"k": "2"}
    assert as_sdk(data, FileKind.CONFIG).sections[default] == {"k": "1"}


def test_a_prefixed_name_in_the_credentials_file() -> None:
    data = b"[profile a]\nk = v\n"
    named = SectionId.profile("profile a")
    assert named in as_botocore(data, FileKind.CREDENTIALS).sections
    assert as_sdk(data, FileKind.CREDENTIALS).sections == {}


def test_sessions_count_in_the_config_file_alone() -> None:
    data = b"[sso-session s]\nsso_region = x\n"
    session = SectionId.sso_session("s")
    assert as_botocore(data, FileKind.CONFIG).sections[session] == {"sso_region": "x"}
    assert as_sdk(data, FileKind.CONFIG).sections[session] == {"sso_region": "x"}
    assert session not in as_sdk(data, FileKind.CREDENTIALS).sections


def test_invalid_utf_8() -> None:
    assert read(b"[profile a]\nk = \xff\n") == (FAILS, UNSEEN)


@pytest.mark.parametrize("name", ["a", "A-b_c", "a/b", "a.b", "a%b@c:d+e", "9"])
def test_names_that_both_read(name: str) -> None:
    assert portable_name(name)
    data = f"[profile {name}]\nk = v\n".encode()
    section = SectionId.profile(name)
    assert as_botocore(data, FileKind.CONFIG).sections[section] == {"k": "v"}
    assert as_sdk(data, FileKind.CONFIG).sections[section] == {"k": "v"}


@pytest.mark.parametrize("name", ["", "a b", '"a"', "ä", "a#b", "a]b", "a;b"])
def test_names_that_not_both_read(name: str) -> None:
    assert not portable_name(name)
