"""Whatever is wrong with a text of somebody else's ends in one sentence that names it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awsprof import parsing
from awsprof.accesskeys import key_sources
from awsprof.auth.identity_center import token_cache
from awsprof.errors import CredentialsError, FileError
from tests.budgets import examples
from tests.corpus.parsers import PARSERS, SESSION, parse_hostile

EXAMPLES = examples(40)
DEEP = "[" * 60_000
# What no parser may trip over, beside what hypothesis finds.
ODD = (
    DEEP,
    '{"a":' * 60_000,
    "null",
    "[]",
    "{}",
    "1e300",
    "1e999",
    "NaN",
    '{"expiresAt": 1e300, "accessToken": "a"}',
    '{"expiresAt": "9999-12-31T23:59:59-23:59", "accessToken": "a"}',
    '{"expiresAt": "0001-01-01T00:00:00+23:59", "accessToken": "\\ud800"}',
    '{"a": 1, "a": 2}',
    '"\\ud800"',
    "9" * 6000,
    "keys = 3",
    "[keys]\nx = 3",
    "[keys.x]\nsince = 0001-01-01T00:00:00+23:59\nbackend = 'file'",
    "x = " + "[" * 60_000,
    "\x00",
    "Access key ID,Secret access key\r\x00,\x00",
    '"Access key ID',
)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


@pytest.mark.parametrize("name", PARSERS)
def test_odd_texts(name: str) -> None:
    for text in ODD:
        parse_hostile(name, text.encode(errors="surrogatepass"))
    parse_hostile(name, b"\xff\xfe\x00")
    parse_hostile(name, b"\xef\xbb\xbf{}")


@pytest.mark.parametrize("name", PARSERS)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_text(name: str, data: bytes) -> None:
    parse_hostile(name, data)


@pytest.mark.parametrize("name", ["history", "token", "registration", "kept credentials"])
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_a_whole_one_with_one_value_changed(name: str, data: st.DataObject) -> None:
    """Any value of an honest file may be anything."""
    honest = HONEST[name]
    key = data.draw(st.sampled_from(sorted(honest)))
    parse_hostile(name, json.dumps({**honest, key: data.draw(JSON)}).encode())


HONEST: dict[str, dict[str, object]] = {
    "history": {
        "format": 2,
        "summary": "added a",
        "when": "2026-01-01T00:00:00+00:00",
        "undone": False,
        "told": False,
        "undoes": "",
        "added": [],
        "files": [
            {
                "kind": "config",
                "path": "/nowhere/x",
                "before": "none",
                "after": "none",
                "hunks": [{"start": 0, "old": [], "new": ["x"], "above": [], "below": []}],
            }
        ],
    },
    "token": {"accessToken": "a", "expiresAt": "2030-01-01T00:00:00Z", "refreshToken": "r"},
    "registration": {"clientId": "c", "clientSecret": "s", "expiresAt": "2030-01-01T00:00:00Z"},
    "kept credentials": {
        "AccessKeyId": "ASIAIOSFODNN7EXAMPLE",
        "SecretAccessKey": "s",
        "SessionToken": "t",
        "Expiration": "2030-01-01T00:00:00Z",
    },
}


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_key_file_of_any_line_ends(tmp_path: Path, end: str, encoding: str) -> None:
    lines = ["Access key ID,Secret access key", "AKIAIOSFODNN7EXAMPLE,made/up", ""]
    path = tmp_path / "keys.csv"
    path.write_bytes(end.join(lines).encode(encoding))
    found = key_sources.read_csv(path)
    assert (found.key_id, found.secret.reveal()) == ("AKIAIOSFODNN7EXAMPLE", "made/up")


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"expiresIn": None, "accessToken": "a"},
        {"expiresIn": 1e300, "accessToken": "a"},
        {"expiresIn": 3600, "accessToken": None},
        {"expiresIn": -1, "accessToken": "a"},
        {"expiresIn": 3600, "accessToken": "a", "refreshToken": ["r"]},
    ],
)
def test_an_answer_of_identity_center_that_is_none(answer: dict[str, object]) -> None:
    with pytest.raises(
        CredentialsError, match="The answer of Identity Center for corp cannot be read"
    ):
        token_cache.store_token(SESSION, answer, {})
    assert not token_cache.token_path(SESSION).exists()


def test_the_sentence_names_the_file_and_what_is_wrong() -> None:
    with (
        pytest.raises(FileError) as caught,
        parsing.wrap_parse_errors("/x/y.json", "delete /x/y.json"),
    ):
        parsing.parse_json(DEEP)
    assert caught.value.message == "/x/y.json cannot be read: it is nested too deeply."
    for text, said in (
        ('{"a": 1, "a": 2}', "a duplicate key"),
        ("{", "not valid JSON"),
        ("1e999", "too large"),
    ):
        with pytest.raises(FileError, match=said), parsing.wrap_parse_errors("x", "y"):
            parsing.parse_json(text)


def test_values() -> None:
    assert parsing.expect_time("2026-01-01") == datetime(2026, 1, 1, tzinfo=UTC)
    assert parsing.expect_timestamp(0.5) == datetime(1970, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC)
    assert parsing.expect_int(3, most=3) == 3
    for wrong in (True, 4, -1, 1.0, "1", None):
        with pytest.raises(parsing.InvalidValue):
            parsing.expect_int(wrong, most=3)
