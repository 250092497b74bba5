"""Line diffs turn one text into the other and back, whatever their length."""

from hypothesis import given, settings
from hypothesis import strategies as st

from awsprof.editing import hunks, line_diff
from awsprof.editing.hunk_revert import Reverted, revert_hunks
from tests.budgets import examples

LINES = st.lists(st.sampled_from([f"{word}\n" for word in "abcdefgh"]), max_size=30)
MANY = settings(max_examples=examples(200), deadline=None, database=None)


@MANY
@given(LINES, LINES)
def test_the_spans_lead_from_one_text_to_the_other(old: list[str], new: list[str]) -> None:
    made, at, last = [], 0, (-1, -1)
    for i1, i2, j1, j2 in line_diff.changed_spans(old, new):
        assert (i1, j1) > last  # adjacent lines are one span
        made += [*old[at:i1], *new[j1:j2]]
        at, last = i2, (i2, j2)
    assert made + old[at:] == new


@MANY
@given(LINES, LINES)
def test_taken_back_the_former_text_is_there(old: list[str], new: list[str]) -> None:
    before, after = "".join(old).encode(), "".join(new).encode()
    taken_back = revert_hunks(hunks.RedactedText(after), hunks.hunks_between(before, after))
    assert taken_back.data == before
    assert not taken_back.conflicts


@MANY
@given(LINES, st.data())
def test_lines_replaced_where_they_are_are_the_only_ones_that_differ(
    old: list[str], data: st.DataObject
) -> None:
    new = [data.draw(st.sampled_from([line, line.upper()])) for line in old]
    spans = line_diff.changed_spans(old, new)
    changed = [at for i1, i2, _, _ in spans for at in range(i1, i2)]
    assert changed == [at for at, line in enumerate(new) if line != old[at]]
    assert all((i1, i2) == (j1, j2) for i1, i2, j1, j2 in spans)


def test_a_line_that_moved_is_not_compared_place_by_place() -> None:
    old = ["[a]\n", "x = 1\n", "[b]\n", "y = 2\n", "[c]\n", "z = 3\n"]
    assert line_diff.changed_spans(old, [*old[2:], *old[:2]]) == [(0, 2, 0, 0), (6, 6, 4, 6)]


def test_what_is_not_changed_is_in_no_span() -> None:
    old = [f"{key}{number}\n" for number in range(200) for key in ("[p", "source", "x")]
    new = [line.replace("source", "SOURCE") for line in old]
    assert line_diff.changed_spans(old, new) == [(i, i + 1, i, i + 1) for i in range(1, 600, 3)]


def test_ten_thousand_changed_lines_and_lines_written_above_since_are_taken_back() -> None:
    body = "[profile p{0}]\nrole_arn = r\nsource_profile = base\n\n"
    text = "".join(body.format(number) for number in range(10_000))
    before, after = text.encode(), text.replace("= base", "= new").encode()
    found = hunks.hunks_between(before, after)
    assert len(found) == 10_000
    since = b"[profile mine]\nregion = eu-west-1\n\n"
    assert revert_hunks(hunks.RedactedText(since + after), found) == Reverted(since + before, ())


def test_a_value_above_a_section_that_goes_is_shown_apart() -> None:
    old = ["[a]", "region = x", "", "[b]", "region = z"]

    def shown(new: list[str]) -> list[line_diff.LineSpan]:
        return list(line_diff.spans_to_show(line_diff.changed_spans(old, new), old, new))

    assert shown(["[a]", "region = y"]) == [(1, 2, 1, 2), (2, 5, 2, 2)]
    assert shown(["[a]", "output = y"]) == [(1, 5, 1, 2)]
