"""The lines of a chain decide its credentials: what else a file says, and however, changes none."""

import random
from collections.abc import Iterator

import pytest

from awsprof.auth import session_cache_keys
from awsprof.auth.chain_lines import chain_lines
from awsprof.errors import AwsprofError
from awsprof.profiles.catalog import Catalog
from tests.standins.fuzz_files import hostile_files

CONFIG = b"""[default]
region = eu-west-1

# the role of the team
[profile dev]
role_arn = arn:aws:iam::123456789012:role/Dev
source_profile = base
services = local

[profile base]
sso_session = corp
sso_account_id = 123456789012

[sso-session corp]
sso_region = eu-west-1

[services local]
sts =
  endpoint_url = http://127.0.0.1:1
"""
CREDENTIALS = b"[base]\nregion = eu-west-1\n\n[other]\nregion = us-east-1\n"
LINES = chain_lines(CONFIG, CREDENTIALS, b"dev")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"[default]", b"[default]\noutput = json"),
        (b"[profile dev]", b"[profile new]\nregion = x\n[profile dev]"),
        (b"# the role of the team", b"; [profile off]\r\n# another word"),
        (b"\n", b"\r\n"),
    ],
)
def test_an_edit_elsewhere_changes_nothing(before: bytes, after: bytes) -> None:
    assert LINES is not None
    found = chain_lines(CONFIG.replace(before, after, 1), CREDENTIALS, b"dev")
    assert found == LINES
    assert chain_lines(CONFIG, CREDENTIALS.replace(b"us-east-1", b"us-east-2"), b"dev") == LINES


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"role/Dev", b"role/Other"),
        (b"sso_account_id = 1", b"sso_account_id = 2"),
        (b"sso_region = eu", b"sso_region = us"),
        (b"127.0.0.1:1", b"127.0.0.1:2"),
        (b"[sso-session corp]", b"[sso-session corporation]"),
        (b"source_profile = base", b"source_profile = other"),
        (b"services = local", b"services = local\nrole_session_name = me"),
    ],
)
def test_an_edit_of_the_chain_is_seen(before: bytes, after: bytes) -> None:
    assert chain_lines(CONFIG.replace(before, after, 1), CREDENTIALS, b"dev") != LINES


def test_the_other_file_counts_too() -> None:
    assert chain_lines(CONFIG, CREDENTIALS.replace(b"eu-west-1", b"eu-west-2"), b"dev") != LINES
    assert chain_lines(CONFIG, CREDENTIALS + b"[dev]\nregion = x\n", b"dev") != LINES


@pytest.mark.parametrize(
    "odd",
    [
        b"[profile base]\nregion = x\n",
        b'[profile "base"]\nregion = x\n',
        b"[profile  base]\nregion = x\n",
        b"[profile base] # once more\nregion = x\n",
        b"[profilefoo base]\nregion = x\n",
        b"  [profile base]\nregion = x\n",
        b"# a comment\r[profile base]\nregion = x\n",
        b"[DEFAULT]\nrole_arn = x\n",
        b"[default]\n",
        b"# \xff\n",
        b"\xff\xfe[\0",
    ],
)
def test_what_may_concern_the_chain_needs_a_parser(odd: bytes) -> None:
    assert chain_lines(CONFIG + b"\n" + odd, CREDENTIALS, b"dev") is None


@pytest.mark.parametrize(
    "line",
    [
        b"source_profile: base",
        b"Source_Profile = base",
        b" source_profile = base",
        b"source_profile = base ; mine",
        b"x\x0csource_profile = base",
        b"credential_source = Environment",
    ],
)
def test_unusual_references_need_a_parser(line: bytes) -> None:
    assert chain_lines(b"[profile dev]\n" + line + b"\n", b"", b"dev") is None


def _edited(rng: random.Random, text: str, other: list[str]) -> str:
    lines = text.split("\n")
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(lines) + 1)
        match rng.randrange(3):
            case 0:
                lines[at : at + 1] = []
            case 1:
                lines.insert(at, rng.choice(other))
            case _:
                lines[at : at + 1] = [rng.choice(other)]
    return "\n".join(lines)


_AGAIN = (
    "[profile {}]",
    "[profile {} ]",
    " [profile {}]",
    '[profile "{}"]',
    "#\r[profile {}]",
    "[DEFAULT]",
)


def _edits(count: int) -> Iterator[tuple[bytes, bytes, bytes]]:
    rng = random.Random(14)  # noqa: S311  # the same files each time
    files = list(hostile_files(count))
    other = [line for file in files[:50] for line in file.split("\n")]
    headers = [head.format(name) for head in _AGAIN for name in ("a", "b", "c-d", "default")]
    other += 2 * [f"{header}\nrole_arn = y" for header in headers]
    for file in files:
        after = _edited(rng, file, other)
        yield file.encode(), after.encode(), rng.choice((b"a", b"b", b"c-d", b"default"))


def _key(config: bytes, name: bytes) -> object:
    """All that a cached answer depends on, by the catalog; or why there is none."""
    try:
        catalog = Catalog.from_bytes(config, b"")
        values = catalog.get(name.decode()).values
    except AwsprofError as exc:
        return type(exc)
    account, device = (values.get(key) for key in ("aws_account_id", "mfa_serial"))
    texts = tuple(value and value.text for value in (account, device))
    return session_cache_keys.chain_key(catalog, name.decode()), texts


def test_where_the_lines_are_the_same_so_is_what_the_catalog_reads() -> None:
    same = 0
    for before, after, name in _edits(1500):
        lines = chain_lines(before, b"", name)
        if lines is not None and lines == chain_lines(after, b"", name):
            same += 1
            assert _key(before, name) == _key(after, name), (before, after, name)
    assert same > 100
