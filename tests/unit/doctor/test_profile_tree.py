"""Who stands on whom: each profile once, whatever the files say."""

from hypothesis import given, settings
from hypothesis import strategies as st

from awsprof.doctor.html_report import DEEPEST, profile_tree
from awsprof.doctor.report import ProfileReport
from tests.budgets import examples
from tests.standins.doctor_reports import profile


def drawn(*profiles: ProfileReport) -> list[str]:
    """The trees as lines, a mark before what is no profile."""
    return [
        "  " * node.depth
        + ("" if node.number is not None else "(session) " if node.session else "(missing) ")
        + node.name
        for node in profile_tree(profiles)
    ]


def test_roles_hang_on_their_sources_and_sso_profiles_on_their_session() -> None:
    assert drawn(
        profile("deep", source="audit"),
        profile("base"),
        profile("dev", session="corp"),
        profile("audit", source="base"),
        profile("admin", source="base"),
        profile("on-dev", source="dev"),
        profile("prod", session="corp"),
    ) == [
        "base",
        "  audit",
        "    deep",
        "  admin",
        "(session) corp",
        "  dev",
        "    on-dev",
        "  prod",
    ]


def test_a_source_that_is_not_there_is_a_root_and_a_session_is_no_profile_of_its_name() -> None:
    assert drawn(
        profile("staging", source="bsae"),
        profile("corp"),
        profile("dev", session="corp"),
        profile("own", source="own"),
    ) == ["(missing) bsae", "  staging", "corp", "(session) corp", "  dev", "own"]


def test_a_cycle_is_cut_where_it_is_first_met() -> None:
    lines = drawn(
        profile("on-it", source="a"),
        profile("a", source="b"),
        profile("b", source="a"),
    )
    assert sorted(line.strip() for line in lines) == ["a", "b", "on-it"]


def test_what_hangs_deep_does_not_nest_without_end() -> None:
    chain = [profile("p0"), *(profile(f"p{n}", source=f"p{n - 1}") for n in range(1, 3000))]
    nodes = profile_tree(chain)
    assert len(nodes) == 3000
    assert max(node.depth for node in nodes) == DEEPEST


names = st.sampled_from("abcdef")


@settings(max_examples=examples(200), deadline=None)
@given(st.lists(st.tuples(names, st.none() | names, st.none() | names), max_size=12))
def test_each_profile_is_there_once_below_what_was_told_before(
    drawn: list[tuple[str, str | None, str | None]],
) -> None:
    profiles = [profile(name, source=source, session=session) for name, source, session in drawn]
    nodes = profile_tree(profiles)
    numbers = sorted(n.number for n in nodes if n.number is not None)
    assert numbers == list(range(len(profiles)))
    depth = -1
    for node in nodes:
        assert 0 <= node.depth <= depth + 1
        depth = node.depth
