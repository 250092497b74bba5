"""A plain file is read as botocore's parser reads it, and as that of the other SDKs."""

import random

import pytest
from hypothesis import given

from awsprof.configfile.dialects import parse_as_botocore, parse_as_sdk, read_plain
from awsprof.configfile.document import Document, FileKind
from awsprof.configfile.parse import Block, find_issues, split_sections
from tests.standins.fuzz_files import hostile_files
from tests.unit.configfile.test_edits_property import KINDS, MANY, TEXTS

LINES = (
    *("[profile a]", "[profile b]", "[default]", "[sso-session s]", "[a]", "[plugins]", "[b c]"),
    *("region = x", "output=json", "role_arn =  arn:aws:iam::1:role/R\t", "s3 =", "  sub = 1"),
    *("  other = x y", "# c", "; d", "", "  ", "Region = X", "k = = v", 'k = "q"', "k = a:b = c"),
)
ODD = (
    *("[profile default]", "[profiles a]", "[profile]", "[DEFAULT]", "[ a ]", "[a] # c", "[a]x"),
    *("[services s3]", "[sso-sessions q]", "k: v", "k", "= v", "k = v # c", "k = v;c", "é = v"),
    *("k = é", "k = \xa0v", "k = v\x85w", "  k = \x1cv", "  # c", "\x0b", " region = w", "k = \r"),
    *(
        "\ufeff",
        "k =\x0c",
        "  more",
        "\tsub = 2",
        "K = v",
        "[profile a]  ",
        "[profile 'q']",
        "k v = x",
    ),
)


def is_plain(data: bytes, kind: FileKind) -> bool:
    plain = read_plain(data, kind)
    if plain is None:
        return False
    botocore, sdk = parse_as_botocore(data, kind), parse_as_sdk(data, kind)
    assert (botocore.error, botocore.sections) == (None, plain.botocore), data
    assert list(botocore.sections) == list(plain.botocore)
    assert (sdk.error, sdk.sections) == (None, plain.sdk), data
    return True


@pytest.mark.parametrize("kind", FileKind)
@pytest.mark.parametrize("odd", [0, 1, 3])
def test_any_mix_of_lines_is_read_alike_or_is_not_plain(kind: FileKind, odd: int) -> None:
    plain = 0
    for seed in range(1500):
        rng = random.Random(seed)  # noqa: S311  # the same files each time
        lines = rng.sample(LINES, rng.randrange(8)) + rng.sample(ODD, odd)
        rng.shuffle(lines)
        text = rng.choice(("\n", "\n", "\r\n")).join(lines) + rng.choice(("\n", ""))
        plain += is_plain(text.encode(), kind)
    assert plain > (100 if not odd else 0)


@MANY
@given(TEXTS, KINDS)
def test_any_text_is_read_alike_or_is_not_plain(text: str, kind: FileKind) -> None:
    is_plain(text.encode(), kind)


def test_hostile_files_are_read_alike_or_are_not_plain() -> None:
    assert sum(is_plain(t.encode(), kind) for t in hostile_files(600) for kind in FileKind) > 20


def test_a_usual_file_is_plain() -> None:
    text = (
        "# mine\n[default]\nregion = eu-west-1\n\n[profile dev]\nrole_arn = arn:x\ns3 =\n  a = b\n"
    )
    assert is_plain(text.encode(), FileKind.CONFIG)
    assert is_plain(b"[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n", FileKind.CREDENTIALS)


def test_blocks_with_a_key_in_each_line_are_read_as_all_others() -> None:
    for seed in range(3000):
        rng = random.Random(seed)  # noqa: S311  # the same files each time
        lines = rng.choices(LINES + ODD, k=rng.randrange(9))
        text = "".join(line + rng.choice(("\n", "\n", "\r\n", "\r")) for line in lines)
        parts = split_sections(text, FileKind.CONFIG)
        options = [block.options() for block in parts.blocks]
        document = Document.parse(text.encode(), FileKind.CONFIG)
        assert document.sections == tuple(map(Block.section, parts.blocks, options)), text
        assert document.problems == find_issues(text, parts, options), text
