"""Tables that are wider than the terminal: ids stay whole, whatever else has to give."""

from awsprof.terminal.table_text import narrow_lines, pair_lines
from awsprof.text import width

HEAD = ["PROFILE", "KIND", "ACCOUNT", "REGION"]
LONG = "role AdministratorAccessWithBreakGlass"


def test_a_column_that_may_shrink_does_so_first() -> None:
    rows = [HEAD, ["a" * 30, LONG, "210987654321", "eu-west-1"]]
    lines = narrow_lines(rows, 80, [1])
    assert [len(each) for each in lines] == [1, 1]
    assert width(lines[1][0]) <= 80
    assert "210987654321  eu-west-1" in lines[1][0]
    assert "…" in lines[1][0]


def test_what_still_does_not_fit_goes_below_and_nothing_is_cut() -> None:
    rows = [HEAD, ["本番環境" * 6, LONG, "210987654321", "ap-northeast-1"], ["b", "", "", ""]]
    lines = narrow_lines(rows, 60, [1])
    assert all(width(line) <= 60 for row in lines for line in row)
    assert "…" not in str(lines)
    assert lines[1] == ["本番環境" * 6, f"   {LONG}  210987654321", "   ap-northeast-1"]
    assert lines[2] == ["b"]


def test_the_last_column_s_words_wrap_in_their_column() -> None:
    rows = [["ID", "WHAT"], ["17", "word " * 30]]
    lines = narrow_lines(rows, 60)[1]
    assert len(lines) == 3
    assert all(line.startswith("    word") for line in lines[1:])
    assert all(width(line) <= 60 for line in lines)


def test_an_arn_stays_whole() -> None:
    arn = "arn:aws:sts::210987654321:assumed-role/Admin/alice"
    rows = [["PROFILE", "ACCOUNT", "ARN"], ["a" * 20, "210987654321", arn]]
    assert narrow_lines(rows, 60)[1] == [f"{'a' * 20}  210987654321", f"   {arn}"]


LONG_ARN = "arn:aws:sts::200000000005:assumed-role/AWSReservedSSO_Developer_0123456789abcdef/alice"


def test_an_arn_wider_than_the_terminal_continues_indented_wherever_it_stands() -> None:
    for head, row in (
        (["PROFILE", "ARN"], ["dev", LONG_ARN]),
        (["PROFILE", "ARN", "KIND"], ["dev", LONG_ARN, "role"]),
    ):
        lines = narrow_lines([head, row], 60)[1]
        assert all(width(line) <= 60 for line in lines)
        assert all(line.startswith("   ") for line in lines[1:])
        assert LONG_ARN in "".join(line.strip() for line in lines)


def test_values_too_wide_for_their_notes_have_them_below() -> None:
    rows = [["role_arn", LONG_ARN, "config:7"], ["region", "eu-west-1", "config:8"]]
    assert pair_lines(rows, 60) == [
        "role_arn  arn:aws:sts::200000000005:assumed-role/",
        "          AWSReservedSSO_Developer_0123456789abcdef/alice",
        "          config:7",
        "region    eu-west-1  config:8",
    ]
    assert pair_lines([row[:2] for row in rows], 60)[-1] == "region    eu-west-1"
